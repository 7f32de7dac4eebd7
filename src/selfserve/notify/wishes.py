"""When a batch goes, by what its reader wants: at once, with the digest of the morning, or not by mail."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from selfserve.notify.batches import Batch
from selfserve.store.states import MailState, MailWish

MORNING = time(8)
"""When digests go, by the reader's clock."""


def unwanted(batch: Batch) -> bool:
    """True for what its reader finds in the app only. What is on its way already goes as it was."""
    return batch.wish == MailWish.NEEDED and not batch.needed and batch.notices[0].mail != MailState.SENDING


def digest(batch: Batch) -> bool:
    """True for what goes as one with others, and may be turned off."""
    if batch.person is None or not batch.patient:
        return False
    return len(batch.notices) > 1 if batch.wish == MailWish.AT_ONCE else not batch.needed


def not_before(batch: Batch, mailed_at: datetime | None, window: timedelta, zone: ZoneInfo) -> datetime | None:
    """The moment a batch has to wait for; None where it goes now. `mailed_at` is when its reader last got a mail."""
    if not batch.patient:
        return None
    if batch.wish == MailWish.DIGEST and not batch.needed:
        return _next_morning(min(notice.made_at for notice in batch.notices), zone)
    return mailed_at + window if mailed_at is not None else None


def _next_morning(after: datetime, zone: ZoneInfo) -> datetime:
    local = after.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone)
