"""What a session for reading may and sees, and what becomes of connections that the server closed."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.people import directory
from selfserve.store.database import Database, WritesNothing
from selfserve.store.tables import Person
from tests.people.company import add
from tests.people.stores import db, empty_postgres, empty_sqlite, sqlite_store

__all__ = ["db", "empty_postgres", "empty_sqlite", "sqlite_store"]
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_a_session_for_reading_cannot_write(db: Database) -> None:
    """By statement or by object, on both stores; and nothing of it is there afterwards."""
    with db.write() as session:
        ana = add(session, "ana").id
    with pytest.raises(WritesNothing), db.read() as session:
        session.execute(sa.update(Person).values(disabled=True))
    with pytest.raises(WritesNothing), db.read() as session:
        session.execute(sa.delete(Person))
    with db.read() as session:
        session.get_one(Person, ana).disabled = True
        with pytest.raises(WritesNothing):
            session.flush()
    with db.read() as session:
        assert not session.get_one(Person, ana).disabled


def test_reading_sees_what_others_commit_meanwhile(db: Database) -> None:
    """No statement of a long look is answered from the past."""
    with db.read() as session:
        assert directory.by_login(session, "ana") is None
        with db.write() as writing:
            add(writing, "ana")
        assert directory.by_login(session, "ana") is not None


def test_a_writer_after_a_reader_has_its_transaction(db: Database) -> None:
    """Both take their connections from one pool: what reading set on one does not outlive the reading."""
    with db.read() as session:
        session.execute(sa.text("SELECT 1"))
    with pytest.raises(ZeroDivisionError), db.write() as session:
        _fail_after(session)
    with db.read() as session:
        assert directory.by_login(session, "ana") is None


def test_a_connection_closed_by_the_server_is_replaced_unnoticed(db: Database) -> None:
    """PostgreSQL restarts, or an administrator ends idle connections: nobody meets an error for it."""
    for _ in range(3):
        with db.read() as session:
            session.execute(sa.text("SELECT 1"))
    if not db.sqlite:
        _end_all_connections(db)
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
    if not db.sqlite:
        _end_all_connections(db)
    with db.write() as session:
        add(session, "ana")


def _fail_after(session: Session) -> None:
    add(session, "ana")
    raise ZeroDivisionError


def _end_all_connections(db: Database) -> None:
    plain = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
        assert ended
        for (pid,) in ended:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
