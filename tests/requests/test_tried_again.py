"""What staff tried again, in vain, is still whose it was, at the same step; nobody is promised what is past."""

from __future__ import annotations

from datetime import timedelta

from tests.stand.house import Stand

from selfserve.fulfilment import escalation
from selfserve.requests import desk
from selfserve.store.states import EscalationState
from selfserve.store.tables import Escalation

TECHOPS, LEADS = timedelta(hours=4), timedelta(hours=2)
"""What these teams promise."""


def broken(stand: Stand, item: str, step: int) -> Escalation:
    """A case at this step of the item, with Tess."""
    stand.shelf.faults = [""] * (step - 1) + ["permanent"]
    stand.ask("ada", item)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    return case


def in_vain(stand: Stand, *faults: str, by: str = "tess") -> Escalation:
    """The case after it was tried again, with these faults of the target."""
    stand.shelf.faults = [*faults]
    desk.retry(stand.house, stand.case().id, stand.people[by])
    stand.work()
    return stand.case()


def test_what_is_tried_again_after_its_time_is_due_anew_and_still_theirs(stand: Stand) -> None:
    """Nobody took it further for a day: whoever tries it has the team's own time for it, from now on."""
    case = broken(stand, "lamp", 1)
    stand.clock.forward(days=1)
    again = in_vain(stand, "permanent")
    assert (again.state, again.taken_by_id) == (EscalationState.TAKEN, stand.people["tess"])
    assert again.due_at == again.rises_at == stand.clock() + TECHOPS > case.due_at
    assert again.reminded_at is None


def test_what_is_tried_again_in_the_moment_it_is_due_is_due_anew(stand: Stand) -> None:
    """A time that is just over is past."""
    case = broken(stand, "lamp", 1)
    stand.clock.time = case.due_at
    assert in_vain(stand, "permanent").due_at == stand.clock() + TECHOPS


def test_what_was_reminded_of_rises_when_it_would_have(stand: Stand) -> None:
    """Its due time is over, the time after the reminder is not: trying it again wins nobody more of that."""
    case = broken(stand, "lamp", 1)
    stand.clock.time = case.due_at
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "reminded"
    rises = stand.case().rises_at
    stand.clock.forward(hours=1)
    again = in_vain(stand, "permanent")
    assert again.due_at == stand.clock() + TECHOPS
    assert (again.rises_at, again.reminded_at) == (rises, case.due_at)
    stand.clock.time = rises
    assert stand.write(escalation.rise, stand.house, again.id, again.level, stand.clock()) == "rose"
    assert stand.case().team == "leads"


def test_what_was_handed_on_is_due_anew_by_the_promise_of_whoever_has_it(stand: Stand) -> None:
    """It stays with the team above, at its level; the item's own team promises something else."""
    case = broken(stand, "lamp", 1)
    desk.hand_on(stand.house, case.id, stand.people["tess"], team="leads", words="It is glued on.")
    stand.clock.forward(hours=3)
    again = in_vain(stand, "permanent", by="lea")
    assert (again.team, again.level, again.taken_by_id) == ("leads", 1, stand.people["lea"])
    assert again.due_at == again.rises_at == stand.clock() + LEADS


def test_what_is_tried_again_at_a_later_step_is_still_theirs_and_due_when_it_was(stand: Stand) -> None:
    """The second step of three failed, and fails again."""
    case = broken(stand, "set", 2)
    stand.clock.forward(minutes=20)
    again = in_vain(stand, "permanent")
    assert again.step_id == case.step_id
    assert (again.taken_by_id, again.due_at) == (stand.people["tess"], case.due_at)


def test_what_went_well_when_it_was_tried_again_and_stops_at_the_next_step_is_nobody_s(stand: Stand) -> None:
    """Another trouble than the one they had: the team is told of it, and has its own time for it."""
    case = broken(stand, "set", 2)
    stand.clock.forward(minutes=20)
    again = in_vain(stand, "", "permanent")
    assert again.step_id != case.step_id
    assert (again.state, again.taken_by_id, again.level) == (EscalationState.OPEN, None, 0)
    assert again.due_at == again.rises_at == stand.clock() + TECHOPS
    assert stand.notices("theo").count("Set needs a person") == 2
