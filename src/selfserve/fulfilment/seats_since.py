"""After a backup was put back: the seats that were given since are held for who has them, so that no licence key is
given to a second person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.store.seat_pool import GIVEN_SINCE, Pool
from selfserve.store.tables import Person, Seat, SeatPool, Step


@dataclass(frozen=True)
class SeatSince:
    """One such seat: `holder` is who has it, and `taken_by` who was given the same licence key after the restore (empty
    for nobody), both as words for people; `key` is true where it is a licence key and false in a pool of a count."""

    pool: str
    number: int
    holder: str
    key: bool
    taken_by: str = ""


def hold_given_since(former: Session, restored: Session, now: datetime, actor: str) -> list[SeatSince]:
    """Hold each seat that the former store knows as somebody's, and the restored one does not, for whoever has it.

    So it is nobody else's; who has it and asks again gets that very one, and `unclaimed` shows it until then. A second
    call finds the same and changes nothing.
    """
    return [found for name in _pools(former) for found in _Holding(former, restored, name, now, actor).all()]


def _pools(former: Session) -> list[SeatPool]:
    held = sa.select(Seat.id).where(Seat.pool == SeatPool.name, Seat.holder.is_not(None)).exists()
    return list(former.scalars(sa.select(SeatPool).where(held).order_by(SeatPool.name)))


class _Holding:
    """One pool, as it was and as it is."""

    def __init__(self, former: Session, restored: Session, was: SeatPool, now: datetime, actor: str) -> None:
        self._former, self._restored, self._now, self._actor = former, restored, now, actor
        if restored.get(SeatPool, was.name) is None:
            restored.add(SeatPool(name=was.name, total=was.total))
            restored.flush()
        self._rows = Pool(restored, was.name)
        seats = sa.select(Seat).where(Seat.pool == was.name, Seat.holder.is_not(None)).order_by(Seat.number)
        self._held = [(self._holder(seat.holder or ""), seat) for seat in former.scalars(seats)]

    def all(self) -> Iterator[SeatSince]:
        there = [(holder, was) for holder, was in self._held if self._given_since(holder)]
        for holder, was in there:
            self._vacate(holder, was)
        for holder, was in there:
            yield self._hold(holder, was)

    def _given_since(self, holder: str) -> bool:
        seat = self._rows.of(holder)
        return seat is None or seat.taken_under == GIVEN_SINCE

    def _vacate(self, holder: str, was: Seat) -> None:
        """Its holder of the time of the backup gave it back before it was given on, or it could not have been: they
        have it no more, which the hourly look finds and tells."""
        seat = self._same(was)
        if seat is not None and seat.holder not in (None, holder) and self._knew(seat.taken_under):
            seat.holder, seat.taken_under, seat.taken_at = None, "", None
            self._restored.flush()

    def _knew(self, key: str) -> bool:
        return self._former.scalar(sa.select(Step.id).where(Step.key == key)) is not None

    def _hold(self, holder: str, was: Seat) -> SeatSince:
        seat, shown = self._rows.of(holder), self._shown(holder)
        if seat is None:
            seat = self._same(was)
            if seat is not None and seat.holder is not None and was.sealed is not None:
                return SeatSince(self._rows.name, seat.number, shown, True, self._shown(seat.holder))
            if seat is None or seat.holder is not None:
                seat = self._anew(was)
            self._rows.give(seat, holder, GIVEN_SINCE, was.taken_at or self._now)
            data = {"pool": self._rows.name, "holder": holder, "seat": seat.number}
            Trail(self._restored, f"pool:{self._rows.name}").tell(
                "seat.held", at=self._now, actor=self._actor, data=data
            )
        return SeatSince(self._rows.name, seat.number, shown, seat.sealed is not None)

    def _same(self, was: Seat) -> Seat | None:
        """The same seat in the restored store: by its id, else by the licence key it has."""
        here = Seat.pool == self._rows.name
        seat = self._restored.scalar(sa.select(Seat).where(here, Seat.id == was.id))
        if seat is None and was.fingerprint is not None:
            seat = self._restored.scalar(sa.select(Seat).where(here, Seat.fingerprint == was.fingerprint))
        return seat

    def _anew(self, was: Seat) -> Seat:
        """A seat that was made since the backup, with its licence key: that is sealed to the id."""
        (seat,) = self._rows.add(1)
        if was.sealed is not None:
            seat.id, seat.sealed, seat.fingerprint = was.id, was.sealed, was.fingerprint
        self._restored.flush()
        return seat

    def _holder(self, then: str) -> str:
        """Who it is in the restored store: the same id; else the same entry of the directory, who was read anew; else
        the words by which they are found once they are read."""
        person = self._former.get(Person, then)
        if person is None or self._restored.get(Person, then) is not None:
            return then
        found = self._restored.scalar(sa.select(Person.id).where(Person.key == person.key))
        return found or person.login.casefold()

    def _shown(self, holder: str) -> str:
        person = self._restored.get(Person, holder)
        return person.login if person is not None else holder
