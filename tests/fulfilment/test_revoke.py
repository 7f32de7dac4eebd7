"""Hard case 7: taking back that keeps failing is visible, tried for ever, and never shown as done."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand
from tests.stand.shelf import Killed

from selfserve.fulfilment.revoke import revoke
from selfserve.requests import acts, desk
from selfserve.requests.refusals import NotPossible, Unfit
from selfserve.store.states import EscalationState, GrantState, RequestState, RunState, StepState
from selfserve.store.tables import Grant


def _over(stand: Stand, item: str = "lamp") -> Grant:
    """Ada has it, and its time is over."""
    stand.ask("ada", item)
    stand.clock.forward(hours=8)
    (grant,) = stand.grants("ada")
    assert stand.tick_grant(grant) == "ended"
    return grant


def test_a_revoke_that_fails_for_two_hours_is_visible_and_then_closes_itself(stand: Stand) -> None:
    """`revoke_failed`, an alarm after a quarter of an hour, growing pauses, the shelf still shows it; then it ends."""
    grant = _over(stand)
    stand.shelf.offline = True
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    assert not stand.cases()
    stand.pass_time(hours=2)

    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    case = stand.case()
    assert (case.why, case.grant_id) == ("revoke_failed", grant.id)
    assert "grant.ended" not in stand.kinds(f"grant:{grant.id}")
    attempts = len(stand.runs(grant.id))
    assert 5 <= attempts <= 20, "pauses grow"

    stand.shelf.offline = False
    stand.pass_time(hours=1, minutes=1)
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.shelf.things
    assert (stand.cases()[0].state, stand.cases()[0].closed_how) == (EscalationState.CLOSED, "solved_itself")
    assert any("has ended" in title for title in stand.notices("ada"))


def test_gone_in_the_target_is_already_done(stand: Stand) -> None:
    """Somebody removed it there, or the whole target is gone: ended, once it was seen."""
    _over(stand)
    stand.shelf.things.clear()
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_a_revoke_that_lies_is_not_believed(stand: Stand) -> None:
    """It said it was taken back and still shows it."""
    grant = _over(stand)
    stand.shelf.faults = ["lies"]
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    assert "still shows" in str(stand.event(f"grant:{grant.id}", "grant.revoke_failed").data["reason"])
    stand.pass_time(minutes=5)
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.shelf.things


def test_a_revoke_that_cannot_be_seen_is_not_shown_as_done(stand: Stand) -> None:
    """Taken back, they say, but nobody can look: never ended before it was seen."""
    _over(stand)
    stand.shelf.blind = True
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    stand.shelf.blind = False
    stand.pass_time(minutes=5)
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_a_revoke_whose_connector_raises_goes_on(stand: Stand) -> None:
    """A bug there alarms, and it is tried again."""
    _over(stand)
    stand.shelf.faults = ["raise"]
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    stand.pass_time(minutes=10)
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.open_cases()


def test_killed_while_taking_back_is_finished_by_the_next(stand: Stand) -> None:
    """Gone from the shelf, not yet written: the order comes again and finds it gone."""
    grant = _over(stand)
    stand.shelf.faults = ["killed_after"]
    with pytest.raises(Killed):
        stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDING
    (run,) = stand.runs(grant.id)
    revoke(stand.house, run.id)
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_a_hopeless_revoke_alarms_at_once(stand: Stand) -> None:
    """Glued on: no use to wait a quarter of an hour with the alarm."""
    _over(stand)
    stand.shelf.faults = ["permanent"]
    stand.work()
    assert stand.case().why == "revoke_failed"


def test_staff_can_try_again_at_once(stand: Stand) -> None:
    """Not in an hour: the waiting attempt is replaced."""
    grant = _over(stand)
    stand.shelf.faults = ["permanent"]
    stand.work()
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert [run.state for run in stand.runs(grant.id)].count(RunState.FINISHED) == 1


def test_trying_again_while_the_machine_is_at_it_is_refused_in_a_sentence(stand: Stand) -> None:
    """The next attempt is queued or running already."""
    _over(stand)
    stand.shelf.faults = ["permanent"] * 2
    stand.work()
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])

    def staff_clicks() -> None:
        with pytest.raises(NotPossible):
            desk.retry(stand.house, case.id, stand.people["tess"])

    clicked: list[bool] = []
    undo = stand.shelf.undo

    def while_undoing(*args: object) -> object:
        if not clicked:
            clicked.append(True)
            staff_clicks()
        return undo(*args)  # type: ignore[arg-type]

    stand.shelf.undo = while_undoing  # type: ignore[assignment,method-assign]
    stand.pass_time(minutes=2)
    assert clicked


def test_a_revoke_cannot_be_given_up(stand: Stand) -> None:
    """By hand or again, but never "cannot"."""
    _over(stand)
    stand.shelf.faults = ["permanent"]
    stand.work()
    with pytest.raises(NotPossible):
        desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="It sticks.")


def test_taken_back_by_hand_is_looked_at_and_ends_at_once(stand: Stand) -> None:
    """Said while the shelf still shows it: refused. Truly gone: ended within the next work, not in an hour."""
    _over(stand)
    stand.shelf.faults = ["permanent"] * 9
    stand.pass_time(minutes=5)
    case = stand.case()
    with pytest.raises(NotPossible):
        desk.done(stand.house, case.id, stand.people["tess"], fields={})
    stand.shelf.things.clear()
    desk.done(stand.house, case.id, stand.people["tess"], fields={})
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.open_cases()


def test_what_a_human_gave_a_human_takes_back(stand: Stand) -> None:
    """A checklist both ways, with its fields."""
    made = stand.ask("ada", "key")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": "12"})
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])
    stand.work()
    case = stand.case()
    assert [line["field"] for line in case.todo] == ["returned"]
    assert "still there" not in case.reason
    with pytest.raises(Unfit) as refused:
        desk.done(stand.house, case.id, stand.people["tess"], fields={})
    assert refused.value.errors == {"returned": "Please fill this in."}
    desk.done(stand.house, case.id, stand.people["tess"], fields={"returned": "yes"})
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.open_cases()


def test_the_same_cannot_be_asked_for_while_it_is_being_taken_back(stand: Stand) -> None:
    """In a minute it can; nothing is given that is just being removed."""
    _over(stand)
    with pytest.raises(NotPossible):
        stand.ask("ada", "lamp")
    stand.work()
    assert stand.ask("ada", "lamp").state is RequestState.FULFILLED
    assert stand.shelf.things == {("lamp", "ada")}


def test_something_that_overlaps_cannot_be_given_while_it_is_being_taken_back(stand: Stand) -> None:
    """The set holds a fork; asked for alone while the set is just going: later, not "already there" and gone."""
    _over(stand, "set")
    seen: list[object] = []

    def asks() -> None:
        try:
            seen.append(stand.ask("ada", "fork").state)
        except NotPossible as refused:
            seen.append(refused)

    undo = stand.shelf.undo

    def while_undoing(*args: object) -> object:
        if not seen:
            asks()
        return undo(*args)  # type: ignore[arg-type]

    stand.shelf.undo = while_undoing  # type: ignore[assignment,method-assign]
    stand.work()
    stand.pass_time(minutes=5)
    if isinstance(seen[0], NotPossible):
        assert not stand.shelf.things
    else:
        assert stand.shelf.things == {("fork", "ada")}


def test_a_thing_just_being_given_is_not_taken_away_under_it(stand: Stand) -> None:
    """Asked for, its run waits in the queue; the older set ends in between: the fork stays for the new reason."""
    stand.ask("ada", "set")
    stand.clock.forward(hours=7, minutes=59)
    stand.house.connectors.get("shelf")
    slow = stand.again("two")
    object.__setattr__(slow.house, "works", False)
    made = slow.ask("ada", "fork")
    assert made.state is RequestState.FULFILLING
    stand.clock.forward(minutes=1)
    stand.tick_grant(stand.grants("ada")[0])
    (revoking,) = stand.runs(stand.grants("ada")[0].id)
    revoke(stand.house, revoking.id)
    stand.pass_time(minutes=5)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.things == {("fork", "ada")}
    stand.clock.forward(hours=2)
    stand.tick_grant(stand.grants("ada")[1])
    stand.pass_time(minutes=5)
    assert not stand.shelf.things


def test_given_back_twice_is_once(stand: Stand) -> None:
    """The second time there is nothing to give back."""
    made = stand.ask("ada", "lamp")
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    with pytest.raises(NotPossible):
        stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    assert stand.shelf.calls["undo"] == 1
    assert stand.kinds(f"request:{made.id}")[-1] == "grant.ended"


def test_a_one_off_beside_a_lasting_step_is_not_undone(stand: Stand) -> None:
    """A bell that rang cannot be unrung; the cup is taken back."""
    stand.shelf.faults = ["", "permanent"]
    stand.ask("ada", "kit")
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="It does not ring.", take_back=True)
    stand.work()
    assert stand.shelf.calls["undo"] == 1
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_an_order_on_its_way_is_called_off(stand: Stand) -> None:
    """Handed over before it arrived, cancelled by the customer: the order is undone, not left to arrive."""
    made = stand.ask("ada", "chair")
    stand.work()
    assert stand.steps(made.id)[0].state == StepState.ACCEPTED
    stand.pass_time(hours=1, minutes=6)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    stand.write(acts.cancel, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    assert stand.shelf.calls["undo"] == 1
