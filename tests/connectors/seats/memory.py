"""A store of seats in memory, for tests of the connector; `away` makes it raise as a database that is down."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from selfserve.connectors.contract import (
    SeatFigures,
    SeatHolder,
    SeatHolderError,
    SeatQueued,
    SeatStore,
    SeatStoreError,
    SeatTaken,
)


@dataclass
class _Seat:
    number: int
    licence: str | None
    given: bool = True
    holder: str | None = None
    under: str = ""


@dataclass
class _Pool:
    total: int | None = None
    seats: list[_Seat] = field(default_factory=list)
    line: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> list[_Seat]:
        return [seat for seat in self.seats if seat.holder is not None]

    @property
    def size(self) -> int:
        return len(self.seats) if self.total is None else self.total

    def of(self, holder: str) -> _Seat | None:
        return next((seat for seat in self.seats if seat.holder == holder), None)

    def free(self) -> _Seat | None:
        if self.total is not None and len(self.taken) >= self.total:
            return None
        found = next((seat for seat in self.seats if seat.holder is None), None)
        return found if found or self.total is None else self.add(None)

    def add(self, licence: str | None) -> _Seat:
        self.seats.append(_Seat(max((seat.number for seat in self.seats), default=0) + 1, licence))
        return self.seats[-1]

    def withdraw(self) -> None:
        self.seats = [seat for seat in self.seats if seat.given or seat.holder is not None]


class MemorySeatStore(SeatStore):
    """Holds to `SeatStoreContract` as the real one does."""

    def __init__(self) -> None:
        self.away = False
        self.people: dict[str, SeatHolder] = {}
        """Who is meant by which id, login or mail address, in lower case."""
        self.several: set[str] = set()
        """Logins and mail addresses of more than one person, in lower case."""
        self._pools: dict[str, _Pool] = {}
        self._lock = threading.RLock()

    def holder(self, pool: str, customer: str) -> SeatHolder:
        self._check()
        words = customer.strip().casefold()
        if words in self.several:
            raise SeatHolderError(f"More than one person is called “{words}”; none is guessed.")
        found = self.people.get(words, SeatHolder(words, words))
        called = [found.key, *(name for name, person in self.people.items() if person.key == found.key)]
        had = (name for name in called if pool in self._pools and self.look(pool, name) is not None)
        return SeatHolder(next(had, found.key), found.shown)

    def shown(self, holder: str) -> str:
        self._check()
        return self.people[holder].shown if holder in self.people else holder

    def declare(self, pool: str, total: int | None, keys: Iterable[str] = ()) -> int:
        with self._lock:
            self._check()
            known = self._pools.setdefault(pool, _Pool())
            known.total, listed = total, dict.fromkeys(keys)
            for seat in known.seats:
                seat.given = seat.licence is None if total is not None else seat.licence in listed
            known.withdraw()
            there = {seat.licence for seat in known.seats}
            for key in listed if total is None else ():
                if key not in there:
                    known.add(key)
            self._serve_line(known)
            return 0

    def take(self, pool: str, holder: str, key: str, now: datetime) -> SeatTaken | SeatQueued:
        with self._lock:
            self._check()
            known = self._pools[pool]
            if known.of(holder) is None and holder not in known.line:
                known.line[holder] = key
                self._serve_line(known)
            return self._seen(known, holder, key) or SeatQueued(list(known.line).index(holder) + 1)

    def give_back(self, pool: str, holder: str, now: datetime, *, serves: bool = True) -> bool:
        with self._lock:
            self._check()
            known = self._pools[pool]
            seat, place = known.of(holder), known.line.pop(holder, None)
            if seat is not None:
                seat.holder = None
            known.withdraw()
            if serves:
                self._serve_line(known)
            return seat is not None or place is not None

    def look(self, pool: str, holder: str) -> SeatTaken | SeatQueued | None:
        with self._lock:
            self._check()
            known = self._pools[pool]
            if (seen := self._seen(known, holder, "")) is not None:
                return seen
            return SeatQueued(list(known.line).index(holder) + 1) if holder in known.line else None

    def figures(self, pool: str) -> SeatFigures | None:
        with self._lock:
            self._check()
            known = self._pools.get(pool)
            if known is None:
                return None
            leaving = sum(not seat.given for seat in known.taken)
            return SeatFigures(known.size, len(known.taken), len(known.line), leaving)

    def full(self) -> frozenset[str]:
        with self._lock:
            self._check()
            return frozenset(name for name, pool in self._pools.items() if pool.line or len(pool.taken) >= pool.size)

    def _serve_line(self, pool: _Pool) -> None:
        while pool.line and (seat := pool.free()) is not None:
            seat.holder = next(iter(pool.line))
            seat.under = pool.line.pop(seat.holder)

    def _seen(self, pool: _Pool, holder: str, key: str) -> SeatTaken | None:
        seat = pool.of(holder)
        return SeatTaken(str(seat.number), seat.licence, seat.under == key) if seat else None

    def _check(self) -> None:
        if self.away:
            raise SeatStoreError("the database is away.")
