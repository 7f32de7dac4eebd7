"""A connector that keeps no time of its own keeps nobody waiting: what it is asked for goes on without them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.stand.house import Stand

from selfserve.connectors.contract import Plan
from selfserve.connectors.patience import NAME, TooSlow, within
from selfserve.requests import asking, begin, plan
from selfserve.store.states import RequestState

SHORT = timedelta(milliseconds=50)


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Set it, and what hangs comes back."""
    came_back = threading.Event()
    yield came_back
    came_back.set()


def test_a_look_that_hangs_before_the_asking_is_left_to_the_queue(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ask is stored and answered; the breaker hears of it; once the target answers it is done."""
    monkeypatch.setattr(asking, "PATIENCE", SHORT)
    look = stand.shelf.resource
    monkeypatch.setattr(stand.shelf, "resource", lambda *given: stuck.wait(30) and look(*given))
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    assert stand.house.connectors.health()["shelf"].failures == 1
    monkeypatch.setattr(stand.shelf, "resource", look)
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.calls["put"] == 1


def test_a_call_that_hangs_goes_on_alone_and_is_concluded(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer is answered; the call comes back later and its own thread writes down that it is there."""
    monkeypatch.setattr(begin, "SLACK", SHORT - stand.house.first_attempt_budget)
    called = threading.Event()

    def hangs() -> None:
        called.set()
        stuck.wait(30)

    stand.shelf.before_apply = hangs
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    assert called.wait(30)
    stuck.set()
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(30)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.calls["put"] == 1


def test_a_plan_that_hangs_is_told_without_its_target(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would happen is said in the item's words, and that the target does not answer."""
    monkeypatch.setattr(asking, "PATIENCE", SHORT)

    def hangs(*_: object) -> Plan:
        stuck.wait(30)
        raise AssertionError

    monkeypatch.setattr(stand.shelf, "plan", hangs)
    (act,) = plan.plan(stand.house, customer_id=stand.people["ada"], item_id="lamp", answers={}).acts
    assert act.blocked == "It does not answer."
    assert not act.for_good


def test_what_a_bounded_call_gives_and_raises_comes_back() -> None:
    """None is an answer too, and what kills a process is not swallowed."""
    assert within(5, lambda: 7) == 7
    assert within(5, lambda: None) is None
    with pytest.raises(KeyboardInterrupt):
        within(5, _interrupted)
    with pytest.raises(TooSlow, match="no answer within 0 s"):
        within(0, threading.Event().wait)


def _interrupted() -> None:
    raise KeyboardInterrupt
