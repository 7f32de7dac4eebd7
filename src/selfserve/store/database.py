"""The one database: engine, sessions for reading and for writing, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import os
import select
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

SQLITE_POOL = 240
"""Larger than all request threads (40) and engine threads (sixteen for each queue, with room for a dozen queues)
together: an engine's writer that waits for the write lock holds a connection, and the holder of the lock may need one
more to finish (see docs/decisions/0002). Connections are opened as they are needed."""
POSTGRES_POOL = 48
PATIENCE = 5.0
"""Seconds that a writer waits for SQLite's write lock: as long as a person waits without wondering."""
ENGINE_PATIENCE = 30.0
"""Seconds that statements outside of `write()` wait for it: the durable engine's own bookkeeping."""
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class StoreBusy(sa.exc.TimeoutError):
    """The write lock was not to be had in time: another process holds it. Nothing was changed; ask again later."""


def is_locked(error: BaseException | None) -> bool:
    """Whether SQLite's driver says that somebody else holds the lock (sqlite.org/rescode.html)."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF in _BUSY


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Within, writers of this thread wait `seconds` for the write lock instead of the database's own patience."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


class Database:
    """Opens the store at `url` (`sqlite:///…` or `postgresql+psycopg://…`).

    `read()` gives a session that can write nothing; `write()` one transaction that commits at the end and rolls back
    on any exception. On SQLite writers of this process queue fairly for one write lock instead of polling for it, and
    wait `patience` seconds at most, for each other and for other processes together.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.sqlite else _postgres_engine(url)
        self._sessions = sessionmaker(self.engine, class_=Writing, expire_on_commit=False)
        self._readers = sessionmaker(_reading(self.engine), expire_on_commit=False, autoflush=False)
        self._snapshots = sessionmaker(_snapshot(self.engine), expire_on_commit=False)
        self._writer = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: each statement sees what is committed at its moment, and WritesNothing meets any that
        would change something."""
        with self._readers() as session:
            yield session  # closing leaves what was read usable

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session for a long reading of many rows: all of it shows one moment, and rows may be streamed."""
        with self._snapshots.begin() as session:
            if self.sqlite:
                session.connection().exec_driver_sql("BEGIN")
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: what was read in it is still true when it commits (SQLite) or is guarded by the caller's
        conditions. StoreBusy where the write lock of SQLite is not to be had in time."""
        if not self.sqlite:
            with self._sessions.begin() as session:
                yield session
            return
        with self._turn() as until, self._sessions.begin() as session:
            _begin(session.connection(), until)
            yield session

    @contextmanager
    def _turn(self) -> Iterator[float]:
        """This process's turn to write; gives the moment (of the monotonic clock) until which may still be waited."""
        own = _patience.get()
        patience = self.patience if own is None else own
        until = time.monotonic() + patience
        if not self._writer.acquire(timeout=patience):
            raise StoreBusy("the writers before this one did not finish in time")
        try:
            yield until
        finally:
            self._writer.release()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _sqlite_engine(url: str) -> Engine:
    database = make_url(url).database
    if not database or database == ":memory:":
        raise ValueError("the store needs a file: several threads share it")
    Path(database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its side files the same rights
    engine = sa.create_engine(url, pool_size=SQLITE_POOL, max_overflow=0, pool_timeout=60)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    if sqlite3.sqlite_version_info < (3, 42):
        # The durable engine's tables use unixepoch('subsec'), which SQLite knows only since 3.42 (Debian 12 has 3.40).
        connection.create_function("unixepoch", -1, lambda *_: time.time())
    connection.isolation_level = "IMMEDIATE"
    connection.execute(_waiting(ENGINE_PATIENCE))
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection, until: float) -> None:
    """Take SQLite's write lock. The connection's own patience is put back: the engine uses the same connections.

    Straight to the driver: through SQLAlchemy these three cost more than all else in a short transaction.
    """
    plug: Any = connection.connection.driver_connection
    try:
        plug.execute(_waiting(until - time.monotonic()))
        plug.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not is_locked(error):
            raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, error) from error
        raise StoreBusy("another process holds the write lock") from error
    finally:
        plug.execute(_waiting(ENGINE_PATIENCE))


def _waiting(seconds: float) -> str:
    return f"PRAGMA busy_timeout={max(1, int(seconds * 1000))}"


def _postgres_engine(url: str) -> Engine:
    engine = sa.create_engine(
        url, pool_size=POSTGRES_POOL, max_overflow=0, pool_timeout=60, connect_args={"connect_timeout": 5}
    )
    sa.event.listen(engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: psycopg.Connection[Any], _record: Any, _proxy: Any) -> None:
    """Sort out a pooled connection that the server has closed, without asking it: on an idle one, nothing comes in but
    its end. A ping would cost every transaction a round trip."""
    if connection.closed or _speaks(connection.fileno()):
        raise sa.exc.DisconnectionError("the server closed this connection")


def _speaks(descriptor: int) -> bool:
    watch = select.poll()
    watch.register(descriptor, select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(watch.poll(0))


class Writing(Session):
    """A session in which a row that is locked is the row as it is then.

    By itself SQLAlchemy keeps what the session read of it before the lock, and the caller would decide by what another
    transaction has changed meanwhile (docs.sqlalchemy.org, "Populate Existing").
    """


@sa.event.listens_for(Writing, "do_orm_execute")
def _read_anew(asked: ORMExecuteState) -> None:
    if asked.is_select and getattr(asked.statement, "_for_update_arg", None) is not None:
        asked.update_execution_options(populate_existing=True)


class WritesNothing(RuntimeError):  # noqa: N818  (a rule of the house, told to its programmers)
    """Something was to be changed in a session for reading."""


def _reading(engine: Engine) -> Engine:
    """The same connections, for reading: on PostgreSQL no transaction is opened, which spares two round trips."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    return _unwriting(engine.execution_options(**options))


def _snapshot(engine: Engine) -> Engine:
    """The same connections, for one consistent look."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    return _unwriting(engine.execution_options(**options))


def _unwriting(engine: Engine) -> Engine:
    sa.event.listen(engine, "before_cursor_execute", _refuse_writing)
    return engine


def _refuse_writing(_c: Any, _cursor: Any, statement: str, _p: Any, context: Any, _many: bool) -> None:
    if context.isinsert or context.isupdate or context.isdelete:
        raise WritesNothing(f"not in a session for reading: {statement[:60]}")
