"""Seat pools in our own store: the last seat goes to one holder only, whoever else asks in the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from selfserve.settings.sealing import Sealer
from selfserve.store.database import Database
from selfserve.store.seat_pool import UNTOLD, Pool, offered
from selfserve.store.seat_stock import restock
from selfserve.store.tables import Seat, SeatPool, SeatWaiting

_AHEAD = aliased(SeatWaiting)


def places(session: Session, keys: list[str]) -> dict[str, int]:
    """The places in line of those who asked under these keys, as they are now, from 1; who does not wait is left
    out."""
    before = sa.tuple_(_AHEAD.since, _AHEAD.holder) <= sa.tuple_(SeatWaiting.since, SeatWaiting.holder)
    place = sa.select(sa.func.count()).where(_AHEAD.pool == SeatWaiting.pool, before).scalar_subquery()
    rows = session.execute(sa.select(SeatWaiting.wanted_under, place).where(SeatWaiting.wanted_under.in_(keys)))
    return {row[0]: row[1] for row in rows}


def shortages(session: Session, pool: str | None = None) -> dict[str, int]:
    """How many wait, by pool; pools for which nobody waits are left out."""
    waiting = sa.select(SeatWaiting.pool, sa.func.count()).group_by(SeatWaiting.pool)
    if pool is not None:
        waiting = waiting.where(SeatWaiting.pool == pool)
    return {row[0]: row[1] for row in session.execute(waiting)}


def held_as(session: Session, pool: str, keys: Sequence[str]) -> str | None:
    """The first of the keys that has a seat of the pool; else the first that has a place in its line; else None."""
    for held in (Seat, SeatWaiting):
        found = set(session.scalars(sa.select(held.holder).where(held.pool == pool, held.holder.in_(keys))))
        if found:
            return next(key for key in keys if key in found)
    return None


Served = Callable[[Session, list[str], datetime], object]
"""Told, in the transaction that gives them their seats, under which keys those who waited had asked."""
Waits = Callable[[Session, str, datetime], object]
"""Told, in the transaction that puts somebody in line, which pool is short."""
Freed = Callable[[Session, str], object]
"""Told, in the transaction that frees a seat, under which key it had been taken."""


def _nobody(*_: object) -> None:
    """Nobody is told."""


class StoredSeats:
    """The durable memory of the seat connector; `connectors.contract.SeatStore` says what each method promises.

    It is joined to that contract in `app.py`, so that this room needs to know no connector.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        served: Served = _nobody,
        waits: Waits = _nobody,
        freed: Freed = _nobody,
    ) -> None:
        self.database, self.sealer = database, sealer
        self._served, self._waits, self._freed = served, waits, freed

    def _serve_line(self, session: Session, rows: Pool, now: datetime) -> None:
        keys = rows.serve_line(now)
        if keys:
            self._served(session, keys, now)

    def declare(self, pool: str, total: int | None, keys: Iterable[str], now: datetime) -> int:
        """Make the pool, or bring it to this size or these keys; those who wait get what became free."""
        with self.database.write() as session:
            session.execute(self._new(pool, total))
            rows = Pool(session, pool)
            if rows.row.total != total:
                rows.row.total = total
                rows.row.version += 1
            unread = restock(rows, self.sealer, keys)
            self._serve_line(session, rows, now)
            return unread

    def _new(self, pool: str, total: int | None) -> sa.Insert:
        """Two processes may meet a new pool at once."""
        insert = sqlite.insert if self.database.sqlite else postgresql.insert
        return insert(SeatPool).values(name=pool, total=total, version=1).on_conflict_do_nothing()

    def take(self, pool: str, holder: str, key: str, now: datetime) -> tuple[str, str | None, bool] | int:
        """(seat, licence, fresh) for a seat, or the place in line."""
        with self.database.write() as session:
            rows = Pool(session, pool)
            seat = rows.of(holder)
            if seat is None:
                if rows.line()[:1] not in ([], [holder]) or (seat := rows.free()) is None:
                    return self._queue(session, rows, holder, key, now)
                rows.give(seat, holder, key, now)
            elif seat.taken_under in UNTOLD:
                rows.give(seat, holder, key, now)
            return str(seat.number), self._licence(seat), seat.taken_under == key

    def _queue(self, session: Session, rows: Pool, holder: str, key: str, now: datetime) -> int:
        if session.get(SeatWaiting, (rows.name, holder)) is None:
            session.add(SeatWaiting(pool=rows.name, holder=holder, since=rows.moment(now), wanted_under=key))
            session.flush()
            self._waits(session, rows.name, now)
        return rows.line().index(holder) + 1

    def _licence(self, seat: Seat) -> str | None:
        return self.sealer.open(seat.sealed, f"seat:{seat.id}") if seat.sealed is not None else None

    def give_back(self, pool: str, holder: str, now: datetime, *, serves: bool = True) -> bool:
        """Free the holder's seat or place; the first in line is seated at once, where the pool `serves` its line."""
        with self.database.write() as session:
            rows = Pool(session, pool)
            left = session.execute(sa.delete(SeatWaiting).where(SeatWaiting.pool == pool, SeatWaiting.holder == holder))
            seat = rows.of(holder)
            if seat is not None:
                self._freed(session, seat.taken_under)
                rows.take_back(seat)
                if serves:
                    self._serve_line(session, rows, now)
            return seat is not None or bool(left.rowcount)  # type: ignore[attr-defined]

    def look(self, pool: str, holder: str) -> tuple[str, str | None, bool] | int | None:
        """(seat, licence, False), a place in line, or None."""
        with self.database.read() as session:
            shown = sa.select(Seat).where(Seat.pool == pool, Seat.holder == holder, Seat.taken_under.not_in(UNTOLD))
            seat = session.scalar(shown)
            if seat is not None:
                return str(seat.number), self._licence(seat), False
            waiting = session.get(SeatWaiting, (pool, holder))
            if waiting is None:
                return None
            ahead = sa.select(sa.func.count()).where(
                SeatWaiting.pool == pool,
                sa.tuple_(SeatWaiting.since, SeatWaiting.holder) <= sa.tuple_(waiting.since, waiting.holder),
            )
            return session.scalar(ahead) or 1

    def figures(self, pool: str) -> tuple[int, int, int, int] | None:
        """(total, taken, waiting, leaving); None for a pool never declared."""
        with self.database.read() as session:
            row = session.get(SeatPool, pool)
            if row is None:
                return None
            count = sa.select(sa.func.count())
            seats = count.select_from(Seat).where(Seat.pool == pool)
            held = seats.where(Seat.holder.is_not(None))
            waiting = session.scalar(count.select_from(SeatWaiting).where(SeatWaiting.pool == pool)) or 0
            total = row.total if row.total is not None else session.scalar(seats) or 0
            leaving = session.scalar(held.where(sa.not_(offered(row)))) or 0
            return total, session.scalar(held) or 0, waiting, leaving

    def full(self) -> frozenset[str]:
        """The pools that have no seat left, or a line already; one query for all."""
        count = sa.func.count
        taken = sa.select(count(Seat.holder)).where(Seat.pool == SeatPool.name).scalar_subquery()
        size = sa.func.coalesce(SeatPool.total, sa.select(count()).where(Seat.pool == SeatPool.name).scalar_subquery())
        line = sa.select(SeatWaiting.holder).where(SeatWaiting.pool == SeatPool.name).exists()
        with self.database.read() as session:
            return frozenset(session.scalars(sa.select(SeatPool.name).where(sa.or_(taken >= size, line))))
