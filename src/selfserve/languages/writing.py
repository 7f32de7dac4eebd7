"""How a language writes days, moments and spans."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_gmt, get_timezone_name
from babel.units import format_unit

_SIZES = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def day(day: date, locale: Locale) -> str:
    """A day: `31 July 2027`, `31. Juli 2027`."""
    return format_date(day, "long", locale=locale)


def clock(at: datetime, zone: tzinfo, locale: Locale) -> str:
    """The time of day in `zone`: `09:12`."""
    return format_time(at.astimezone(zone), "short", tzinfo=zone, locale=locale)


def instant(at: datetime, zone: tzinfo, locale: Locale) -> str:
    """A moment as it stands within a sentence, right whenever it is read: `Tuesday 24 November, 14:00`."""
    named = format_skeleton("MMMMEEEEd", at, tzinfo=zone, locale=locale)
    return f"{named}, {clock(at, zone, locale)}"


def exact(at: datetime, zone: tzinfo, locale: Locale) -> str:
    """A moment to the second: `Monday, 23 November 2026, 09:12:05 CET`; `GMT-05:00` where a zone has no short name in
    the language."""
    there = at.astimezone(zone)
    named = get_timezone_name(there, "short", locale=locale)
    short = named if named.isalpha() and len(named) < 6 else get_timezone_gmt(there, "long", locale=locale)
    named_day = format_date(there, "full", locale=locale)
    return f"{named_day}, {format_time(there, 'medium', tzinfo=zone, locale=locale)} {short}"


def span(span: timedelta, locale: Locale) -> str:
    """A whole span: `90 days`, `1 hour`, `2 weeks`."""
    seconds = int(span.total_seconds())
    size, name = next(pair for pair in _SIZES if seconds % pair[0] == 0)
    return unit(name, seconds // size, locale)


def unit(name: str, count: int, locale: Locale) -> str:
    """So many of a unit of time: `3 hours`."""
    return format_unit(count, f"duration-{name}", "long", locale=locale)
