"""What each outcome of a target leads to; nothing is fulfilled before it was seen."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.connectors.contract import Observation, Presence
from selfserve.requests.refusals import NotFound, NotPossible
from selfserve.store.states import EscalationState, GrantState, RequestState, StepState


def test_accepted_is_not_done_and_delivered_later_is(stand: Stand) -> None:
    """On its way, told once, looked at in its own time, done when it is seen."""
    made = stand.ask("ada", "chair")
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLING
    assert stand.grants("ada")[0].state == GrantState.PROMISED
    stand.pass_time(minutes=20)
    assert stand.kinds(f"request:{made.id}").count("step.accepted") == 1
    stand.shelf.deliver()
    stand.pass_time(minutes=6)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.calls["order"] == 1
    assert stand.steps(made.id)[0].ours
    assert any("is ready" in title for title in stand.notices("ada"))


def test_what_was_done_while_they_watched_is_not_told_again(stand: Stand) -> None:
    """Ada pressed the button and sees that it is there: a notice would be noise."""
    made = stand.ask("ada", "lamp")
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert not any("is ready" in title for title in stand.notices("ada"))


def test_what_somebody_else_said_yes_to_is_told_however_fast(stand: Stand) -> None:
    """The approver sat beside them and said yes within the second: the one who asked may be on an other page."""
    made = stand.ask("ada", "desk")
    stand.pass_time(seconds=1)
    stand.decide("mara", made.id)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert any("is ready" in title for title in stand.notices("ada"))


def test_accepted_and_never_delivered_ends_with_a_human(stand: Stand) -> None:
    """After the target's own limit, not after the patience for failures."""
    made = stand.ask("ada", "chair")
    stand.pass_time(minutes=59)
    assert stand.request(made.id).state == RequestState.FULFILLING
    stand.pass_time(minutes=10)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.shelf.calls["order"] == 1
    assert stand.case().why in ("needs_human", "accepted_too_long")


def test_delivered_after_the_hand_over_is_seen_when_staff_try_again(stand: Stand) -> None:
    """It came late: found there, not ordered again, and ours."""
    from selfserve.requests import desk

    made = stand.ask("ada", "chair")
    stand.pass_time(minutes=70)
    stand.shelf.deliver()
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert (stand.shelf.calls["order"], stand.steps(made.id)[0].ours) == (1, True)


def test_an_order_that_vanished_is_ordered_again_within_the_first_limit(stand: Stand) -> None:
    """Accepted, then unknown to the target: ordered once more, the limit stays that of the first."""
    made = stand.ask("ada", "chair")
    stand.work()
    until = stand.steps(made.id)[0].accepted_until
    stand.shelf.orders.clear()
    stand.pass_time(minutes=6)
    assert stand.shelf.calls["order"] == 2
    assert stand.steps(made.id)[0].accepted_until == until


def test_patience_is_kept_and_then_exceeded(stand: Stand) -> None:
    """Fifteen minutes of trying with growing pauses, told once; then a human, with the reason."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    stand.pass_time(minutes=14)
    assert stand.request(made.id).state == RequestState.FULFILLING
    assert stand.kinds(f"request:{made.id}").count("step.waiting") <= 2
    stand.pass_time(minutes=3)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    case = stand.case()
    assert (case.why, case.team, case.runbook) == ("retries_spent", "techops", "runbooks/shelf.md")
    assert case.due_at > stand.clock()
    assert "“Lamp” waits for a person" in stand.notices("ada")
    assert stand.notices("tess")


@pytest.mark.parametrize(("fault", "why"), [("declined", "declined"), ("permanent", "failed")])
def test_what_trying_again_cannot_help_goes_to_a_human_at_once(stand: Stand, fault: str, why: str) -> None:
    """No patience is spent on a plain no."""
    stand.shelf.faults = [fault]
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.HANDED_OVER
    assert stand.case().why == why
    assert stand.grants("ada")[0].state == GrantState.PROMISED


def test_a_secret_known_only_at_a_later_look_is_sealed(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The licence key of a seat that came free while waiting reaches the customer."""
    made = stand.ask("ada", "chair")
    stand.work()
    stand.shelf.deliver()
    monkeypatch.setattr(
        stand.shelf, "observe", lambda *_: Observation(Presence.PRESENT, {}, "You have a seat.", "KEY-123")
    )
    stand.pass_time(minutes=6)
    assert stand.request(made.id).state == RequestState.FULFILLED
    sealed = stand.request(made.id).sealed
    assert sealed is not None
    assert b"KEY-123" not in sealed


def test_a_rule_tightened_between_ask_and_doing_wins(stand: Stand) -> None:
    """Asked while it was allowed, the target was away, the rule changed: refused, nothing done, customer told."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    stand.edit("lamp", 'who: "true"', 'who: customer.department == "Sales"')
    stand.shelf.offline = False
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.DENIED
    assert not stand.shelf.things
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert any("no longer possible" in title for title in stand.notices("ada"))


def test_a_rule_tightened_between_ask_and_approval_wins(stand: Stand) -> None:
    """The approver's yes does not help."""
    made = stand.ask("ada", "desk")
    stand.edit("desk", 'customer.department == "Design"', 'customer.department == "Sales"')
    with pytest.raises(NotPossible):
        stand.decide("mara", made.id)
    assert stand.request(made.id).state == RequestState.DENIED
    assert not stand.shelf.things


def test_a_rule_loosened_meanwhile_does_not_help(stand: Stand) -> None:
    """The version that was asked for still counts."""
    with pytest.raises(NotFound):
        stand.ask("eli", "desk")
    made = stand.ask("ada", "desk")
    stand.change("ada", department="Sales")
    stand.edit("desk", 'who: customer.department == "Design"', 'who: "true"')
    with pytest.raises(NotPossible):
        stand.decide("mara", made.id)
    assert not stand.shelf.things


def test_an_item_removed_meanwhile_is_not_given(stand: Stand) -> None:
    """Gone from the catalog while its run waited."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    (stand.catalog / "items" / "lamp.yaml").unlink()
    assert stand.house.catalog.refresh()
    stand.shelf.offline = False
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.DENIED
    assert "not offered" in stand.request(made.id).words
    assert not stand.shelf.things


def test_an_item_removed_while_it_is_held_is_still_taken_back(stand: Stand) -> None:
    """The obligation does not hang on today's catalog."""
    stand.ask("ada", "lamp")
    (stand.catalog / "items" / "lamp.yaml").unlink()
    assert stand.house.catalog.refresh()
    stand.clock.forward(hours=8)
    assert stand.tick_grant(stand.grants("ada")[0]) == "ended"
    stand.work()
    assert not stand.shelf.things


def test_a_customer_disabled_between_ask_and_doing_gets_nothing(stand: Stand) -> None:
    """Left the company while the target was away."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    stand.change("ada", disabled=True)
    stand.shelf.offline = False
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.DENIED
    assert not stand.shelf.things


def test_a_checklist_goes_to_a_human_at_once_and_by_design(stand: Stand) -> None:
    """Not an incident: the customer reads that a colleague does it."""
    made = stand.ask("ada", "laptop")
    assert made.state is RequestState.HANDED_OVER
    case = stand.case()
    assert [line["field"] for line in case.todo] == ["serial", "word", None]
    assert stand.event(f"request:{made.id}", "request.handed_over").data["by_design"]
    assert case.state == EscalationState.OPEN


def test_a_plan_that_is_not_tried_is_noted_as_not_sent(stand: Stand) -> None:
    """Step one fails at once: what comes after it was never called, and the rows say so."""
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", "set")
    assert [(step.state, step.calls) for step in stand.steps(made.id)] == [
        (StepState.FAILED, 1),
        (StepState.PLANNED, 0),
        (StepState.PLANNED, 0),
    ]
