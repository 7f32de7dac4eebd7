"""What a store that cannot be used is called at the terminal."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from selfserve.store.database import StoreBusy, is_locked
from selfserve.telemetry.redaction import redact_text

BUSY = "The store is busy: another process holds its write lock. Try again in a moment."


def in_a_sentence(error: SQLAlchemyError | sqlite3.Error) -> str:
    """The driver's own reason, without statement and parameters; a lock is told with what to do about it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, StoreBusy) or is_locked(cause):
        return BUSY
    reason = redact_text(str(cause)).strip().splitlines()
    return f"The store cannot be used: {reason[0].rstrip('.') if reason else type(cause).__name__}."
