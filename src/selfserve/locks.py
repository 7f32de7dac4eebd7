"""Who may touch a store: one working process for a store that is a file, one at a time to bring its schema up."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from selfserve.store.database import Database

SCHEMA_LOCK = 7_305_882  # any constant: the advisory lock under which one process at a time changes the schema

ASK_AGAIN = 0.1
"""Seconds between two looks whether the other process is done with the schema."""


class StoreTaken(Exception):  # noqa: N818  (said to whoever started the second process, in a sentence)
    """Another process works on the store."""


def only_one(database: Database) -> IO[str] | None:
    """The lock of the working process beside a store that is one file, held until it is closed; None for PostgreSQL.

    Raises StoreTaken where another process holds it. The system lets go of it when the process ends, however it ends.
    """
    if not database.sqlite:
        return None
    store = Path(str(database.url.database))
    lock = _file(store, ".lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreTaken(
            f"Another process works on {store} already; one file is for one process. For several, use PostgreSQL."
        ) from None
    return lock


@contextmanager
def schema_alone(database: Database) -> Iterator[None]:
    """While the schema is brought up: a second process that starts in the same moment waits here, and finds it done."""
    if database.sqlite:
        with _file(Path(str(database.url.database)), ".schema-lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Asked again and again: a waiting statement would be a transaction that CREATE INDEX CONCURRENTLY waits for.
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(SCHEMA_LOCK))):
            time.sleep(ASK_AGAIN)
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(SCHEMA_LOCK)))


def _file(store: Path, ending: str) -> IO[str]:
    path = store.with_name(store.name + ending)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w")
