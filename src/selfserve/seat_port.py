"""Joins the seat connector's contract to the store's seat pools and people: no room of these knows the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from selfserve.connectors.contract import (
    SeatFigures,
    SeatHolder,
    SeatHolderError,
    SeatQueued,
    SeatStore,
    SeatStoreError,
    SeatTaken,
)
from selfserve.languages.messages import msg
from selfserve.people import directory
from selfserve.store.seats import StoredSeats, held_as
from selfserve.store.tables import Person


class SeatPort(SeatStore):
    """The memory that seat connectors are lent; see `SeatStore` for what each method promises."""

    def __init__(self, stored: StoredSeats, now: Callable[[], datetime]) -> None:
        self._stored, self._now = stored, now

    def holder(self, pool: str, customer: str) -> SeatHolder:
        words = customer.strip().casefold()
        with _away(), self._stored.database.read() as session:
            try:
                found = directory.last_named(session, customer.strip())
            except directory.Several:
                raise _several(customer.strip()) from None
            if found is None:
                return SeatHolder(words, words)
            called = [name.casefold() for name in (found.login, found.email) if _means(session, name, found)]
            return SeatHolder(held_as(session, pool, [found.id, *called]) or found.id, found.login)

    def shown(self, holder: str) -> str:
        with _away(), self._stored.database.read() as session:
            try:
                found = directory.last_named(session, holder)
            except directory.Several:
                return holder
            return found.login if found is not None else holder

    def declare(self, pool: str, total: int | None, keys: Iterable[str] = ()) -> int:
        with _away():
            return self._stored.declare(pool, total, keys, self._now())

    def take(self, pool: str, holder: str, key: str, now: datetime) -> SeatTaken | SeatQueued:
        with _away():
            taken = self._stored.take(pool, holder, key, now)
        return SeatQueued(taken) if isinstance(taken, int) else SeatTaken(*taken)

    def give_back(self, pool: str, holder: str, now: datetime, *, serves: bool = True) -> bool:
        with _away():
            return self._stored.give_back(pool, holder, now, serves=serves)

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


def _several(who: str) -> SeatHolderError:
    return SeatHolderError(
        msg(
            "More than one person is called “{who}”, and none is guessed: staff have to tell them apart first.", who=who
        )
    )


def _means(session: Session, name: str | None, person: Person) -> bool:
    """Whether this one person is meant by a login or a mail address of theirs."""
    try:
        found = directory.last_named(session, name) if name else None
    except directory.Several:
        return False
    return found is not None and found.id == person.id


@contextmanager
def _away() -> Iterator[None]:
    """A store that does not answer, in the contract's own word."""
    try:
        yield
    except SQLAlchemyError as error:
        raise SeatStoreError("the store of the licence pools does not answer") from error
