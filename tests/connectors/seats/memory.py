"""A store of seats in memory, for tests of the connector; `away` makes it raise as a database that is down."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from selfserve.connectors.contract import SeatFigures, SeatQueued, SeatStore, SeatStoreError, SeatTaken


@dataclass
class _Pool:
    total: int | None
    licences: list[str] = field(default_factory=list)
    taken: dict[str, tuple[int, str]] = field(default_factory=dict)
    line: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.licences) if self.total is None else self.total


class MemorySeatStore(SeatStore):
    """Holds to `SeatStoreContract` as the real one does."""

    def __init__(self) -> None:
        self.away = False
        self._pools: dict[str, _Pool] = {}
        self._lock = threading.RLock()

    def declare(self, pool: str, total: int | None) -> None:
        with self._lock:
            self._check()
            known = self._pools.setdefault(pool, _Pool(total))
            known.total = total
            self._serve_line(known)

    def add_keys(self, pool: str, keys: list[str]) -> int:
        with self._lock:
            self._check()
            known = self._pools[pool]
            fresh = [key for key in dict.fromkeys(keys) if key not in known.licences]
            known.licences += fresh
            self._serve_line(known)
            return len(fresh)

    def take(self, pool: str, holder: str, key: str, now: datetime) -> SeatTaken | SeatQueued:
        with self._lock:
            self._check()
            known = self._pools[pool]
            if holder not in known.taken and holder not in known.line:
                known.line[holder] = key
                self._serve_line(known)
            if holder in known.taken:
                return self._seat(known, holder, key)
            return SeatQueued(list(known.line).index(holder) + 1)

    def give_back(self, pool: str, holder: str, now: datetime) -> bool:
        with self._lock:
            self._check()
            known = self._pools[pool]
            had = known.taken.pop(holder, None) or known.line.pop(holder, None)
            self._serve_line(known)
            return had is not None

    def look(self, pool: str, holder: str) -> SeatTaken | SeatQueued | None:
        with self._lock:
            self._check()
            known = self._pools[pool]
            if holder in known.taken:
                return self._seat(known, holder, "")
            return SeatQueued(list(known.line).index(holder) + 1) if holder in known.line else None

    def figures(self, pool: str) -> SeatFigures | None:
        with self._lock:
            self._check()
            known = self._pools.get(pool)
            return SeatFigures(known.size, len(known.taken), len(known.line)) if known else None

    def full(self) -> frozenset[str]:
        with self._lock:
            self._check()
            return frozenset(name for name, pool in self._pools.items() if pool.line or len(pool.taken) >= pool.size)

    def _serve_line(self, pool: _Pool) -> None:
        while pool.line and len(pool.taken) < pool.size:
            holder = next(iter(pool.line))
            used = {number for number, _ in pool.taken.values()}
            number = next(one for one in range(pool.size) if one not in used)
            pool.taken[holder] = (number, pool.line.pop(holder))

    def _seat(self, pool: _Pool, holder: str, key: str) -> SeatTaken:
        number, under = pool.taken[holder]
        licence = pool.licences[number] if pool.total is None else None
        return SeatTaken(str(number + 1), licence, under == key)

    def _check(self) -> None:
        if self.away:
            raise SeatStoreError("the database is away.")
