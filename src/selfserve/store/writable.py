"""Whether the store can be written, looked at now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from selfserve.store.database import Database, StoreBusy, patient

READ_ONLY = "the database may only be read"


class Writable:
    """Answers by a sentence where the store takes nothing (its disk is full, it is read-only, another process holds
    SQLite's write lock), else by an empty one.

    It is written at most once in `every` seconds, and the lock waited for `patience` seconds: a monitor that asks often
    must not become a writer that others wait for. Between, and while somebody else looks, the last answer is given.
    """

    def __init__(
        self,
        database: Database,
        *,
        every: float = 5.0,
        patience: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._every, self._patience, self._clock = database, every, patience, clock
        self._looking = threading.Lock()
        self._looked_at: float | None = None
        self._told = ""

    def __call__(self) -> str:
        """What is wrong with writing, in a sentence."""
        if self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._told

    def _look(self) -> None:
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < self._every:
            return
        self._told = self._tried()
        self._looked_at = now

    def _tried(self) -> str:
        try:
            with patient(self._patience), self._database.write() as session:
                trouble = (_touch_sqlite if self._database.sqlite else _touch_postgres)(session)
        except StoreBusy:
            trouble = "another process holds its write lock"
        except SQLAlchemyError as error:
            trouble = self._reason(error)
        return f"The store cannot be written: {trouble}." if trouble else ""

    def _reason(self, error: SQLAlchemyError) -> str:
        """SQLite's words are few and name nothing (sqlite.org/rescode.html); a server's may, and everybody may ask."""
        if self._database.sqlite and isinstance(error, DBAPIError):
            return str(error.orig)
        return "the database takes nothing"


def _touch_sqlite(session: Session) -> str:
    """Write the number that SQLite keeps for applications in the file's first page (sqlite.org/pragma.html), as it is:
    a commit like any other, on a store of any version."""
    kept = session.scalar(sa.text("PRAGMA user_version"))
    session.execute(sa.text(f"PRAGMA user_version = {int(kept or 0)}"))
    return ""


def _touch_postgres(session: Session) -> str:
    """Put an empty message, which nobody reads, into the write-ahead log: a commit like any other, without a table. A
    session that may only read can do that as well."""
    if session.scalar(sa.text("SHOW transaction_read_only")) == "on":
        return READ_ONLY
    session.execute(sa.text("SELECT pg_logical_emit_message(true, 'selfserve', '')"))
    return ""
