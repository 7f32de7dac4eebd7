"""The engine for real: what is ordered is done, later when it was ordered for later, and by others when one dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests.stand.clock import Clock
from tests.stand.house import Stand, build

from selfserve.fulfilment import engine as engine_module
from selfserve.fulfilment import grants
from selfserve.fulfilment import tasks as fulfilment_tasks
from selfserve.fulfilment.engine import Engine
from selfserve.requests import tasks as requests_tasks
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import Grant, GrantReason


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until it is so; AssertionError where it does not become so in time."""
    ends, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        pause.wait(0.02)


class Wall(Clock):
    """The wall clock: the engine's delays are real."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def running(database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A stand whose engine works, on the wall clock."""
    made = build(database, tmp_path, clock=Wall())
    made.house = replace(made.house, engine=Engine(database, executor="one", poll=0.05))
    fulfilment_tasks.register(made.house)
    requests_tasks.register(made.house)
    made.house.engine.start()
    yield made
    made.house.engine.stop()


def test_what_the_first_attempt_left_is_finished_by_the_queue(running: Stand) -> None:
    """A slow action: ordered in the queue, accepted, and a delayed look is waiting."""
    made = running.ask("ada", "chair")
    assert made.state is RequestState.FULFILLING
    _until(lambda: bool(running.shelf.orders))
    _until(lambda: len(running.runs(made.id)) == 2)
    assert running.house.engine.standing([f"fulfil:{made.id}:2"]) == {f"fulfil:{made.id}:2": "DELAYED"}


def test_a_transient_failure_is_tried_again_by_the_engine(running: Stand) -> None:
    """Two seconds later, by a delayed order, without anybody's hand."""
    running.shelf.faults = ["transient"]
    made = running.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    _until(lambda: running.request(made.id).state == RequestState.FULFILLED)
    assert running.shelf.effects[("lamp", "ada")] == 1


def test_an_approved_request_is_done_and_its_end_comes_by_timer(running: Stand) -> None:
    """Asked, approved, there; its end is a second away, fires by itself and is taken back in the target."""
    made = running.ask("ada", "screen")
    assert running.decide("dora", made.id) is RequestState.FULFILLED
    (grant,) = running.grants("ada")
    with running.house.database.write() as session:
        row = session.get_one(Grant, grant.id)
        row.ends_at = running.clock() + timedelta(seconds=1)
        for reason in session.scalars(sa.select(GrantReason)):
            reason.ends_at = row.ends_at
        grants.set_timer(session, running.house, row, row.ends_at, running.clock())
    _until(lambda: running.grants("ada")[0].state == GrantState.ENDED)
    assert not running.shelf.things


def test_an_order_rolls_back_with_its_transaction(running: Stand) -> None:
    """One commit: what did not happen is not ordered either."""

    def broken(session: Session) -> None:
        running.house.engine.later(session, "fulfil", "fulfil:never:1", "never")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        running.write(broken)
    assert running.house.engine.standing(["fulfil:never:1"]) == {}


def test_the_same_order_twice_is_one(running: Stand) -> None:
    """Ids are the idempotency, also within two transactions."""
    for _ in range(2):
        with running.house.database.write() as session:
            running.house.engine.later(session, "fulfil", "fulfil:x:1", "x", after=timedelta(hours=1))
    assert running.house.engine.standing(["fulfil:x:1"]) == {"fulfil:x:1": "DELAYED"}
    running.house.engine.give_up(["fulfil:x:1"])
    assert running.house.engine.standing(["fulfil:x:1"]) == {"fulfil:x:1": "CANCELLED"}


def test_a_task_that_raises_is_seen_as_failed(database: Database, tmp_path: Path) -> None:
    """The engine says ERROR, which the hourly look finds."""
    made = build(database, tmp_path)
    engine = Engine(database, executor="one", poll=0.05)

    def broken() -> None:
        raise RuntimeError("broken")

    engine.register("broken", broken)
    engine.start()
    try:
        with database.write() as session:
            engine.later(session, "broken", "broken:1")
        _until(lambda: engine.standing(["broken:1"]) == {"broken:1": "ERROR"})
    finally:
        engine.stop()
        made.house.engine.stop()


def test_a_stopped_engine_s_work_is_an_orphan_and_is_resumed(database: Database, tmp_path: Path) -> None:
    """Begun by one that is gone: shown as its orphan, and finished by another."""
    made = build(database, tmp_path)
    hold, began = threading.Event(), threading.Event()
    first = Engine(database, executor="first", poll=0.05)

    def hangs() -> None:
        began.set()
        hold.wait()

    first.register("work", hangs)
    first.start()
    with database.write() as session:
        first.later(session, "work", "work:1")
    assert began.wait(20)
    first.stop(patience=0)
    hold.set()

    done = threading.Event()
    second = Engine(database, executor="second", poll=0.05)
    second.register("work", done.set)
    second.start()
    try:
        assert second.orphans(["first"]) == []
        assert [orphan.id for orphan in second.orphans(["second"])] == ["work:1"]
        second.resume(["work:1"])
        assert done.wait(20)
        _until(lambda: second.standing(["work:1"]) == {"work:1": "SUCCESS"})
    finally:
        second.stop()
        made.house.engine.stop()


def test_the_engine_s_own_records_are_forgotten_in_their_time(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is old enough, however much; what comes again by itself after a day, the rest after three months."""
    monkeypatch.setattr(engine_module, "AT_ONCE", 2)
    made, ticked = build(database, tmp_path), threading.Event()
    engine = Engine(database, executor="one", poll=0.05)
    engine.register("work", lambda: None)
    engine.every("tick", "* * * * * *", ticked.set)
    engine.start()
    try:
        with database.write() as session:
            for number in range(5):
                engine.later(session, "work", f"work:{number}")
            engine.later(session, "work", "work:waiting", after=timedelta(days=200))
        orders = [f"work:{number}" for number in range(5)]
        _until(lambda: set(engine.standing(orders).values()) == {"SUCCESS"})
        assert ticked.wait(20)
        _until(lambda: bool(engine.client.list_workflows(name="every:tick", status="SUCCESS")))
    finally:
        engine.stop()
        made.house.engine.stop()
    now = datetime.now(UTC)
    ticks = len(engine.client.list_workflows(name="every:tick"))
    assert engine.forget(now) == 0
    assert 1 <= engine.forget(now + timedelta(days=2)) <= ticks
    assert set(engine.standing(orders)) == set(orders)
    assert engine.forget(now + timedelta(days=91)) == 5
    assert engine.standing([*orders, "work:waiting"]) == {"work:waiting": "DELAYED"}
    engine.stop()
