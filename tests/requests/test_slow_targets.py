"""A connector that keeps no time of its own keeps nobody waiting: what it is asked for goes on without them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.stand.house import Stand

from selfserve.connectors import patience
from selfserve.connectors.breaker import Circuit, Limits
from selfserve.connectors.contract import Plan, Presence
from selfserve.connectors.patience import MOST_IDLE, MOST_LEFT, NAME, TooSlow, within
from selfserve.fulfilment import desk as fulfilment_desk
from selfserve.fulfilment import fulfil
from selfserve.requests import acts, asking, begin, plan, reconcile
from selfserve.store.states import GrantState, RequestState, StepState

SHORT = timedelta(milliseconds=50)


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Set it, and what hangs comes back."""
    came_back = threading.Event()
    yield came_back
    came_back.set()
    until(lambda: not patience.out("shelf"))


def impatient(stand: Stand) -> None:
    """The queue waits for no call longer than a moment."""
    stand.house = replace(stand.house, call=SHORT)


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    turn, patient = threading.Event(), 3000
    while not true():
        patient -= 1
        assert patient, "it never came"
        turn.wait(0.01)


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
    concluded = threading.Event()
    monkeypatch.setattr(fulfil, "_measure", lambda *_: concluded.set())
    stuck.set()
    assert concluded.wait(30)
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
    assert act.blocked == "The system behind it does not answer at the moment."
    assert not act.for_good


def test_the_queue_waits_for_no_call_for_ever(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been sent, so it is looked for and not sent twice: the late call did it."""
    impatient(stand)
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    monkeypatch.setattr(stand.shelf, "before_apply", lambda: stuck.wait(30))
    stand.pass_time(seconds=3)
    step = stand.steps(made.id)[0]
    assert (step.state, step.failure, step.reason) == (StepState.UNKNOWN, "unknown", "It does not answer in time.")
    calls = stand.shelf.calls["put"]
    stuck.set()
    until(lambda: stand.shelf.calls["put"] > calls)
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_a_target_that_never_comes_back_reaches_a_human(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever hangs, look or call: the story ends at the desk, and few threads are left behind."""
    impatient(stand)
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    observe = stand.shelf.observe
    monkeypatch.setattr(stand.shelf, "observe", lambda *given: stuck.wait(30) and observe(*given))
    stand.pass_time(hours=3)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert "does not answer in time" in stand.case().reason or "have not come back" in stand.case().reason
    assert patience.out("shelf") == MOST_LEFT
    assert sum(thread.name == NAME and thread.is_alive() for thread in threading.enumerate()) <= MOST_LEFT + MOST_IDLE


def test_a_taking_back_that_hangs_alarms_and_is_tried_on(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is never shown as taken back; once the target answers it is."""
    impatient(stand)
    made = stand.ask("ada", "lamp")
    undo = stand.shelf.undo
    monkeypatch.setattr(stand.shelf, "undo", lambda *given: stuck.wait(30) and undo(*given))
    stand.write(acts.give_back, stand.house, stand.request(made.id).name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=40)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.REVOKE_FAILED]
    assert "does not answer in time" in stand.case().reason or "have not come back" in stand.case().reason
    stuck.set()
    stand.pass_time(hours=3)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]
    assert not stand.shelf.things


def test_the_hourly_look_waits_for_no_target_for_ever(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What hangs opens the circuit, and the rest of its things are looked at another time."""
    impatient(stand)
    for who in ("ada", "ben", "dora", "dan", "eli", "mara", "cora"):
        stand.ask(who, "lamp")
    looks = []

    def hangs(*given: object) -> None:
        looks.append(given)
        stuck.wait(30)

    monkeypatch.setattr(stand.shelf, "observe", hangs)
    assert reconcile.reconcile(stand.house).drifted == []
    assert stand.house.connectors.health()["shelf"].circuit is Circuit.OPEN
    assert len(looks) == Limits().failures


def test_staff_do_not_wait_for_ever_for_a_look(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they did stands on their word, as with any target that cannot be read."""
    monkeypatch.setattr(fulfilment_desk, "PATIENCE", SHORT)
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", "lamp")
    monkeypatch.setattr(stand.shelf, "observe", lambda *_: stuck.wait(30))
    seen = fulfilment_desk.look(stand.house, stand.case().id, {})
    assert (seen.presence, seen.why) == (Presence.UNKNOWABLE, "It does not answer in time.")
    assert stand.request(made.id).state == RequestState.HANDED_OVER


def test_a_first_attempt_that_cannot_be_made_is_the_queues(
    stand: Stand, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many calls of its target are out that none is made: nobody waits, and it is done once they are back."""
    monkeypatch.setattr(stand.shelf, "name", "shelf")
    for _ in range(MOST_LEFT):
        with pytest.raises(TooSlow):
            within(0, lambda: stuck.wait(30), "shelf")
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    assert stand.shelf.calls["put"] == 0
    stuck.set()
    until(lambda: not patience.out("shelf"))
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.FULFILLED
