"""Seat pools in our own store: the last seat goes to one holder only, whoever else asks in the same moment."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.store.database import Database
from selfserve.store.ids import new_id
from selfserve.store.tables import Seat, SeatPool, SeatWaiting


class Seals(Protocol):
    """What seals a licence key at rest."""

    def seal(self, plaintext: str, context: str) -> bytes:
        """An envelope that opens only with the same context."""

    def open(self, envelope: bytes, context: str) -> str:
        """What was sealed."""


class Pool:
    """The rows of one pool within one transaction; the pool's row is locked, so seats of one pool move one at a
    time."""

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.name = session, name
        self.row = session.scalar(sa.select(SeatPool).where(SeatPool.name == name).with_for_update())
        if self.row is None:
            raise LookupError(f"there is no seat pool called {name!r}")

    def of(self, holder: str) -> Seat | None:
        """The holder's seat."""
        return self.session.scalar(sa.select(Seat).where(Seat.pool == self.name, Seat.holder == holder))

    def free(self) -> Seat | None:
        """A free seat; in a count pool that is not yet full, a new one."""
        seat = self.session.scalar(
            sa.select(Seat).where(Seat.pool == self.name, Seat.holder.is_(None)).order_by(Seat.number).limit(1)
        )
        assert self.row is not None
        if self.row.total is None:
            return seat
        taken = self.session.scalar(
            sa.select(sa.func.count()).select_from(Seat).where(Seat.pool == self.name, Seat.holder.is_not(None))
        )
        if (taken or 0) >= self.row.total:
            return None
        return seat or self._another()

    def _another(self) -> Seat:
        highest = self.session.scalar(sa.select(sa.func.max(Seat.number)).where(Seat.pool == self.name)) or 0
        seat = Seat(id=new_id(), pool=self.name, number=highest + 1, taken_under="")
        self.session.add(seat)
        return seat

    def moment(self, now: datetime) -> datetime:
        """When a new place in line begins: `now`, but after every place there is, whatever the clocks of those who ask
        at once say."""
        last = self.session.scalar(sa.select(sa.func.max(SeatWaiting.since)).where(SeatWaiting.pool == self.name))
        return now if last is None or last < now else last + timedelta(microseconds=1)

    def line(self) -> list[str]:
        """Those who wait, the first first."""
        return list(
            self.session.scalars(
                sa.select(SeatWaiting.holder)
                .where(SeatWaiting.pool == self.name)
                .order_by(SeatWaiting.since, SeatWaiting.holder)
            )
        )

    def give(self, seat: Seat, holder: str, key: str, now: datetime) -> None:
        """Seat the holder, who leaves the line."""
        seat.holder, seat.taken_under, seat.taken_at = holder, key, now
        self.session.execute(sa.delete(SeatWaiting).where(SeatWaiting.pool == self.name, SeatWaiting.holder == holder))
        self.session.flush()

    def serve_line(self, now: datetime) -> list[str]:
        """Give free seats to those who wait, in their order; returns the keys under which those had asked."""
        served = []
        for holder in self.line():
            seat = self.free()
            if seat is None:
                break
            key = self.session.get_one(SeatWaiting, (self.name, holder)).wanted_under
            self.give(seat, holder, key, now)
            served.append(key)
        return served


def places(session: Session, keys: list[str]) -> dict[str, int]:
    """The places in line of those who asked under these keys, as they are now, from 1; who does not wait is left
    out."""
    ahead = aliased(SeatWaiting)
    before = sa.tuple_(ahead.since, ahead.holder) <= sa.tuple_(SeatWaiting.since, SeatWaiting.holder)
    place = sa.select(sa.func.count()).where(ahead.pool == SeatWaiting.pool, before).scalar_subquery()
    rows = session.execute(sa.select(SeatWaiting.wanted_under, place).where(SeatWaiting.wanted_under.in_(keys)))
    return {row[0]: row[1] for row in rows}


def shortages(session: Session, pool: str | None = None) -> dict[str, int]:
    """How many wait, by pool; pools for which nobody waits are left out."""
    waiting = sa.select(SeatWaiting.pool, sa.func.count()).group_by(SeatWaiting.pool)
    if pool is not None:
        waiting = waiting.where(SeatWaiting.pool == pool)
    return {row[0]: row[1] for row in session.execute(waiting)}


Served = Callable[[Session, list[str], datetime], object]
"""Told, in the transaction that gives them their seats, under which keys those who waited had asked."""
Waits = Callable[[Session, str, datetime], object]
"""Told, in the transaction that puts somebody in line, which pool is short."""


def _nobody(*_: object) -> None:
    """Nobody is told."""


class StoredSeats:
    """The durable memory of the seat connector; `connectors.contract.SeatStore` says what each method promises.

    It is joined to that contract in `app.py`, so that this room needs to know no connector.
    """

    def __init__(
        self,
        database: Database,
        seals: Seals,
        fingerprint_key: bytes,
        served: Served = _nobody,
        waits: Waits = _nobody,
    ) -> None:
        self.database, self.seals, self.fingerprint_key = database, seals, fingerprint_key
        self._served, self._waits = served, waits

    def _serve_line(self, session: Session, rows: Pool, now: datetime) -> None:
        keys = rows.serve_line(now)
        if keys:
            self._served(session, keys, now)

    def declare(self, pool: str, total: int | None, now: datetime) -> None:
        """Create the pool or set its size; those who wait get what became free."""
        with self.database.write() as session:
            row = session.scalar(sa.select(SeatPool).where(SeatPool.name == pool).with_for_update())
            if row is None:
                session.add(SeatPool(name=pool, total=total, version=1))
                session.flush()
            elif row.total != total:
                row.total = total
                row.version += 1
            self._serve_line(session, Pool(session, pool), now)

    def add_keys(self, pool: str, keys: list[str], now: datetime) -> int:
        """Seal and add keys that are new; returns how many."""
        with self.database.write() as session:
            rows = Pool(session, pool)
            highest = session.scalar(sa.select(sa.func.max(Seat.number)).where(Seat.pool == pool)) or 0
            known = set(session.scalars(sa.select(Seat.fingerprint).where(Seat.pool == pool)))
            added = 0
            for key in keys:
                mark = hmac.new(self.fingerprint_key, key.encode(), hashlib.sha256).hexdigest()
                if mark in known:
                    continue
                known.add(mark)
                added += 1
                seat = Seat(id=new_id(), pool=pool, number=highest + added, fingerprint=mark, taken_under="")
                seat.sealed = self.seals.seal(key, f"seat:{seat.id}")
                session.add(seat)
            session.flush()
            self._serve_line(session, rows, now)
            return added

    def take(self, pool: str, holder: str, key: str, now: datetime) -> tuple[str, str | None, bool] | int:
        """(seat, licence, fresh) for a seat, or the place in line."""
        with self.database.write() as session:
            rows = Pool(session, pool)
            seat = rows.of(holder)
            if seat is None:
                if rows.line()[:1] not in ([], [holder]) or (seat := rows.free()) is None:
                    return self._queue(session, rows, holder, key, now)
                rows.give(seat, holder, key, now)
            return str(seat.number), self._licence(seat), seat.taken_under == key

    def _queue(self, session: Session, rows: Pool, holder: str, key: str, now: datetime) -> int:
        if session.get(SeatWaiting, (rows.name, holder)) is None:
            session.add(SeatWaiting(pool=rows.name, holder=holder, since=rows.moment(now), wanted_under=key))
            session.flush()
            self._waits(session, rows.name, now)
        return rows.line().index(holder) + 1

    def _licence(self, seat: Seat) -> str | None:
        return self.seals.open(seat.sealed, f"seat:{seat.id}") if seat.sealed is not None else None

    def give_back(self, pool: str, holder: str, now: datetime) -> bool:
        """Free the holder's seat or place; the first in line is seated at once."""
        with self.database.write() as session:
            rows = Pool(session, pool)
            left = session.execute(sa.delete(SeatWaiting).where(SeatWaiting.pool == pool, SeatWaiting.holder == holder))
            seat = rows.of(holder)
            if seat is not None:
                seat.holder, seat.taken_under, seat.taken_at = None, "", None
                session.flush()
                self._serve_line(session, rows, now)
            return seat is not None or bool(left.rowcount)  # type: ignore[attr-defined]

    def look(self, pool: str, holder: str) -> tuple[str, str | None, bool] | int | None:
        """(seat, licence, False), a place in line, or None."""
        with self.database.read() as session:
            seat = session.scalar(sa.select(Seat).where(Seat.pool == pool, Seat.holder == holder))
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

    def figures(self, pool: str) -> tuple[int, int, int] | None:
        """(total, taken, waiting); None for a pool never declared."""
        with self.database.read() as session:
            row = session.get(SeatPool, pool)
            if row is None:
                return None
            count = sa.select(sa.func.count())
            taken = session.scalar(count.select_from(Seat).where(Seat.pool == pool, Seat.holder.is_not(None))) or 0
            seats = session.scalar(count.select_from(Seat).where(Seat.pool == pool)) or 0
            waiting = session.scalar(count.select_from(SeatWaiting).where(SeatWaiting.pool == pool)) or 0
            return (row.total if row.total is not None else seats), taken, waiting

    def full(self) -> frozenset[str]:
        """The pools that have no seat left, or a line already; one query for all."""
        count = sa.func.count
        taken = sa.select(count(Seat.holder)).where(Seat.pool == SeatPool.name).scalar_subquery()
        size = sa.func.coalesce(SeatPool.total, sa.select(count()).where(Seat.pool == SeatPool.name).scalar_subquery())
        line = sa.select(SeatWaiting.holder).where(SeatWaiting.pool == SeatPool.name).exists()
        with self.database.read() as session:
            return frozenset(session.scalars(sa.select(SeatPool.name).where(sa.or_(taken >= size, line))))
