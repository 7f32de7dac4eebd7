"""A prepared statement does what SQLAlchemy would do with it, on both stores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from selfserve.languages.messages import msg
from selfserve.store.database import Database, WritesNothing
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement, among
from selfserve.store.tables import AuditEvent, Notice, Person
from tests.people.stores import db, empty_postgres, empty_sqlite, sqlite_store

__all__ = ["db", "empty_postgres", "empty_sqlite", "sqlite_store"]
EVENTS = AuditEvent.__table__
INSERT = Statement(sa.insert(EVENTS))  # type: ignore[arg-type]
NOW = datetime(2026, 11, 30, 8, 30, 0, 123456, tzinfo=UTC)


def event(**more: Any) -> dict[str, Any]:
    """Every column of an event."""
    row = {
        "id": new_id(),
        "stream": "a",
        "number": 1,
        "at": NOW,
        "actor": "Zoë “%s” 'x' ?",
        "kind": "k",
        "data": {"deep": [1, None, "ä"]},
        "tell": msg("{it} is ready", it="Figma"),
        "previous": "0",
        "hash": "1",
    }
    return {**row, **more}


def test_what_is_written_reads_as_if_sqlalchemy_had_written_it(db: Database) -> None:
    """Moments, JSON, sentences and signs that a driver might take for places in the statement."""
    one, other = event(), event(number=2)
    with db.write() as session:
        assert INSERT.write(session, one) == 1
        session.execute(sa.insert(EVENTS), other)  # type: ignore[arg-type]
    with db.read() as session:
        rows = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.number)).all()
        mine, theirs = ({name: getattr(row, name) for name in one} for row in rows)
    assert mine == one
    assert theirs == {**mine, "id": other["id"], "number": 2}
    assert type(mine["tell"]) is type(theirs["tell"])


def test_what_is_read_is_what_sqlalchemy_would_read(db: Database) -> None:
    """Types of columns, constants in the statement and values of the call."""
    with db.write() as session:
        for number in (1, 2, 3):
            INSERT.write(session, event(number=number, kind="odd" if number % 2 else "even"))
    columns = (AuditEvent.number, AuditEvent.at, AuditEvent.data, AuditEvent.tell)
    found = (
        sa.select(*columns)
        .where(AuditEvent.stream == sa.bindparam("stream"), among(AuditEvent.kind, ["odd", "none"]))
        .order_by(AuditEvent.number.desc())
        .limit(2)
    )
    statement = Statement(found)
    with db.read() as session:
        expected = [tuple(row) for row in session.execute(found, {"stream": "a"})]
        assert statement.rows(session, {"stream": "a"}) == expected
        assert statement.first(session, {"stream": "a"}) == expected[0]
        assert statement.rows(session, {"stream": "b"}) == []
        assert statement.first(session, {"stream": "b"}) is None
    assert [row[0] for row in expected] == [3, 1]


def test_no_constant_fits_nothing(db: Database) -> None:
    """An empty list of constants is a condition that no row meets, as it is for SQLAlchemy."""
    with db.read() as session:
        assert Statement(sa.select(Person.id).where(among(Person.id, []))).rows(session, {}) == []


def test_an_update_sets_what_the_call_names_and_counts(db: Database) -> None:
    """The same statement with other columns is another statement."""
    change = Statement(sa.update(EVENTS).where(EVENTS.c.id == sa.bindparam("which")))  # type: ignore[arg-type]
    row = event()
    with db.write() as session:
        INSERT.write(session, row)
        assert change.write(session, {"which": row["id"], "kind": "other"}) == 1
        assert change.write(session, {"which": row["id"], "actor": "b", "data": {}}) == 1
        assert change.write(session, {"which": "nobody", "kind": "x"}) == 0
    with db.read() as session:
        found = session.get_one(AuditEvent, row["id"])
        assert (found.kind, found.actor, found.data, found.stream) == ("other", "b", {}, "a")


def test_a_rule_of_the_schema_is_told_as_sqlalchemy_tells_it_without_the_values(db: Database) -> None:
    """Callers look for IntegrityError; a log must not learn what was written. The transaction is undone."""

    def twice() -> None:
        with db.write() as session:
            INSERT.write(session, event(actor="a secret"))
            INSERT.write(session, event(actor="a secret"))

    with pytest.raises(sa.exc.IntegrityError) as told:
        twice()
    assert "a secret" not in str(told.value).partition("[SQL")[2]
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 0


def test_it_writes_nothing_in_a_session_for_reading(db: Database) -> None:
    """The house's rule holds on the short way too."""
    with db.read() as session, pytest.raises(WritesNothing):
        INSERT.write(session, event())


def test_who_listens_to_cursors_hears_of_it(db: Database) -> None:
    """Tracing of statements works by these events."""
    heard: list[tuple[str, str]] = []

    def before(_c: Any, _k: Any, statement: str, _p: Any, context: Any, _m: bool) -> None:
        heard.append(("before", statement))
        context.mine = 1

    def after(_c: Any, _k: Any, statement: str, _p: Any, context: Any, _m: bool) -> None:
        heard.append(("after", statement if context.mine else ""))

    sa.event.listen(db.engine, "before_cursor_execute", before)
    sa.event.listen(db.engine, "after_cursor_execute", after)
    with db.write() as session:
        INSERT.write(session, event())
    told = [one for one in heard if "INSERT INTO audit_event" in one[1]]
    assert [when for when, _ in told] == ["before", "after"]


def test_what_cannot_be_prepared_is_refused_before_anything_is_written(db: Database) -> None:
    """A default that SQLAlchemy would make is not silently left out, and a list is not sent as one value."""
    with db.write() as session:
        with pytest.raises(TypeError):
            Statement(sa.insert(Notice.__table__)).write(session, {"id": new_id()})  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            Statement(sa.select(Person.id).where(Person.id.in_(["a"]))).rows(session, {})
        assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 0


def test_a_connection_that_breaks_under_a_statement_leaves_the_pool(db: Database) -> None:
    """The next one who asks gets a whole one. (A file has no server that could go.)"""
    look = Statement(sa.select(Person.id).where(Person.id == sa.bindparam("id")))
    if db.sqlite:
        with db.read() as session:
            assert look.first(session, {"id": "nobody"}) is None
        return
    with db.read() as session:
        (pid,) = session.execute(sa.text("SELECT pg_backend_pid()")).one()
        with db.write() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(sa.exc.OperationalError) as told:
            look.first(session, {"id": "nobody"})
        assert told.value.connection_invalidated
    with db.read() as session:
        assert look.first(session, {"id": "nobody"}) is None


def test_a_value_too_few_or_too_many_is_refused_and_nothing_is_written(db: Database) -> None:
    """A forgotten key would change no row without a word, and a misspelt column would not be stored."""
    change = Statement(sa.update(EVENTS).where(EVENTS.c.id == sa.bindparam("which")))  # type: ignore[arg-type]
    row = event()
    with db.write() as session:
        INSERT.write(session, row)
        with pytest.raises(TypeError, match="which"):
            change.write(session, {"kind": "other"})
        with pytest.raises(TypeError, match="kynd"):
            change.write(session, {"which": row["id"], "kynd": "other"})
    with db.read() as session:
        assert session.get_one(AuditEvent, row["id"]).kind == "k"
