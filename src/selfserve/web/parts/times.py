"""Instants as people say them, with the exact one on hover."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from markupsafe import Markup

LANGUAGE = "en_GB"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def spoken(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`Today, 09:12`, `Yesterday, 16:20`, `Thursday, 09:00` for the week ahead, else `18 November`, in `zone`."""
    there, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (there.date() - today).days
    named = {0: "Today", -1: "Yesterday", 1: "Tomorrow"}.get(days)
    if named is None and 1 < days < 7:
        named = format_date(there.date(), "EEEE", locale=LANGUAGE)
    return f"{named}, {there:%H:%M}" if named else _day(there.date(), today)


def when(at: datetime | None, now: datetime, zone: ZoneInfo, before: str = "") -> Markup:
    """`spoken` as a `<time>` element with the exact instant; nothing for no instant. `before` stands before it."""
    if at is None:
        return Markup()
    words = spoken(at, now, zone)
    if before and words.startswith(("Today", "Tomorrow", "Yesterday")):
        words = words[0].lower() + words[1:]
    return Markup('<time datetime="{}" title="{}">{}{}</time>').format(
        at.astimezone(UTC).isoformat(), exact(at, zone), before, words
    )


def exact(at: datetime, zone: ZoneInfo) -> str:
    """The whole of it: `Monday 23 November 2026, 09:12:05 CET`."""
    return format_datetime(at.astimezone(zone), "EEEE d MMMM y, HH:mm:ss z", tzinfo=zone, locale=LANGUAGE)


def due(at: datetime, now: datetime) -> str:
    """How long there is still: `in 35 minutes`, `in 3 days`; `2 hours late` where it is over."""
    return f"{about(now - at)} late" if at < now else f"in {about(at - now)}"


def about(span: timedelta) -> str:
    """A span as one says it: `a moment`, `20 seconds`, `4 minutes`, `3 hours`, `2 days`."""
    if span < timedelta(seconds=5):
        return "a moment"
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (timedelta(seconds=1), "second")):
        if span >= 2 * size or (span >= size and name != "second"):
            count = round(span / size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "a moment"


def _day(day: date, today: date) -> str:
    return format_date(day, "d MMMM" if day.year == today.year else "d MMMM y", locale=LANGUAGE)
