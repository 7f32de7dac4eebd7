"""Statements of the straight way: put into the driver's words once, and then only given their values.

What is asked and written at every request costs several times more in building its execution than in the database
itself (measured in docs/performance.md). A prepared statement goes to the driver of the session's own connection; the
transaction and the pool stay SQLAlchemy's, its errors are raised, and who listens to its cursors hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
_Way = Callable[[Any], Any] | None


def among(column: Any, values: Iterable[object]) -> sa.ColumnElement[bool]:
    """The condition that a column has one of these constant values; a list could not be prepared."""
    return sa.or_(sa.false(), *(column == value for value in values))


class Statement:
    """`statement`: an insert, update or select over tables, with every value bound by name.

    An insert or update sets the columns that the call names. TypeError at the first use of what cannot be prepared (a
    column with a default made in Python that was not named, a condition with a list, a value without a place), and at
    any use without a value for each place. What the session has not flushed yet is not seen.
    """

    def __init__(self, statement: sa.Select[*tuple[Any, ...]] | sa.Insert | sa.Update) -> None:
        self._statement = statement
        self._writes = not isinstance(statement, sa.Select)
        self._made: dict[tuple[str, tuple[str, ...]], _Driven] = {}

    def write(self, session: Session, values: Values) -> int:
        """Write; gives how many rows that concerned. Raises SQLAlchemy's errors of the driver, and WritesNothing in a
        session for reading."""
        connection = session.connection()
        driven = self._driven(connection.dialect, values)
        written: int = _sent(connection, driven, values).rowcount
        return written

    def rows(self, session: Session, values: Values) -> list[tuple[Any, ...]]:
        """All rows that fit, in the order of the statement's columns."""
        connection = session.connection()
        driven = self._driven(connection.dialect, values)
        return [driven.read(row) for row in _sent(connection, driven, values).fetchall()]

    def first(self, session: Session, values: Values) -> tuple[Any, ...] | None:
        """The first row that fits, None where there is none."""
        return next(iter(self.rows(session, values)), None)

    def _driven(self, dialect: sa.Dialect, values: Values) -> _Driven:
        key = dialect.name, tuple(values) if self._writes else ()
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _drive(self._statement, dialect, key[1])
        return made


@dataclass(frozen=True, slots=True)
class _Driven:
    """A statement as the driver takes it: for each place in it a name, a fixed value and how a value is converted, and
    for each column of a row how it is read."""

    sql: str
    inserts: bool
    updates: bool
    positional: bool
    places: tuple[tuple[str, Any, _Way], ...]
    required: frozenset[str]
    columns: tuple[_Way, ...]

    def bound(self, values: Values) -> Any:
        if not self.required <= values.keys():
            raise TypeError(f"no value for {', '.join(sorted(self.required - values.keys()))} in {self.sql}")
        given = [
            (name, values.get(name, fixed) if way is None else way(values.get(name, fixed)))
            for name, fixed, way in self.places
        ]
        return tuple(value for _, value in given) if self.positional else dict(given)

    def read(self, row: Any) -> tuple[Any, ...]:
        return tuple([value if way is None else way(value) for value, way in zip(row, self.columns, strict=True)])


def _drive(statement: Any, dialect: sa.Dialect, columns: tuple[str, ...]) -> _Driven:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
    assert isinstance(compiled, SQLCompiler)
    if compiled.insert_prefetch or compiled.update_prefetch or "POSTCOMPILE" in str(compiled):
        raise TypeError(f"this cannot be prepared: {compiled}")
    names = (compiled.positiontup if compiled.positional else None) or list(compiled.binds)
    binds = [(name, compiled.binds[name]) for name in names]
    places = tuple((name, bind.effective_value, _to_driver(bind.type, dialect)) for name, bind in binds)
    required = frozenset(name for name, bind in binds if bind.required)
    if lost := set(columns) - {name for name, _ in binds}:
        raise TypeError(f"no place for {', '.join(sorted(lost))} in {compiled}")
    reads = tuple(_from_driver(column.type, dialect) for column in getattr(statement, "selected_columns", ()))
    return _Driven(str(compiled), compiled.isinsert, compiled.isupdate, compiled.positional, places, required, reads)


def _to_driver(kind: Any, dialect: sa.Dialect) -> _Way:
    way: _Way = kind.dialect_impl(dialect).bind_processor(dialect)
    return way


def _from_driver(kind: Any, dialect: sa.Dialect) -> _Way:
    way: _Way = kind.dialect_impl(dialect).result_processor(dialect, None)
    return way


@dataclass
class _Context:
    """What listeners to cursors are told of a statement; some keep something of theirs in it."""

    isinsert: bool = False
    isupdate: bool = False
    isdelete: bool = False
    executemany: bool = False


def _sent(connection: sa.Connection, driven: _Driven, values: Values) -> Any:
    """The driver's cursor after the statement ran."""
    plug: Any = connection.connection.driver_connection
    cursor, sql, bound = plug.cursor(), driven.sql, driven.bound(values)
    context, told = _Context(isinsert=driven.inserts, isupdate=driven.updates), connection.dispatch
    for listener in told.before_cursor_execute:
        sql, bound = listener(connection, cursor, sql, bound, context, False)
    try:
        cursor.execute(sql, bound)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, driven, error) from error
    for listener in told.after_cursor_execute:
        listener(connection, cursor, sql, bound, context, False)
    return cursor


def _told(connection: sa.Connection, driven: _Driven, error: Any) -> BaseException:
    """The driver's error as SQLAlchemy tells it, without the values; a connection that broke goes out of the pool."""
    dialect = connection.dialect
    broken = dialect.is_disconnect(error, connection.connection.driver_connection, None)
    if broken:
        connection.invalidate(error)
    told: BaseException = sa.exc.DBAPIError.instance(
        driven.sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=dialect,
    )
    return told
