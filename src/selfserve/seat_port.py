"""Joins the seat connector's contract to the store's seat pools and people: no room of these knows the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from selfserve.connectors.contract import (
    SeatFigures,
    SeatHolder,
    SeatQueued,
    SeatStore,
    SeatStoreError,
    SeatTaken,
)
from selfserve.people import directory
from selfserve.store.seats import StoredSeats


class SeatPort(SeatStore):
    """The memory that seat connectors are lent; see `SeatStore` for what each method promises."""

    def __init__(self, stored: StoredSeats, now: Callable[[], datetime]) -> None:
        self._stored, self._now = stored, now

    def holder(self, customer: str) -> SeatHolder:
        with _away(), self._stored.database.read() as session:
            found = directory.last_named(session, customer.strip())
        words = customer.strip().casefold()
        return SeatHolder(found.id, found.login) if found is not None else SeatHolder(words, words)

    def declare(self, pool: str, total: int | None, keys: Iterable[str] = ()) -> int:
        with _away():
            return self._stored.declare(pool, total, keys, self._now())

    def take(self, pool: str, holder: str, key: str, now: datetime) -> SeatTaken | SeatQueued:
        with _away():
            taken = self._stored.take(pool, holder, key, now)
        return SeatQueued(taken) if isinstance(taken, int) else SeatTaken(*taken)

    def give_back(self, pool: str, holder: str, now: datetime) -> bool:
        with _away():
            return self._stored.give_back(pool, holder, now)

    def look(self, pool: str, holder: str) -> SeatTaken | SeatQueued | None:
        with _away():
            found = self._stored.look(pool, holder)
        if found is None:
            return None
        return SeatQueued(found) if isinstance(found, int) else SeatTaken(*found)

    def figures(self, pool: str) -> SeatFigures | None:
        with _away():
            found = self._stored.figures(pool)
        return SeatFigures(*found) if found else None

    def full(self) -> frozenset[str]:
        with _away():
            return self._stored.full()


@contextmanager
def _away() -> Iterator[None]:
    """A store that does not answer, in the contract's own word."""
    try:
        yield
    except SQLAlchemyError as error:
        raise SeatStoreError("the store of the licence pools does not answer") from error
