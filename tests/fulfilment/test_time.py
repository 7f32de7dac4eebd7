"""Hard case 6: expiry against clocks, and its relatives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.stand.house import Stand

from selfserve.fulfilment import ends, grants
from selfserve.requests import acts, desk
from selfserve.requests.decide import Say, decide
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotAllowed, NotPossible, Unfit
from selfserve.store.states import GrantState, RequestState

BERLIN = ZoneInfo("Europe/Berlin")


def test_eight_hours_are_eight_hours_over_the_change_of_clocks(stand: Stand) -> None:
    """From 23:00 on 27 March 2027 in Berlin: eight true hours, which is 08:00 on the wall, not 07:00."""
    stand.clock.time = datetime(2027, 3, 27, 23, 0, tzinfo=BERLIN).astimezone(UTC)
    stand.ask("ada", "lamp")
    (grant,) = stand.grants("ada")
    assert grant.ends_at == stand.clock() + timedelta(hours=8)
    assert grant.ends_at.astimezone(BERLIN).isoformat() == "2027-03-28T08:00:00+02:00"


def test_until_a_day_is_the_end_of_that_local_day(stand: Stand) -> None:
    """31 July in Berlin ends before 22:00 UTC; the day meant is kept with its zone."""
    made = stand.ask("ada", "desk", {"until": "2027-07-31"})
    stand.decide("mara", made.id)
    (grant,) = stand.grants("ada")
    assert grant.ends_at is not None
    local = grant.ends_at.astimezone(BERLIN)
    assert local.isoformat() == "2027-07-31T23:59:59+02:00"
    with stand.house.database.read() as session:
        reason = grants.reason_of(session, made.id)
        assert reason is not None
        assert (reason.meant, reason.zone) == ("2027-07-31", "Europe/Berlin")


def test_a_person_elsewhere_means_their_own_day(stand: Stand) -> None:
    """Who lives in Tokyo means Tokyo's 31 July."""
    stand.change("ada", zone="Asia/Tokyo")
    made = stand.ask("ada", "desk", {"until": "2027-07-31"})
    stand.decide("mara", made.id)
    ends = stand.grants("ada")[0].ends_at
    assert ends is not None
    assert ends == datetime(2027, 7, 31, 14, 59, 59, tzinfo=UTC)
    assert ends.astimezone(ZoneInfo("Asia/Tokyo")).isoformat() == "2027-07-31T23:59:59+09:00"


def test_an_unknown_zone_falls_back_to_the_company_s(stand: Stand) -> None:
    """A directory full of nonsense stops nobody."""
    stand.change("ada", zone="Mars/Olympus")
    made = stand.ask("ada", "desk", {"until": "2027-07-31"})
    assert stand.request(made.id).zone == "Europe/Berlin"


def test_down_across_an_expiry_is_taken_back_at_the_first_tick_and_told(stand: Stand) -> None:
    """Three hours late: ended at once, and the over-stay stands in the trail."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=11)
    (grant,) = stand.grants("ada")
    assert stand.tick_grant(grant) == "ended"
    stand.work()
    assert not stand.shelf.things
    assert stand.event(f"grant:{grant.id}", "grant.due").data["overstay_seconds"] == 3 * 3600


def test_a_grant_whose_timer_was_lost_is_found_within_the_hour(stand: Stand) -> None:
    """The engine forgot; the reconciler did not."""
    stand.ask("ada", "lamp")
    (grant,) = stand.grants("ada")
    stand.clock.forward(hours=9)
    assert reconcile(stand.house).overdue_grants == [grant.id]
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert stand.event(f"grant:{grant.id}", "grant.due").data["overstay_seconds"] == 3600


def test_the_clock_starts_at_delivery(stand: Stand) -> None:
    """Ordered today, delivered in 50 minutes: thirty days from then."""
    stand.ask("ada", "chair")
    stand.work()
    stand.pass_time(minutes=50)
    stand.shelf.deliver()
    stand.pass_time(minutes=6)
    (grant,) = stand.grants("ada")
    assert grant.started_at is not None
    assert grant.ends_at == grant.started_at + timedelta(days=30)
    assert grant.started_at >= stand.clock() - timedelta(minutes=6)


def test_hard_case_6_what_comes_later_than_its_own_span_ends_at_its_end_all_the_same(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour of it, delivered after an hour's outage: reminded of and taken back half an hour from then, not when
    somebody next looks whether the promise was kept."""
    lamp = (stand.catalog / "items" / "lamp.yaml").read_text()
    (stand.catalog / "items" / "lamp.yaml").write_text(lamp.replace("ends: 8h", "ends: 30m").replace("[1h]", "[10m]"))
    assert stand.house.catalog.refresh(force=True)
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    stand.clock.forward(minutes=20)
    assert stand.tick_grant(stand.grants("ada")[0]) == "wait"
    stand.clock.forward(minutes=5)
    stand.shelf.offline = False
    ordered: list[tuple[str, timedelta]] = []
    later = type(stand.house.engine).later

    def noted(*given: Any, **how: Any) -> None:
        if given[2] == grants.TICK:
            ordered.append((given[3], how["after"]))
        later(*given, **how)

    monkeypatch.setattr(type(stand.house.engine), "later", noted)
    stand.work()

    assert stand.request(made.id).state == RequestState.FULFILLED
    (grant,) = stand.grants("ada")
    assert ordered == [(f"timer:grant:{grant.id}:{grant.timers}", timedelta(minutes=20))]
    stand.clock.forward(minutes=20)
    assert stand.tick_grant(grant) == "reminded"
    stand.clock.forward(minutes=10)
    assert stand.tick_grant(grant) == "ended"
    stand.work()
    assert not stand.shelf.things


def test_the_clock_starts_at_delivery_after_a_long_wait_for_approval(stand: Stand) -> None:
    """Six days until somebody approved do not count."""
    made = stand.ask("ada", "screen")
    stand.clock.forward(days=6)
    stand.decide("dora", made.id)
    assert stand.grants("ada")[0].ends_at == stand.clock() + timedelta(days=30)


def test_an_approval_after_the_wanted_window_is_refused(stand: Stand) -> None:
    """Never born expired: the approver is told, the request ends."""
    made = stand.ask("ada", "desk", {"until": "2027-03-02"})
    stand.clock.forward(days=3)
    with pytest.raises(NotPossible):
        stand.decide("mara", made.id)
    assert stand.tick_stage(stand.stage_of(made.id)) == "expired"
    assert stand.request(made.id).state == RequestState.EXPIRED
    assert not stand.grants("ada")


def test_a_window_that_ended_while_the_target_was_away_gives_nothing(stand: Stand) -> None:
    """Wanted until tomorrow, the target is away until the day after: it is not given and taken in one breath."""
    made = stand.ask("ada", "desk", {"until": "2027-03-02"})
    stand.shelf.offline = True
    stand.decide("mara", made.id)
    stand.clock.forward(days=2)
    stand.shelf.offline = False
    stand.work()
    assert stand.shelf.effects[("desk", "ada")] == 0
    request = stand.request(made.id)
    assert request.closed_at is not None
    assert "over" in request.words
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_staff_cannot_retry_what_is_not_wanted_any_more(stand: Stand) -> None:
    """The case lay on the desk past the wanted day: it is closed with a word, not done."""
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", "desk", {"until": "2027-03-02"})
    assert stand.decide("mara", made.id) is RequestState.HANDED_OVER
    stand.clock.forward(days=2)
    case = stand.case()
    exits: tuple[Callable[[], None], ...] = (
        lambda: desk.retry(stand.house, case.id, stand.people["tess"]),
        lambda: desk.done(stand.house, case.id, stand.people["tess"], fields={}, on_my_word=True),
    )
    for act in exits:
        with pytest.raises(NotPossible):
            act()
    desk.cannot(stand.house, case.id, stand.people["tess"], words="Too late, sorry.")
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.shelf.effects


def test_time_that_ends_half_way_takes_back_what_is_there_and_does_no_more(stand: Stand) -> None:
    """Step one done, step two waits for its target past the end: step one is taken back, step two never done."""
    stand.shelf.faults = ["", *["transient"] * 3]
    made = stand.ask("ada", "set")
    assert stand.shelf.things == {("plate", "ada")}
    stand.clock.forward(hours=8)
    assert stand.tick_grant(stand.grants("ada")[0]) == "ended"
    stand.shelf.faults = []
    stand.work()
    stand.pass_time(minutes=10)
    assert not stand.shelf.things
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert stand.request(made.id).closed_at is not None


def test_a_decision_can_shorten_but_not_lengthen(stand: Stand) -> None:
    """Until May asked, April given; June is not the approver's to give."""
    made = stand.ask("ada", "desk", {"until": "2027-05-01"})
    stage = stand.stage_of(made.id)
    may = datetime(2027, 6, 1, tzinfo=UTC)
    for until in (may, stand.clock() - timedelta(hours=1)):
        with pytest.raises(Unfit):
            decide(stand.house, stage_id=stage.id, person_id=stand.people["mara"], say=Say.APPROVE, until=until)
    april = datetime(2027, 4, 1, tzinfo=UTC)
    decide(stand.house, stage_id=stage.id, person_id=stand.people["mara"], say=Say.APPROVE, until=april)
    assert stand.grants("ada")[0].ends_at == april


def test_the_customer_is_told_before_it_ends_and_the_end_stays(stand: Stand) -> None:
    """An hour before: a notice, no change; then the end."""
    stand.ask("ada", "lamp")
    before = len(stand.notices("ada"))
    stand.clock.forward(hours=7)
    (grant,) = stand.grants("ada")
    assert stand.tick_grant(grant) == "reminded"
    assert len(stand.notices("ada")) == before + 1
    assert any("ends" in title for title in stand.notices("ada"))
    assert stand.shelf.things
    stand.clock.forward(hours=1)
    assert stand.tick_grant(stand.grants("ada")[0]) == "ended"


def test_each_reminder_comes(stand: Stand) -> None:
    """Three hours and one hour before: two notices, then the end."""
    stand.edit("lamp", "remind: [1h]", "remind: [1h, 3h]")
    stand.ask("ada", "lamp")
    told = []
    for hours in (5, 2, 1):
        stand.clock.forward(hours=hours)
        told.append(stand.tick_grant(stand.grants("ada")[0]))
    assert told == ["reminded", "reminded", "ended"]
    assert len([title for title in stand.notices("ada") if "ends" in title]) == 2


def test_a_timer_that_was_replaced_does_nothing(stand: Stand) -> None:
    """Extended meanwhile: the old timer fires into the void."""
    stand.ask("ada", "lamp")
    (grant,) = stand.grants("ada")
    stand.ask("ada", "lamp", {"reason": "again"})
    stand.clock.forward(hours=8)
    assert stand.write(ends.tick, stand.house, grant.id, grant.timers, stand.clock()) == "void"
    assert stand.write(ends.tick, stand.house, "no such grant", 1, stand.clock()) == "void"


def test_extending_is_a_request_of_its_own_and_moves_the_end(stand: Stand) -> None:
    """Approved anew; the earlier end passes without effect; the later one ends it."""
    made = stand.ask("ada", "desk", {"until": "2027-03-10"})
    stand.decide("mara", made.id)
    longer = acts.extend(stand.house, made.name, stand.people["ada"], {"until": "2027-03-20"})
    assert longer.state is RequestState.AWAITING_APPROVAL
    stand.decide("mara", longer.id)
    assert len(stand.grants("ada")) == 1
    stand.clock.time = datetime(2027, 3, 11, 12, 0, tzinfo=UTC)
    assert stand.tick_grant(stand.grants("ada")[0]) != "ended"
    assert stand.shelf.things
    stand.clock.time = datetime(2027, 3, 21, 12, 0, tzinfo=UTC)
    assert stand.tick_grant(stand.grants("ada")[0]) == "ended"
    stand.work()
    assert not stand.shelf.things


def test_extending_a_span_gives_it_anew_from_now(stand: Stand) -> None:
    """Eight hours that began at nine, extended at four: until midnight; twice in a moment is once."""
    made = stand.ask("ada", "lamp")
    stand.clock.forward(hours=7)
    longer = acts.extend(stand.house, made.name, stand.people["ada"], {})
    assert longer.state is RequestState.FULFILLED
    assert stand.grants("ada")[0].ends_at == stand.clock() + timedelta(hours=8)
    assert acts.extend(stand.house, made.name, stand.people["ada"], {}).id == longer.id
    assert len(stand.grants("ada")) == 1


def test_extending_to_the_same_day_or_what_does_not_renew_is_refused(stand: Stand) -> None:
    """In a sentence, and nothing is stored."""
    made = stand.ask("ada", "desk", {"until": "2027-03-10"})
    with pytest.raises(NotPossible):
        acts.extend(stand.house, made.name, stand.people["ada"], {"until": "2027-03-20"})
    stand.decide("mara", made.id)
    with pytest.raises(NotPossible):
        acts.extend(stand.house, made.name, stand.people["ada"], {"until": "2027-03-10"})
    cup = stand.ask("ada", "cup")
    with pytest.raises(NotPossible):
        acts.extend(stand.house, cup.name, stand.people["ada"], {})


def test_an_end_beyond_policy_is_refused(stand: Stand) -> None:
    """Medium risk is held for a year at most."""
    with pytest.raises((Unfit, NotAllowed)):
        stand.ask("ada", "desk", {"until": "2029-01-01"})


def test_a_grant_without_an_end_has_no_timer_that_ends_it(stand: Stand) -> None:
    """Never is never; given back it is taken back all the same."""
    made = stand.ask("ada", "cup")
    (grant,) = stand.grants("ada")
    assert grant.ends_at is None
    stand.clock.forward(days=4000)
    assert stand.tick_grant(grant) == "void"
    assert not reconcile(stand.house).overdue_grants
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    assert not stand.shelf.things
