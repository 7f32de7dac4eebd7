"""How long it is known who was signed in where."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from selfserve.store.database import Database
from selfserve.store.forgetting import forget
from selfserve.store.tables import SignIn

KEPT = timedelta(days=90)
"""After its end: long enough to look into what somebody noticed late."""


def forget_sign_ins(database: Database, now: datetime) -> int:
    """Delete sessions that were ended, or ran out, long ago; returns how many."""
    return forget(database, SignIn, sa.or_(SignIn.ended_at < now - KEPT, SignIn.ends_at < now - KEPT))
