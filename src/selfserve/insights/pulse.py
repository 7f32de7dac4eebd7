"""The pulse of the queues: how much waits, runs and for how long, noted every minute and kept for two days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment.house import House
from selfserve.store.tables import Pulse

KEPT = timedelta(days=2)
HOURS = 24


@dataclass(frozen=True, slots=True)
class Waited:
    """One hour, from `at` on: the longest that the oldest work had been waiting at any minute of it, in seconds; None
    where nobody took the pulse."""

    at: datetime
    oldest: int | None


def take(house: House) -> None:
    """Note the minute that is now, and forget what is older than two days."""
    now = house.now()
    with house.database.read() as session:
        loads = house.engine.loads(session, now)
    oldest = max((load.oldest for load in loads), default=timedelta(0))
    waiting, running = sum(load.waiting for load in loads), sum(load.running for load in loads)
    minute = now.replace(second=0, microsecond=0)
    with house.database.write() as session:
        session.merge(Pulse(at=minute, waiting=waiting, running=running, oldest=int(oldest.total_seconds())))
        session.execute(sa.delete(Pulse).where(Pulse.at < now - KEPT))


def last_day(session: Session, now: datetime) -> list[Waited]:
    """The last 24 hours, the present one last."""
    begin = first_hour(now)
    found = session.execute(sa.select(Pulse.at, Pulse.oldest).where(Pulse.at >= begin)).all()
    longest: dict[int, int] = {}
    for row in found:
        hour = int((row.at - begin) / timedelta(hours=1))
        longest[hour] = max(longest.get(hour, 0), row.oldest)
    return [Waited(at, longest.get(hour)) for hour, at in enumerate(hours_of(begin))]


def first_hour(now: datetime) -> datetime:
    """The full hour with which the last 24 begin, the present one being the last."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def hours_of(begin: datetime) -> list[datetime]:
    """The beginnings of 24 hours."""
    return [begin + timedelta(hours=hour) for hour in range(HOURS)]
