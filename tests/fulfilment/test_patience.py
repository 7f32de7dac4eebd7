"""What a target asks for is heard, but whose patience counts is the item's: nobody waits beyond it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.stand.clock import Clock
from tests.stand.house import Stand

from selfserve.connectors.answers import MOST_SPAN, checked
from selfserve.connectors.breaker import LONGEST, Breaker, Circuit
from selfserve.connectors.contract import Accepted, Failed, FailureKind, Outcome
from selfserve.requests import acts
from selfserve.store.states import GrantState, RequestState


def _answers(stand: Stand, monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    monkeypatch.setattr(stand.shelf, "_do", lambda *_: outcome)


def _due(stand: Stand, subject: str) -> datetime:
    due = stand.runs(subject)[-1].due_at
    assert due is not None
    return due


def _busy(**wait: float) -> Failed:
    return Failed(FailureKind.RATE_LIMITED, "Too many.", retry_after=timedelta(**wait))


def test_a_target_that_asks_for_more_than_the_item_s_patience_is_a_human_s_when_that_ends(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty hours wanted, two given: nobody waits for the twenty, and the target is not called before them."""
    _answers(stand, monkeypatch, _busy(hours=20))
    made = stand.ask("ada", "lamp")
    patience = stand.house.catalog.current.items["lamp"].escalate.after
    assert patience < timedelta(hours=20)
    assert _due(stand, made.id) == stand.request(made.id).asked_at + patience
    calls = stand.shelf.calls["put"]
    stand.pass_time(seconds=patience.total_seconds())
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.case().request_id == made.id
    assert stand.shelf.calls["put"] == calls


def test_a_target_that_asks_for_more_than_a_day_is_a_human_s_at_once(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten years are no time to wait for."""
    _answers(stand, monkeypatch, _busy(days=3650))
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.HANDED_OVER
    assert "Too many" in stand.case().reason


def test_a_target_s_own_time_within_the_patience_is_kept(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes wanted: not called before."""
    _answers(stand, monkeypatch, _busy(minutes=10))
    made = stand.ask("ada", "lamp")
    assert _due(stand, made.id) == stand.clock() + timedelta(minutes=10)


def test_no_circuit_stays_open_for_more_than_a_day(clock: Clock) -> None:
    """Somebody mended it meanwhile, and nobody would notice."""
    breaker = Breaker(clock, ticks=clock.ticks)
    breaker.failure(timedelta(days=3650))
    clock.forward(seconds=LONGEST.total_seconds() - 1)
    assert breaker.health.circuit is Circuit.OPEN
    clock.forward(seconds=2)
    assert breaker.allow()


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()


@pytest.mark.parametrize("span", [timedelta.max, timedelta.min, timedelta(days=-1), MOST_SPAN * 2])
def test_a_span_that_leaves_the_calendar_is_cut(span: timedelta) -> None:
    """What a connector answers is added to now."""
    failed = checked(Failed(FailureKind.TRANSIENT, "", retry_after=span), Failed)
    assert failed.retry_after is not None
    assert timedelta(0) <= failed.retry_after <= MOST_SPAN
    accepted = checked(Accepted({}, span, span), Accepted)
    assert timedelta(0) <= accepted.poll_after <= MOST_SPAN
    assert timedelta(0) <= accepted.expires <= MOST_SPAN


def test_a_look_wanted_after_the_order_expires_comes_when_it_expires(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To be polled in a month, to be there in twenty seconds: a human has it in twenty seconds."""
    _order(stand, monkeypatch, poll=timedelta(days=30), expires=timedelta(seconds=20))
    made = stand.ask("ada", "chair")
    stand.work()
    assert _due(stand, made.id) == stand.clock() + timedelta(seconds=20)
    stand.pass_time(seconds=20)
    assert stand.request(made.id).state == RequestState.HANDED_OVER


def _order(stand: Stand, monkeypatch: pytest.MonkeyPatch, *, poll: timedelta, expires: timedelta) -> None:
    do: Callable[..., Outcome] = stand.shelf._do

    def ordered(action: str, place: tuple[str, str]) -> Outcome:
        do(action, place)
        return Accepted({}, poll, expires)

    monkeypatch.setattr(stand.shelf, "_do", ordered)


def test_what_is_waited_for_is_looked_at_when_the_target_asked_for_it(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the first time: twenty minutes stay twenty minutes."""
    _order(stand, monkeypatch, poll=timedelta(minutes=20), expires=timedelta(hours=5))
    made = stand.ask("ada", "chair")
    stand.work()
    for _ in range(3):
        assert _due(stand, made.id) == stand.clock() + timedelta(minutes=20)
        stand.clock.forward(minutes=20)
        stand.work()


def test_what_is_waited_for_is_looked_at_more_and_more_rarely(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it asked for no pause at all; but never so rarely that what is there goes unseen for long."""
    _order(stand, monkeypatch, poll=timedelta(0), expires=timedelta(hours=5))
    made = stand.ask("ada", "chair")
    stand.work()
    pauses: list[float] = []
    while len(pauses) < 12:
        pauses.append((_due(stand, made.id) - stand.clock()).total_seconds())
        stand.clock.time = _due(stand, made.id)
        stand.work()
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5, 600)


def test_a_taking_back_whose_target_asks_for_hours_alarms_in_its_time(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty hours until the next try would be twenty hours in which nobody knew that it is still there."""
    made = stand.ask("ada", "lamp")
    monkeypatch.setattr(stand.shelf, "undo", lambda *_: _busy(hours=20))
    stand.write(acts.give_back, stand.house, stand.request(made.id).name, stand.people["ada"], stand.clock())
    stand.work()
    assert not stand.open_cases()
    stand.pass_time(minutes=16)
    assert stand.case().grant_id == stand.grants("ada")[0].id
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
