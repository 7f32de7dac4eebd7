"""What staff tried again, in vain, is still whose it was, at the same step; nobody is promised what is past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.stand.house import Stand

from selfserve.fulfilment import escalation
from selfserve.requests import acts, desk, story
from selfserve.requests.refusals import NotPossible
from selfserve.store.states import EscalationState, Exit, RequestState
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
    assert stand.notices("theo").count("“Set” needs a person") == 2


def test_what_is_tried_again_stays_on_the_desk_until_it_is_seen_to_work(stand: Stand) -> None:
    """Same team, same due time, and nobody closes it meanwhile; then it is closed as tried again, by whoever did."""
    case = broken(stand, "lamp", 1)
    tess = stand.people["tess"]
    desk.retry(stand.house, case.id, tess)
    now = stand.case()
    assert (now.id, now.state, now.team, now.due_at) == (case.id, EscalationState.RETRYING, case.team, case.due_at)
    acts_: tuple[Callable[[], None], ...] = (
        lambda: desk.retry(stand.house, case.id, tess),
        lambda: desk.done(stand.house, case.id, tess, fields={}, on_my_word=True),
        lambda: desk.cannot(stand.house, case.id, tess, words="No lamp."),
        lambda: desk.hand_on(stand.house, case.id, tess, team="leads", words="Look."),
    )
    for act in acts_:
        with pytest.raises(NotPossible, match="just being tried again"):
            act()
    desk.take_over(stand.house, case.id, stand.people["theo"])
    assert stand.case().state == EscalationState.RETRYING
    stand.work()
    (closed,) = stand.cases()
    assert (closed.state, closed.closed_how) == (EscalationState.CLOSED, Exit.RETRIED)
    assert closed.closed_by_id == stand.people["theo"]


def test_what_is_tried_again_while_the_target_is_down_comes_back_at_once(stand: Stand) -> None:
    """One try, no new patience: the case says what the target said, the customer's promise and state are as before."""
    case = broken(stand, "lamp", 1)
    made = case.request_id or ""
    promised = stand.request(made).promised_at
    stand.clock.forward(minutes=5)
    again = in_vain(stand, *["transient"] * 4)
    assert (again.id, again.state, again.due_at) == (case.id, EscalationState.TAKEN, case.due_at)
    assert (case.reason, again.reason) == ("The shelf has no such board.", "The shelf is busy.")
    assert stand.request(made).state == RequestState.HANDED_OVER
    assert stand.request(made).promised_at == promised
    assert [kind for kind in stand.kinds(f"escalation:{case.id}") if kind.startswith("escalation.in")] == [
        "escalation.in_vain"
    ]


def test_what_is_tried_again_and_ordered_by_the_target_waits_for_nobody(stand: Stand) -> None:
    """The target took the order and is at it: the person's part is over."""
    broken(stand, "lamp", 1)
    stand.shelf.faults = ["accept"]
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    assert not stand.open_cases()
    assert stand.cases()[0].closed_how == Exit.RETRIED


def test_a_taking_back_tried_again_in_vain_comes_back_at_once(stand: Stand) -> None:
    """The same case, with Tess, without the quarter of an hour before the first alarm."""
    made = stand.ask("ada", "lamp")
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.shelf.faults = ["permanent"]
    stand.work(1)
    case = stand.case()
    stand.shelf.faults = ["transient"] * 4
    desk.retry(stand.house, case.id, stand.people["tess"])
    assert stand.case().state == EscalationState.RETRYING
    stand.work(1)
    assert (stand.case().id, stand.case().state) == (case.id, EscalationState.TAKEN)


def test_a_request_cancelled_while_it_is_tried_again_leaves_no_case(stand: Stand) -> None:
    """It is not wanted any more, whatever becomes of the try."""
    case = broken(stand, "lamp", 1)
    desk.retry(stand.house, case.id, stand.people["tess"])
    name = stand.request(case.request_id or "").name
    stand.write(acts.cancel, stand.house, name, stand.people["ada"], stand.clock())
    assert not stand.open_cases()
    assert stand.cases()[0].closed_how == Exit.WITHDRAWN


def lines(stand: Stand, case: Escalation, who: str = "ada") -> list[tuple[str, str, str]]:
    """The story of the case's request: title, note and mood of each line."""
    with stand.house.database.read() as session:
        told = story.story(session, stand.house, stand.request(case.request_id or ""), stand.people[who])
    return [(line.title, line.note, line.mood) for line in told.lines]


def test_the_customer_reads_who_tries_it_and_that_it_did_not_work_this_time_either(stand: Stand) -> None:
    """While it is tried that is what goes on; then who is still at it, and the first line once only."""
    case = broken(stand, "lamp", 1)
    stand.shelf.faults = ["permanent"]
    desk.retry(stand.house, case.id, stand.people["tess"])
    assert stand.case().state == EscalationState.RETRYING
    assert ("Tess tried it again", "", "now") in lines(stand, case)
    stand.work()
    told = lines(stand, case)
    assert told[-3:-1] == [
        ("Tess tried it again", "", "done"),
        ("It did not work this time either", "Tess is still looking after it.", "human"),
    ]
    assert sum(title.startswith("It waits with") for title, _, _ in told) == 1
    assert "“Lamp”: it did not work this time either" in stand.notices("ada")
    assert stand.notices("ada").count("“Lamp” waits for a person") == 1


def test_what_nobody_holds_and_was_tried_in_vain_still_waits_with_its_team(stand: Stand) -> None:
    """Staff may try what they asked for themselves, and never hold it: nobody is named for it."""
    stand.shelf.faults = ["permanent"]
    stand.ask("tess", "lamp")
    case = stand.case()
    stand.shelf.faults = ["permanent"]
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert ("It did not work this time either", "It still waits with TechOps.", "human") in lines(stand, case, "tess")


def test_another_trouble_than_the_one_they_tried_is_told_as_new(stand: Stand) -> None:
    """The step went well, the next one stopped: it waits with the team anew."""
    case = broken(stand, "set", 2)
    in_vain(stand, "", "permanent")
    assert lines(stand, case)[-2][0] == "It waits with TechOps"
