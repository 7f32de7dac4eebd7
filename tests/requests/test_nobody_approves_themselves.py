"""Hard case 4: nobody approves their own request, by whatever way."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.requests import undecided
from selfserve.requests.plan import plan
from selfserve.requests.refusals import NotAllowed
from selfserve.requests.submit import submit
from selfserve.store.states import RequestState


def _asked(stand: Stand) -> set[str]:
    """Who was asked to decide."""
    with stand.house.database.read() as session:
        return {who for who, key in stand.people.items() if undecided.waiting_for(session, stand.house, key)}


def test_a_member_of_the_deciding_team_is_not_asked_for_their_own(stand: Stand) -> None:
    """Dora decides about screens, not about hers."""
    made = stand.ask("dora", "screen")
    assert _asked(stand) == {"dan"}
    with pytest.raises(NotAllowed):
        stand.decide("dora", made.id)
    assert stand.decide("dan", made.id) is RequestState.FULFILLED


def test_the_only_approver_asks_the_fallback(stand: Stand) -> None:
    """Dora is the whole team."""
    stand.change("dan", disabled=True)
    made = stand.ask("dora", "screen")
    assert _asked(stand) == {"tess", "theo"}
    with pytest.raises(NotAllowed):
        stand.decide("dora", made.id)


def test_who_is_in_the_fallback_too_is_excluded_there_as_well(stand: Stand) -> None:
    """Tess asks, the only approvers are the fallback: Theo decides; with Theo away it is the desk's."""
    for who in ("dora", "dan"):
        stand.change(who, disabled=True)
    stand.ask("tess", "screen")
    assert _asked(stand) == {"theo"}


def test_the_last_person_of_all_gets_a_case_not_an_approval(stand: Stand) -> None:
    """Everybody else is away."""
    for who in ("dora", "dan", "theo"):
        stand.change(who, disabled=True)
    made = stand.ask("tess", "screen")
    assert _asked(stand) == set()
    assert stand.case().why == "no_approver"
    with pytest.raises(NotAllowed):
        stand.decide("tess", made.id)


def test_one_s_own_manager_is_led_by_the_next_above(stand: Stand) -> None:
    """Mara is her own manager in the directory: then nobody is above her, and the fallback decides."""
    stand.change("mara", manager_id=stand.people["mara"])
    made = stand.ask("mara", "desk")
    assert _asked(stand) == {"tess", "theo"}
    with pytest.raises(NotAllowed):
        stand.decide("mara", made.id)


def test_managers_in_a_circle_do_not_hang(stand: Stand) -> None:
    """Ada leads Mara and Mara leads Ada: Mara decides for Ada."""
    stand.change("mara", manager_id=stand.people["ada"])
    made = stand.ask("ada", "desk")
    assert _asked(stand) == {"mara"}
    assert stand.decide("mara", made.id) is RequestState.FULFILLED


@pytest.mark.parametrize("mark", ["human", "email"])
def test_a_second_account_of_the_same_human_does_not_decide(stand: Stand, mark: str) -> None:
    """Dora's admin account is Dora: known by employee number or mail address."""
    stand.change("dora", **{mark: "same@fern.example"})
    stand.change("tess", **{mark: "same@fern.example"})
    stand.edit("screen", "team:designers", "team:leads")
    made = stand.ask("dora", "screen")
    assert "tess" not in _asked(stand)
    with pytest.raises(NotAllowed):
        stand.decide("tess", made.id)


def test_a_link_found_after_asking_counts_too(stand: Stand) -> None:
    """The directory learns only later that both are one human: the decision is refused all the same."""
    made = stand.ask("ada", "screen")
    stand.change("ada", human="4711")
    stand.change("dora", human="4711")
    with pytest.raises(NotAllowed):
        stand.decide("dora", made.id)
    assert stand.decide("dan", made.id) is RequestState.FULFILLED


def test_who_asked_for_somebody_does_not_decide_about_it(stand: Stand) -> None:
    """Mara asks for Ada; the approval by the manager goes to Mara's own manager."""
    made = submit(
        stand.house,
        customer_id=stand.people["ada"],
        asked_by_id=stand.people["mara"],
        item_id="desk",
        answers={},
    )
    assert _asked(stand) == {"cora"}
    with pytest.raises(NotAllowed):
        stand.decide("mara", made.id)
    assert stand.decide("cora", made.id) is RequestState.FULFILLED
    assert stand.shelf.things == {("desk", "ada")}


def test_only_those_above_may_ask_for_somebody(stand: Stand) -> None:
    """A colleague, a stranger and one's own report may not."""
    for who in ("ben", "tess", "ada"):
        with pytest.raises(NotAllowed):
            submit(
                stand.house,
                customer_id=stand.people["mara" if who == "ada" else "ada"],
                asked_by_id=stand.people[who],
                item_id="lamp",
                answers={},
            )
    assert not stand.shelf.things


def test_a_stranger_with_the_stage_s_id_learns_and_does_nothing(stand: Stand) -> None:
    """Not one of those asked: refused before any target is looked at."""
    made = stand.ask("ada", "desk", {"until": "2027-03-02"})
    looked = stand.shelf.calls["observe"]
    with pytest.raises(NotAllowed):
        stand.decide("eli", made.id)
    assert stand.shelf.calls["observe"] == looked
    stand.clock.forward(days=1, hours=15)
    with pytest.raises(NotAllowed):
        stand.decide("eli", made.id)


def test_the_plan_names_those_who_would_really_be_asked(stand: Stand) -> None:
    """What is said before asking is what then happens."""
    would = plan(stand.house, customer_id=stand.people["dora"], item_id="screen", answers={})
    assert would.deciders == ["Dan Fern"]
    assert not stand.shelf.calls["put"]
