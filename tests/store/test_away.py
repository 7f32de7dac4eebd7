"""What counts as a store that is away, and what as a fault that no waiting mends."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from selfserve.store.away import is_away, is_cancelled
from selfserve.store.database import StoreBusy


def _of(cause: psycopg.Error, kind: type[DBAPIError] = OperationalError, *, invalid: bool = False) -> DBAPIError:
    return kind("SELECT 1", None, cause, connection_invalidated=invalid)


@pytest.mark.parametrize(
    "error",
    [
        _of(psycopg.OperationalError("connection refused")),
        _of(psycopg.errors.AdminShutdown()),
        _of(psycopg.errors.DeadlockDetected()),
        _of(psycopg.errors.SerializationFailure()),
        _of(psycopg.errors.TooManyConnections()),
        _of(psycopg.InterfaceError("the connection is closed"), InterfaceError),
        _of(psycopg.errors.InternalError_(), DBAPIError, invalid=True),
        sa.exc.TimeoutError("no connection in the pool"),
        StoreBusy("another process holds the write lock"),
    ],
)
def test_what_passes_by_itself_is_a_store_that_is_away(error: Exception) -> None:
    """Gone, going, full, or done with this transaction: the same work may succeed in a moment."""
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        _of(psycopg.errors.UndefinedTable(), sa.exc.ProgrammingError),
        _of(psycopg.errors.UniqueViolation(), sa.exc.IntegrityError),
        _of(psycopg.errors.ProgramLimitExceeded()),
        sa.exc.InvalidRequestError("a mistake of ours"),
        RuntimeError("anything else"),
    ],
)
def test_a_fault_is_not_waited_for(error: Exception) -> None:
    """Begun again for ever it would never reach a human."""
    assert not is_away(error)


def test_a_wrong_statement_is_a_fault_on_sqlite_too(tmp_path: Path) -> None:
    """Its driver raises for it what it raises for a store that cannot be written."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'store.db'}")
    with engine.connect() as connection, pytest.raises(OperationalError) as wrong:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))
    assert not is_away(wrong.value)
    engine.dispose()
    elsewhere = sa.create_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'store.db'}")
    with pytest.raises(OperationalError) as gone:
        elsewhere.connect()
    assert is_away(gone.value)


def test_a_statement_that_the_store_ended_is_told_from_a_store_that_is_away() -> None:
    """It may succeed next time, or take too long each time: whoever begins again counts."""
    ended = _of(psycopg.errors.QueryCanceled())
    assert is_away(ended)
    assert is_cancelled(ended)
    for other in (_of(psycopg.errors.AdminShutdown()), _of(psycopg.errors.DeadlockDetected()), RuntimeError()):
        assert not is_cancelled(other)
