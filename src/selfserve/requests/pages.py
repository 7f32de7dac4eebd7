"""Long lists in pages, each with a cursor for the next one that stays right while rows come, go and move."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPE = re.compile(r"(?:(\d{1,18})|never)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)
"""Microseconds since 1970, and the id of a row."""


@dataclass(frozen=True)
class Page:
    """Rows, and the cursor for those after them (None on the last page)."""

    rows: Sequence[Any]
    cursor: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a page ended, in a list ordered by a moment and then by id: both of its last row. Rows without a moment
    come last.

    The moment is in the cursor and not looked up: a row that moved or is gone does not take the others' place along.
    """

    at: datetime | None
    id: str

    def __str__(self) -> str:
        moment = "never" if self.at is None else (self.at.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
        return f"{moment}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The place that a cursor names; ValueError for what is none of ours."""
        found = _SHAPE.fullmatch(text)
        if found is None:
            raise ValueError("This is no cursor of ours.")
        try:
            at = None if found[1] is None else _EPOCH + timedelta(microseconds=int(found[1]))
        except OverflowError:
            raise ValueError("This cursor is outside of the calendar.") from None
        return cls(at, found[2])

    def rest(self, moment: Any, row_id: Any, *, never: bool = False) -> sa.ColumnElement[bool]:
        """Which rows come after this place; `never`: some may have no moment."""
        last = moment.is_(None)
        if self.at is None:
            return sa.and_(last, row_id > self.id)
        later = sa.tuple_(moment, row_id) > sa.tuple_(sa.literal(self.at, moment.type), sa.literal(self.id))
        return sa.or_(last, later) if never else later


def cut(rows: Sequence[T], limit: int, place: Callable[[T], object]) -> Page:
    """A page of at most `limit` rows, of which one more was read to know whether there is a next one."""
    return Page(rows[:limit], str(place(rows[limit - 1])) if len(rows) > limit else None)
