"""Hard case 3: approvers leave, groups vanish, look-ups fail: never silently pending, never approved by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.people import teams
from selfserve.requests import acts, desk, stages, undecided
from selfserve.requests.decide import Say
from selfserve.requests.reconcile import Findings, people_left, reconcile
from selfserve.requests.refusals import NotAllowed, NotPossible, Unfit
from selfserve.store.states import EscalationState, RequestState, StageState
from selfserve.store.tables import PersonGroup, Stage


def _nobody(stand: Stand) -> None:
    for who in ("dora", "dan", "tess", "theo"):
        stand.change(who, disabled=True)


def _waiting(stand: Stand, who: str) -> int:
    with stand.house.database.read() as session:
        return len(undecided.waiting_for(session, stand.house, stand.people[who]))


def test_an_approver_disabled_after_the_notice_cannot_decide(stand: Stand) -> None:
    """The old link is refused; the stage goes on with who is left."""
    made = stand.ask("ada", "screen")
    stand.change("dora", disabled=True)

    with pytest.raises(NotAllowed):
        stand.decide("dora", made.id)
    assert stand.request(made.id).state == RequestState.AWAITING_APPROVAL
    assert _waiting(stand, "dora") == 0
    assert stand.decide("dan", made.id) is RequestState.FULFILLED


def test_when_all_named_left_the_fallback_team_is_asked(stand: Stand) -> None:
    """At once when the directory tells it, and they may decide."""
    made = stand.ask("ada", "screen")
    for who in ("dora", "dan"):
        stand.change(who, disabled=True)
    people_left(stand.house, Findings())

    assert _waiting(stand, "tess") == 1
    assert stand.notices("tess")
    assert stand.stage_of(made.id).fallback
    assert stand.decide("tess", made.id) is RequestState.FULFILLED


def test_a_team_that_left_the_catalog_leads_to_the_fallback_at_the_next_look(stand: Stand) -> None:
    """Not only once one of its old members presses, or a day later."""
    made = stand.ask("ada", "screen")
    with stand.house.database.write() as session:
        session.get_one(Stage, stand.stage_of(made.id).id).by = ["team:dissolved"]
    found = Findings()
    people_left(stand.house, found)

    assert found.left_approvers == [stand.stage_of(made.id).id]
    assert (_waiting(stand, "dora"), _waiting(stand, "tess")) == (0, 1)
    again = Findings()
    people_left(stand.house, again)
    assert again.left_approvers == []
    assert stand.decide("tess", made.id) is RequestState.FULFILLED


def test_a_manager_who_left_is_followed_by_the_one_above(stand: Stand) -> None:
    """The approval moves up, it does not hang."""
    made = stand.ask("ada", "desk")
    stand.change("mara", gone_at=stand.clock())
    assert stand.tick_stage(stand.stage_of(made.id)) == "reminded"
    assert _waiting(stand, "cora") == 1
    assert stand.decide("cora", made.id) is RequestState.FULFILLED


def test_a_deleted_group_leads_to_the_fallback(stand: Stand) -> None:
    """`group:buyers` had one member; the group is gone."""
    with stand.house.database.write() as session:
        session.add(PersonGroup(person_id=stand.people["eli"], group="buyers"))
    stand.edit("screen", "team:designers", "group:buyers")
    made = stand.ask("ada", "screen")
    assert _waiting(stand, "eli") == 1
    with stand.house.database.write() as session:
        session.execute(sa.delete(PersonGroup))

    with pytest.raises(NotAllowed):
        stand.decide("eli", made.id)
    assert _waiting(stand, "theo") == 1
    assert stand.decide("theo", made.id) is RequestState.FULFILLED


def test_a_look_up_that_raises_approves_nothing(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The people cannot be read: nobody decides now, the stage stays open, and later it goes on."""
    made = stand.ask("ada", "screen")

    def broken(*_: object) -> object:
        raise LookupError("the directory is away")

    with monkeypatch.context() as patch:
        patch.setattr(stages, "approvers", broken)
        with pytest.raises(LookupError):
            stand.decide("dora", made.id)
    assert stand.request(made.id).state == RequestState.AWAITING_APPROVAL
    assert not stand.shelf.things
    assert stand.decide("dora", made.id) is RequestState.FULFILLED


def test_one_stage_that_cannot_be_looked_up_does_not_stop_the_look_over_the_others(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reconciler goes on with the rest, and the broken one still ends at its time."""
    stand.ask("ada", "screen")
    stand.ask("ben", "desk")
    for who in ("dora", "mara"):
        stand.change(who, disabled=True)
    real = teams.approvers

    def broken(session: object, by: list[str], *rest: object) -> object:
        if by == ["team:designers"]:
            raise LookupError("the team cannot be read")
        return real(session, by, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(stages, "approvers", broken)
    reconcile(stand.house)
    assert _waiting(stand, "cora") == 1


def test_with_nobody_left_it_lands_on_the_desk(stand: Stand) -> None:
    """No approver and no fallback: a case at once, that rises; the customer reads that a person sorts it out."""
    _nobody(stand)
    made = stand.ask("ada", "screen")

    case = stand.case()
    assert (case.why, case.request_id, case.team) == ("no_approver", made.id, "techops")
    assert stand.request(made.id).state == RequestState.AWAITING_APPROVAL


def test_with_nobody_left_later_it_lands_on_the_desk(stand: Stand) -> None:
    """They all left after they were told."""
    made = stand.ask("ada", "screen")
    _nobody(stand)
    reconcile(stand.house)
    assert stand.case().request_id == made.id


def test_the_case_ends_when_somebody_can_decide_again(stand: Stand) -> None:
    """Staff put a person into the team and look again; before that, looking again is refused."""
    _nobody(stand)
    made = stand.ask("ada", "screen")
    case = stand.case()
    with pytest.raises(NotPossible):
        desk.retry(stand.house, case.id, stand.people["lea"])
    stand.change("dan", disabled=False)
    desk.retry(stand.house, case.id, stand.people["lea"])

    assert not stand.open_cases()
    assert stand.decide("dan", made.id) is RequestState.FULFILLED


def test_a_missing_decision_cannot_be_replaced_by_hand(stand: Stand) -> None:
    """Staff do not approve by the back door; they can say that it cannot be, with words."""
    _nobody(stand)
    made = stand.ask("ada", "screen")
    case = stand.case()
    with pytest.raises(NotPossible):
        desk.done(stand.house, case.id, stand.people["lea"], fields={})
    with pytest.raises(Unfit):
        desk.cannot(stand.house, case.id, stand.people["lea"], words=" ")
    desk.cannot(stand.house, case.id, stand.people["lea"], words="The team was closed; ask Cora.")

    assert stand.request(made.id).state == RequestState.FAILED
    assert stand.stage_of(made.id).state == StageState.CANCELLED
    assert stand.cases()[0].state == EscalationState.CLOSED
    assert not stand.shelf.things


def test_a_cancelled_request_leaves_no_case(stand: Stand) -> None:
    """The customer gave up first."""
    _nobody(stand)
    made = stand.ask("ada", "screen")
    stand.write(acts.cancel, stand.house, made.name, stand.people["ada"], stand.clock())
    assert not stand.open_cases()


def test_a_stage_reminds_once_and_then_ends(stand: Stand) -> None:
    """A day later a reminder, after seven the end; customer and owning team are told; old timers do nothing."""
    made = stand.ask("ada", "screen")
    stand.clock.forward(days=1)
    assert stand.tick_stage(stand.stage_of(made.id)) == "reminded"
    assert len(stand.notices("dora")) == 2
    stage = stand.stage_of(made.id)
    assert stand.write(stages.tick, stand.house, stage.id, 1, stand.clock()) == "void"
    stand.clock.forward(days=6)
    assert stand.tick_stage(stage) == "expired"

    assert stand.request(made.id).state == RequestState.EXPIRED
    assert any("in time" in title for title in stand.notices("ada"))
    with pytest.raises(NotPossible):
        stand.decide("dora", made.id)
    assert stand.write(stages.tick, stand.house, stage.id, stage.timers, stand.clock()) == "void"


def test_a_stage_ends_with_the_time_for_which_it_is_wanted(stand: Stand) -> None:
    """Wanted until tomorrow: nobody is asked for a week."""
    made = stand.ask("ada", "desk", {"until": "2027-03-02"})
    due = stand.stage_of(made.id).due_at
    assert due is not None
    assert due - stand.clock() < timedelta(days=2)
    stand.clock.time = due
    assert stand.tick_stage(stand.stage_of(made.id)) == "expired"


def test_the_reconciler_ends_stages_whose_timer_was_lost(stand: Stand) -> None:
    """The engine forgot; the hour does not."""
    made = stand.ask("ada", "screen")
    stand.clock.forward(days=7, minutes=6)
    found = reconcile(stand.house)
    assert found.overdue_stages == [stand.stage_of(made.id).id]
    assert stand.request(made.id).state == RequestState.EXPIRED


def test_a_question_waits_for_the_customer_and_goes_back(stand: Stand) -> None:
    """Asked, answered, decided; only the customer answers, and only what was asked."""
    made = stand.ask("ada", "screen")
    with pytest.raises(NotPossible):
        stand.write(acts.answer, made.name, stand.people["ada"], "Hello", stand.clock())
    stand.decide("dora", made.id, Say.ASK, "Which size?")
    assert stand.request(made.id).question == "Which size?"
    assert any("question" in title for title in stand.notices("ada"))
    stand.write(acts.answer, made.name, stand.people["ada"], "27 inches", stand.clock())

    assert stand.request(made.id).question == ""
    assert any("answered" in title for title in stand.notices("dora"))
    assert stand.decide("dan", made.id) is RequestState.FULFILLED
    assert "approval.answered" in stand.kinds(f"request:{made.id}")
