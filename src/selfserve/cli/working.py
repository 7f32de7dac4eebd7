"""Who works on the store, by the leases that every process writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from selfserve.store.database import Database
from selfserve.store.tables import ExecutorLease

ALIVE = timedelta(minutes=2)
"""A process that wrote its lease within this time still works."""


def working_on(database: Database, now: datetime) -> Sequence[str]:
    """The processes that work on the store, whatever its version; nobody where it has no leases yet."""
    if not sa.inspect(database.engine).has_table(ExecutorLease.__tablename__):
        return []
    with database.read() as session:
        return session.scalars(sa.select(ExecutorLease.executor).where(ExecutorLease.beaten_at > now - ALIVE)).all()
