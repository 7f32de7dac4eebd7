"""Deleting what is old, a little at a time."""

from __future__ import annotations

import sqlalchemy as sa

from selfserve.store.base import Base
from selfserve.store.database import Database

AT_ONCE = 1_000
"""Rows deleted in one transaction: no writer waits long for it."""


def forget(database: Database, kind: type[Base], old: sa.ColumnElement[bool]) -> int:
    """Delete all rows of a table that are `old`; returns how many."""
    key = sa.tuple_(*kind.__mapper__.primary_key)
    some = sa.delete(kind).where(key.in_(sa.select(*kind.__mapper__.primary_key).where(old).limit(AT_ONCE)))
    gone = 0
    while True:
        with database.write() as session:
            done: int = session.execute(some, execution_options={"synchronize_session": False}).rowcount  # type: ignore[attr-defined]
        gone += done
        if done < AT_ONCE:
            return gone
