"""Instants as people say them, with the exact one on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from markupsafe import Markup

from selfserve.catalog.days import LANGUAGE, spoken_moment, spoken_within

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def when(at: datetime | None, now: datetime, zone: ZoneInfo, before: str = "") -> Markup:
    """The moment in words as a `<time>` element with the exact instant; nothing for no instant. `before` stands before
    it."""
    if at is None:
        return Markup()
    words = spoken_within(at, now, zone) if before else spoken_moment(at, now, zone)
    return Markup('<time datetime="{}" title="{}">{}{}</time>').format(
        at.astimezone(UTC).isoformat(), exact(at, zone), before, words
    )


def exact(at: datetime, zone: ZoneInfo) -> str:
    """The whole of it: `Monday 23 November 2026, 09:12:05 CET`."""
    return format_datetime(at.astimezone(zone), "EEEE d MMMM y, HH:mm:ss z", tzinfo=zone, locale=LANGUAGE)


def due(at: datetime, now: datetime) -> str:
    """How long there is still: `in 35 minutes`, `in 3 days`; `2 hours late` where it is over."""
    return f"{about(now - at)} late" if at < now else f"in {about(at - now)}"


def about(span: timedelta, *, working: bool = False) -> str:
    """A span as one says it: `a moment`, `20 seconds`, `4 minutes`, `3 hours`, `2 days`; `2 working days` where it
    counts in working hours."""
    if span < timedelta(seconds=5):
        return "a moment"
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (timedelta(seconds=1), "second")):
        if span >= 2 * size or (span >= size and name != "second"):
            count = round(span / size)
            kind = "working " if working and size >= HOUR else ""
            return f"{count} {kind}{name}{'' if count == 1 else 's'}"
    return "a moment"
