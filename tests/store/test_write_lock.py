"""What happens while another process holds SQLite's write lock: a short wait, a clear refusal, nothing lost."""

from __future__ import annotations

import resource
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
from tests.servers.postgres import Postgres


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


@contextmanager
def full(path: Path) -> Iterator[None]:
    """No file of this process may grow beyond what `path` has: the kernel refuses it as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_store_that_takes_nothing_more_is_not_ready(store: Database) -> None:
    """The lock can be had, reading goes on, and nothing can be kept; once there is room again, all is well."""
    writable = Writable(store, every=0)
    with full(Path(f"{store.url.database}-wal")):
        with pytest.raises(SQLAlchemyError):
            put(store, "lost")
        assert writable() in {
            "The store cannot be written: database or disk is full.",
            "The store cannot be written: disk I/O error.",
        }
        assert names(store) == []
    assert writable() == ""


def test_looking_whether_a_store_can_be_written_changes_nothing(database: Database) -> None:
    """Not its rows, not its schema, on SQLite and PostgreSQL; on one that is not at this build's version either."""
    writable = Writable(database, every=0)
    assert [writable() for _ in range(3)] == ["", "", ""]
    if database.sqlite:
        with database.read() as session:
            assert session.scalar(sa.text("PRAGMA user_version")) == 0


def test_a_server_that_may_only_be_read_is_not_ready(postgres: Postgres) -> None:
    """As after a failover to a half that was not promoted."""
    url = postgres.url(postgres.create_database())
    database = Database(f"{url}{'&' if '?' in url else '?'}options=-c%20default_transaction_read_only%3Don")
    told = Writable(database)()
    database.close()
    assert told == "The store cannot be written: the database may only be read."
