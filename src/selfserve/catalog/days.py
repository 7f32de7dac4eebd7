"""Days as people mean them, in their own time zone, and the instants they stand for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LAST_SECOND = time(23, 59, 59)


def zone_named(name: str) -> ZoneInfo:
    """The time zone called `name` in the IANA database; ValueError with one sentence where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'"{name[:60]}" is not a time zone; write one like Europe/Berlin.') from error


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of `day` in `zone`, as a UTC instant.

    Counted back from the first moment of the next day, so that a day of 23 or 25 hours ends where people see it end;
    still on `day`, so that the instant shown in `zone` reads as the day that was meant.
    """
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """Which day it is in `zone` at the instant `now`."""
    return now.astimezone(zone).date()


def spoken_day(day: date) -> str:
    """`day` in words: "31 July 2027"."""
    return f"{day.day} {day:%B} {day.year}"


def spoken_instant(at: datetime, zone: tzinfo) -> str:
    """`at` in `zone`: "31 July 2027, 14:05", and "31 July 2027" for the last second of a day, which means that day."""
    there = at.astimezone(zone)
    day = spoken_day(there.date())
    return day if means_its_day(there) else f"{day}, {there:%H:%M}"


def means_its_day(there: datetime) -> bool:
    """True for the last second of a day where it is meant, which stands for the whole day."""
    return there.time().replace(microsecond=0) == _LAST_SECOND
