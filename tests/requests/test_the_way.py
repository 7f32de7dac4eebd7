"""One request's way: asked, done at once, seen in the target, and taken back when its time is over."""

from __future__ import annotations

from tests.stand.house import Stand

from selfserve.store.states import GrantState, RequestState, StepState


def test_what_policy_allows_is_done_at_once_and_seen(stand: Stand) -> None:
    """An item without approval is fulfilled in the asking call, and the effect was observed."""
    made = stand.ask("ada", "lamp")

    assert made.state is RequestState.FULFILLED
    assert stand.shelf.things == {("lamp", "ada")}
    (step,) = stand.steps(made.id)
    assert (step.state, step.ours, step.before) == (StepState.DONE, True, "absent")
    assert step.verified_at == stand.clock()
    (grant,) = stand.grants("ada")
    assert grant.state == GrantState.ACTIVE
    assert stand.kinds(f"request:{made.id}") == ["request.asked", "step.done", "request.fulfilled"]


def test_a_grant_ends_by_its_timer_and_is_taken_back(stand: Stand) -> None:
    """Eight hours after delivery the effect is gone from the target, and only then the grant is shown as ended."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=8)
    (grant,) = stand.grants("ada")

    assert stand.tick_grant(grant) == "ended"
    assert stand.grants("ada")[0].state == GrantState.ENDING
    stand.work()

    assert stand.shelf.things == set()
    assert stand.grants("ada")[0].state == GrantState.ENDED
