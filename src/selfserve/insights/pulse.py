"""The pulse of the work: how much waits, runs and for how long, noted every minute and kept for two days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import failing
from selfserve.fulfilment.engine import Load
from selfserve.fulfilment.failing import Waits
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
    """Note the minute that is now, with what waits for a target that fails it; forget what is older than two days."""
    now = house.now()
    with house.database.read() as session:
        loads = house.engine.loads(session, now)
        away = failing.waits(session)
    oldest = longest(loads, away, now)
    waiting, running = sum(load.waiting for load in loads) + len(away), sum(load.running for load in loads)
    minute = now.replace(second=0, microsecond=0)
    with house.database.write() as session:
        session.merge(Pulse(at=minute, waiting=waiting, running=running, oldest=int(oldest.total_seconds())))
        session.execute(sa.delete(Pulse).where(Pulse.at < now - KEPT))


def longest(loads: Iterable[Load], away: Iterable[Waits], now: datetime) -> timedelta:
    """For how long the oldest work has been waiting, in a queue or for a target that fails it."""
    return max((*(load.oldest for load in loads), *(now - one.since for one in away)), default=timedelta(0))


def last_day(session: Session, now: datetime, waits: timedelta = timedelta(0)) -> list[Waited]:
    """The last 24 hours, the present one last; `waits` is for how long the oldest has been waiting just now, which the
    last pulse did not know yet."""
    begin = first_hour(now)
    found = session.execute(sa.select(Pulse.at, Pulse.oldest).where(Pulse.at >= begin)).all()
    oldest: dict[int, int] = {}
    for row in found:
        hour = int((row.at - begin) / timedelta(hours=1))
        oldest[hour] = max(oldest.get(hour, 0), row.oldest)
    if waits:
        oldest[HOURS - 1] = max(oldest.get(HOURS - 1, 0), int(waits.total_seconds()))
    return [Waited(at, oldest.get(hour)) for hour, at in enumerate(hours_of(begin))]


def first_hour(now: datetime) -> datetime:
    """The full hour with which the last 24 begin, the present one being the last."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def hours_of(begin: datetime) -> list[datetime]:
    """The beginnings of 24 hours."""
    return [begin + timedelta(hours=hour) for hour in range(HOURS)]
