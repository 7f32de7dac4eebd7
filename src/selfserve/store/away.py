"""A store that is away, told from a fault: what passes by itself is waited for, and nothing else."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

AWAY: Final = (OperationalError, InterfaceError, NoConnection)
"""What is raised where the store does not answer, ended what was begun (a deadlock, a shutdown), or (StoreBusy) could
not be written in time."""
_FAULTS = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE})
"""What SQLite's driver raises in the same classes for a statement that is wrong (sqlite.org/rescode.html)."""
_TOO_MUCH = "54"
"""PostgreSQL's class for what is more than it can ever take (postgresql.org, "Error Codes")."""
_CANCELLED = "57014"
"""PostgreSQL's `query_canceled`: a statement took longer than `statement_timeout` lets it, or an admin ended it."""


def is_away(error: BaseException) -> bool:
    """True where the same work, begun again later, may well succeed: its transaction changed nothing."""
    if isinstance(error, NoConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or (
        isinstance(error, OperationalError | InterfaceError) and not _never(error.orig)
    )


def is_cancelled(error: BaseException) -> bool:
    """True where the store itself ended a statement. The next try may succeed, so it counts as away; but where the
    statement simply takes that long it never does, so that whoever tries again has to count."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _CANCELLED


def _never(cause: object) -> bool:
    of_sqlite = int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF
    return of_sqlite in _FAULTS or str(getattr(cause, "sqlstate", "") or "").startswith(_TOO_MUCH)
