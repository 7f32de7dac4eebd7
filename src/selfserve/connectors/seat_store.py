"""The memory that a connector of seats is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


class SeatStoreError(Exception):
    """The store of seats cannot answer now (its database is away); nothing was changed, or it is not known to be."""


class SeatHolderError(Exception):
    """The words mean several people, and none is guessed; nothing was changed. It says so to customer and staff."""


class SeatStore(ABC):
    """The memory a seat connector is given: durable, shared by all workers, each method one transaction of its own.
    A `holder` is the `key` of a `SeatHolder`."""

    @abstractmethod
    def holder(self, pool: str, customer: str) -> SeatHolder:
        """Whom an id, a login or a mail address means today, or meant last. Words that mean nobody we know stand for
        themselves, in any letter case; whoever they mean later holds by them what was taken under them, and nothing
        else beside it. Raises SeatHolderError where they mean several people.

        What was given is looked at and given back by the `key` it was given to: the same words may lead to another one
        later."""

    @abstractmethod
    def shown(self, holder: str) -> str:
        """What staff know a holder by today."""

    @abstractmethod
    def declare(self, pool: str, total: int | None, keys: Iterable[str] = ()) -> int:
        """Make the pool, or bring it to `total` seats; None where the licence `keys`, sealed at rest, are its seats.

        What the pool does not give any more is withdrawn, what somebody has only when they give it back; who waits gets
        what is new. Returns how many held keys cannot be read: while there are any, no key is added, for one of them
        may be the same.
        """

    @abstractmethod
    def take(self, pool: str, holder: str, key: str, now: datetime) -> SeatTaken | SeatQueued:
        """Give `holder` a seat, or a place in the waiting line; the same answer for a holder who already has one.

        `fresh` is True where the holder has the seat because of this very `key`, so that a call repeated after a crash
        gets the answer of the first.
        """

    @abstractmethod
    def give_back(self, pool: str, holder: str, now: datetime, *, serves: bool = True) -> bool:
        """Free the holder's seat or place in line; the first in line gets the seat at once, unless the pool `serves`
        nobody for now: then when it is declared again. False if they had neither."""

    @abstractmethod
    def look(self, pool: str, holder: str) -> SeatTaken | SeatQueued | None:
        """What the holder has in the pool."""

    @abstractmethod
    def figures(self, pool: str) -> SeatFigures | None:
        """Sizes of the pool; None for a pool never declared."""

    @abstractmethod
    def full(self) -> frozenset[str]:
        """The pools in which whoever asks now would have to wait."""


@dataclass(frozen=True, slots=True)
class SeatHolder:
    """Who has a seat: `key` is what never changes about them, `shown` what staff know them by today."""

    key: str
    shown: str


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """A seat held; `licence` is the unsealed key of a key pool (None in a count pool); `fresh` False where it was held
    before."""

    seat: str
    licence: str | None = field(default=None, repr=False)
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class SeatQueued:
    """In the waiting line; `place` counts from 1."""

    place: int


@dataclass(frozen=True, slots=True)
class SeatFigures:
    """`total` seats, `taken` of them, `waiting` people in line; `leaving` of those taken are given to nobody again."""

    total: int
    taken: int
    waiting: int
    leaving: int = 0
