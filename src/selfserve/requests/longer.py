"""Whether to have the same for longer would change anything yet."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from selfserve.catalog.grants import Ends

DAY = timedelta(days=1)


def ends_later(ends: Ends, ends_at: datetime | None, now: datetime, zone: tzinfo) -> bool:
    """True where the span of `ends`, begun anew, leads past `ends_at`: to a later day as `zone` has it, or, of spans
    below a day, past half of what was given."""
    if ends.span is None or ends_at is None:
        return False
    anew = now + ends.span
    if ends.span < DAY:
        return anew - ends_at > ends.span / 2
    return anew.astimezone(zone).date() > ends_at.astimezone(zone).date()
