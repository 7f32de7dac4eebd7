"""PostgreSQL goes away for seconds: what was being done begins again by itself, and waits for no hourly look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from tests.fulfilment.test_engine import Wall, _until
from tests.servers.postgres import Outage, postgres_with_outages
from tests.stand.house import Stand, build

from selfserve.fulfilment import engine as engine_module
from selfserve.fulfilment import tasks as fulfilment_tasks
from selfserve.fulfilment.engine import Engine
from selfserve.requests import acts
from selfserve.requests import tasks as requests_tasks
from selfserve.requests.reconcile import BEGUN, find_lost
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState, RunState
from selfserve.store.tables import Person

SOON = 60.0
"""Seconds; the hourly look would come much later."""


class Ahead(Wall):
    """The wall clock, put ahead by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return super().__call__() + self.ahead


@pytest.fixture(scope="module")
def outage() -> Iterator[Outage]:
    """A server of its own for these tests, with a house's tables."""
    with postgres_with_outages() as made:
        yield made


@dataclass
class Away:
    """A stand whose engine works, and the server under it."""

    stand: Stand
    outage: Outage
    over: threading.Event

    def once(self) -> Callable[[], None]:
        """Takes the server away the first time it is called, and brings it back a moment later."""
        began = threading.Event()

        def away() -> None:
            if not began.is_set():
                began.set()
                self.outage.begin()
                threading.Timer(1, self._back).start()

        return away

    def _back(self) -> None:
        self.outage.end()
        self.over.set()


@pytest.fixture
def away(outage: Outage, tmp_path: Path) -> Iterator[Away]:
    """A working house on a fresh database of that server."""
    name = outage.server.create_database()
    database = Database(outage.server.url(name))
    migrations.upgrade(database.engine)
    made = build(database, tmp_path, clock=Wall())
    made.house = replace(made.house, engine=Engine(database, executor="one", poll=0.05))
    made.house.engine.prepare()
    fulfilment_tasks.register(made.house)
    requests_tasks.register(made.house)
    yield Away(made, outage, threading.Event())
    made.house.engine.stop()
    database.close()


def test_a_walk_during_which_the_store_goes_away_goes_on_when_it_is_back(away: Away) -> None:
    """The target has done it, nobody could write that down: seen a moment later, done once, by the same order."""
    stand = away.stand
    stand.house.engine.start()
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    stand.shelf.before_apply = away.once()
    assert away.over.wait(SOON)
    _until(lambda: stand.request(made.id).state == RequestState.FULFILLED, SOON)
    assert stand.shelf.effects[("lamp", "ada")] == 1
    assert [run.state for run in stand.runs(made.id)] == [RunState.STOPPED, RunState.FINISHED]
    order = f"fulfil:{made.id}:2"
    _until(lambda: stand.house.engine.standing([order]) == {order: "SUCCESS"}, SOON)


def test_a_taking_back_during_which_the_store_goes_away_goes_on_when_it_is_back(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is gone in the target, and shown as gone."""
    stand = away.stand
    stand.house.engine.start()
    made = stand.ask("ada", "lamp")
    undo, once = stand.shelf.undo, away.once()
    monkeypatch.setattr(stand.shelf, "undo", lambda *given: (once(), undo(*given))[1])
    stand.write(acts.give_back, stand.house, stand.request(made.id).name, stand.people["ada"], stand.clock())
    assert away.over.wait(SOON)
    _until(lambda: stand.grants("ada")[0].state == GrantState.ENDED, SOON)
    assert not stand.shelf.things


def test_a_timer_during_which_the_store_goes_away_fires_when_it_is_back(away: Away) -> None:
    """As those of grants, stages and cases are: one transaction, which is begun again as a whole."""
    stand, once = away.stand, away.once()

    def tick(session: Session, _house: object, now: datetime) -> None:
        once()
        session.execute(sa.update(Person).where(Person.id == stand.people["ada"]).values(gone_at=now))

    stand.house.engine.register("tick", fulfilment_tasks.in_transaction(stand.house, tick))
    stand.house.engine.start()
    stand.write(lambda session: stand.house.engine.later(session, "tick", "timer:1"))
    assert away.over.wait(SOON)

    def fired() -> bool:
        with stand.house.database.read() as session:
            return session.get_one(Person, stand.people["ada"]).gone_at is not None

    _until(fired, SOON)
    _until(lambda: stand.house.engine.standing(["timer:1"]) == {"timer:1": "SUCCESS"}, SOON)


def test_work_that_a_deadlock_ended_begins_again(away: Away) -> None:
    """PostgreSQL chooses a victim; the victim's work is not lost."""
    stand, crossed = away.stand, threading.Barrier(2)
    ada, ben = stand.people["ada"], stand.people["ben"]
    tries = []

    def touch(session: Session, who: str, title: str) -> None:
        session.execute(sa.update(Person).where(Person.id == who).values(title=title))

    def victim(session: Session, _house: object, _now: datetime) -> None:
        tries.append(1)
        touch(session, ada, "victim")
        if len(tries) == 1:
            crossed.wait(SOON)
        touch(session, ben, "victim")

    def other() -> None:
        with stand.house.database.write() as session:
            session.execute(sa.text("SET LOCAL deadlock_timeout = '50s'"))
            touch(session, ben, "other")
            crossed.wait(SOON)
            touch(session, ada, "other")

    stand.house.engine.register("tick", fulfilment_tasks.in_transaction(stand.house, victim))
    stand.house.engine.start()
    stand.write(lambda session: stand.house.engine.later(session, "tick", "timer:1"))
    other()
    _until(lambda: stand.house.engine.standing(["timer:1"]) == {"timer:1": "SUCCESS"}, SOON)
    assert len(tries) == 2


def test_work_whose_statements_are_always_cancelled_is_not_begun_for_ever(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin lets no statement take long: after a few tries the order has failed as any other, its run is found, and
    in the item's time a human has it."""
    monkeypatch.setattr(engine_module, "_lasting", partial(engine_module._lasting, again_after=0))
    stand, tries, clock = away.stand, [], Ahead()
    stand.house = replace(stand.house, now=clock)

    def too_slow(_run: object) -> None:
        tries.append(1)
        with stand.house.database.write() as session:
            session.execute(sa.text("SET LOCAL statement_timeout = 10"))
            session.execute(sa.text("SELECT pg_sleep(60)"))

    stand.house.engine.register("fulfil", too_slow)
    stand.house.engine.start()
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    order = f"fulfil:{made.id}:2"
    _until(lambda: stand.house.engine.standing([order]) == {order: "ERROR"}, SOON)
    assert len(tries) == engine_module.CANCELLED_MOST
    clock.ahead = timedelta(minutes=16)
    assert find_lost(stand.house).lost_runs == [order]
    case = stand.case()
    assert (case.why, case.request_id) == ("retries_spent", made.id)
    assert stand.request(made.id).state == RequestState.HANDED_OVER


def test_what_comes_by_itself_and_is_cancelled_is_told_as_a_fault() -> None:
    """Its next turn may fare no better: a line that says "waits for the store" each minute would be read by nobody."""
    ended = OperationalError("SELECT 1", None, psycopg.errors.QueryCanceled())
    gone = OperationalError("SELECT 1", None, psycopg.errors.AdminShutdown())
    told = []
    for problem in (ended, gone):

        def look(problem: OperationalError = problem) -> None:
            raise problem

        with structlog.testing.capture_logs() as logs:
            engine_module._ticking("look", look)(datetime.now(UTC), None)
        told.append([(entry["event"], entry["log_level"]) for entry in logs])
    assert told == [[("task_failed", "error")], [("task_waits_for_store", "warning")]]


def test_an_order_that_the_engine_noted_as_failed_is_found_within_two_minutes(stand: Stand) -> None:
    """Whatever made it fail: its run is ordered again by the look of every minute, and not before it could be seen."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    order = f"fulfil:{made.id}:2"
    stand.house.engine.give_up([order])
    stand.clock.forward(seconds=2)
    assert not find_lost(stand.house).any
    stand.clock.forward(seconds=BEGUN.total_seconds() + 1)
    assert find_lost(stand.house).lost_runs == [order]
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED


def test_only_what_the_engine_has_lost_is_looked_at_and_the_longest_due_first(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many runs that are late but well ordered keep none that is lost from being found."""
    from selfserve.requests import reconcile as module

    monkeypatch.setattr(module, "BATCH", 2)
    made = []
    for who in ("ada", "ben", "dora", "dan"):
        stand.shelf.faults = ["transient"]
        made.append(stand.ask(who, "lamp"))
        stand.clock.forward(seconds=10)
    lost = [f"fulfil:{one.id}:2" for one in made[1:]]
    stand.house.engine.give_up(lost)
    stand.clock.forward(minutes=10)
    assert find_lost(stand.house).lost_runs == lost[:2]
    assert find_lost(stand.house).lost_runs == lost[2:]


def test_a_taking_back_that_was_lost_reaches_people_when_its_time_is_over(stand: Stand) -> None:
    """Lost again and again: each is found in minutes, and the alarm comes after its quarter of an hour."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=8)
    (grant,) = stand.grants("ada")
    stand.tick_grant(grant)
    for _ in range(20):
        stand.house.engine.give_up([f"revoke:{grant.id}:{run.attempt}" for run in stand.runs(grant.id)])
        stand.clock.forward(minutes=1)
        find_lost(stand.house)
    assert stand.case().grant_id == grant.id


def test_an_order_this_process_took_and_left_is_taken_up_again(stand: Stand) -> None:
    """The store went away under the engine's own bookkeeping: begun, by somebody who lives, and in nobody's hands."""
    engine, done = Engine(stand.house.database, executor="left", poll=0.05), threading.Event()
    engine.register("work", done.set)
    with stand.house.database.write() as session:
        engine.later(session, "work", "work:1", after=timedelta(days=1))
        schema = "" if stand.house.database.sqlite else "dbos."
        session.execute(sa.text(f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = 'left'"))
    engine._busy.left_after = 60
    assert engine.orphans(["left"]) == []
    engine._busy.left_after = 0
    assert [one.id for one in engine.orphans(["left"])] == ["work:1"]
    engine.start()
    try:
        engine.resume(["work:1"])
        assert done.wait(20)
        _until(lambda: engine.standing(["work:1"]) == {"work:1": "SUCCESS"})
        assert engine.orphans(["left"]) == []
    finally:
        engine.stop()
