"""The rows of one pool of seats: who has one, what is free, who waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.store.ids import new_id
from selfserve.store.tables import Seat, SeatPool, SeatWaiting

FREEING = "?freeing"
"""Under what a seat is held that is just being freed as nobody's: it is shown to nobody, and whoever asks takes it anew
(`fulfilment/unclaimed.py`). No step has such a key."""
GIVEN_SINCE = "?given-since"
"""Under what a seat is held that was given after the backup which was put back (`fulfilment/seats_since.py`): the same
goes for it."""
UNTOLD = frozenset({FREEING, GIVEN_SINCE})
"""Seats that are held so are theirs anew when they ask."""


def offered(pool: SeatPool) -> sa.ColumnElement[bool]:
    """Whether a seat is what the pool gives: a listed key, or a seat of a count. One that is not ends with its
    holder."""
    return Seat.fingerprint.is_not(None) if pool.total is None else Seat.sealed.is_(None)


class Pool:
    """The rows of one pool within one transaction; the pool's row is locked, so seats of one pool move one at a
    time."""

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.name = session, name
        row = session.scalar(sa.select(SeatPool).where(SeatPool.name == name).with_for_update())
        if row is None:
            raise LookupError(f"there is no seat pool called {name!r}")
        self.row: SeatPool = row

    def of(self, holder: str) -> Seat | None:
        """The holder's seat."""
        return self.session.scalar(sa.select(Seat).where(Seat.pool == self.name, Seat.holder == holder))

    def free(self) -> Seat | None:
        """A free seat of what the pool gives; in a count pool that is not yet full, a new one."""
        seat = self.session.scalar(
            sa.select(Seat)
            .where(Seat.pool == self.name, Seat.holder.is_(None), offered(self.row))
            .order_by(Seat.number)
            .limit(1)
        )
        if self.row.total is None:
            return seat
        taken = self.session.scalar(
            sa.select(sa.func.count()).select_from(Seat).where(Seat.pool == self.name, Seat.holder.is_not(None))
        )
        if (taken or 0) >= self.row.total:
            return None
        return seat or self.add(1)[0]

    def add(self, count: int) -> list[Seat]:
        """So many new seats, which nobody has."""
        highest = self.session.scalar(sa.select(sa.func.max(Seat.number)).where(Seat.pool == self.name)) or 0
        seats = [Seat(id=new_id(), pool=self.name, number=highest + one, taken_under="") for one in range(1, count + 1)]
        self.session.add_all(seats)
        return seats

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

    def take_back(self, seat: Seat) -> None:
        """Nobody has the seat any more; one that the pool no longer gives is gone with its holder."""
        seat.holder, seat.taken_under, seat.taken_at = None, "", None
        self.session.flush()
        self.withdraw()

    def withdraw(self) -> None:
        """Free seats that are not what the pool gives are gone."""
        gone = sa.delete(Seat).where(Seat.pool == self.name, Seat.holder.is_(None), sa.not_(offered(self.row)))
        self.session.execute(gone, execution_options={"synchronize_session": "fetch"})

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
