"""What happens while another process holds SQLite's write lock: a short wait, a clear refusal, nothing lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from selfserve.store.database import Database, StoreBusy, patient
from selfserve.store.writable import Writable


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'house.db'}", patience=0.05)
    with database.write() as session:
        session.execute(sa.text("CREATE TABLE things (name TEXT)"))
    yield database
    database.close()


@contextmanager
def taken(database: Database) -> Iterator[None]:
    """Somebody else's connection holds the write lock."""
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def put(database: Database, name: str) -> None:
    with database.write() as session:
        session.execute(sa.text("INSERT INTO things VALUES (:name)"), {"name": name})


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(sa.text("SELECT name FROM things ORDER BY name")))


def test_a_writer_gives_up_in_time_and_nothing_is_changed(store: Database) -> None:
    """It says that the store is busy; once the lock is free, the next one writes, and reading goes on meanwhile."""
    with taken(store):
        with pytest.raises(StoreBusy):
            put(store, "lost")
        assert names(store) == []
    put(store, "kept")
    assert names(store) == ["kept"]


def test_a_busy_store_is_a_store_that_is_away(store: Database) -> None:
    """Whoever is prepared for a store that is away is prepared for this."""
    with taken(store), pytest.raises(SQLAlchemyError):
        put(store, "lost")


def test_waiting_for_ones_own_process_is_bounded_too(store: Database) -> None:
    """Writers do not add up their patience: each gives up by its own."""
    told: list[str] = []

    def wait() -> None:
        try:
            put(store, "late")
        except StoreBusy:
            told.append("busy")

    with store.write():
        threads = [threading.Thread(target=wait) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert told == ["busy"] * 5
    assert names(store) == []


def test_the_engines_own_patience_is_put_back(store: Database) -> None:
    """The durable engine works over the same connections, and must outlast a lock that a request gives up on."""
    with taken(store), pytest.raises(StoreBusy):
        put(store, "lost")
    put(store, "kept")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_who_has_time_may_wait_longer(store: Database) -> None:
    """Work in the background outlasts a lock that is given back."""
    other = sqlite3.connect(str(store.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    later = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    later.start()
    with patient(20):
        put(store, "patient")
    later.join()
    other.close()
    assert names(store) == ["patient"]


def test_readiness_tries_the_lock_now_and_then(store: Database) -> None:
    """A held lock is told; between two looks the last answer stands; afterwards all is well."""
    now = [0.0]
    writable = Writable(store, every=5, patience=0.05, clock=lambda: now[0])
    assert writable() == ""
    with taken(store):
        now[0] = 4
        assert writable() == ""
        now[0] = 5
        assert writable() == "The store cannot be written: another process holds its write lock."
    now[0] = 9
    assert "write lock" in writable()
    now[0] = 10
    assert writable() == ""
