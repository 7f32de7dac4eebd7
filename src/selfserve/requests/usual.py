"""How long it really took lately: what customers are told before they ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.store.states import StageState
from selfserve.store.tables import AuditEvent, Request, Stage

RECENT = 30
ENOUGH = 5
"""Fewer tell about single people and days, and not about what is usual."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Medians in whole seconds, at least one; None where too few are known. `whole`: from asking until it was there for
    the first time, decisions and people included. `decision`: until those who would be asked now had decided."""

    whole: timedelta | None = None
    decision: timedelta | None = None


NOTHING_KNOWN = Usual()


def usual(session: Session, item_id: str, by: Iterable[object] = ()) -> Usual:
    """What the last 30 of an item took, and how long their approvers `by` (as the item names them) needed."""
    rows = session.execute(_LATELY, {"item": item_id}).all()
    waits = {row.id: row.there - row.asked_at for row in rows if row.there is not None}
    asked = [str(one) for one in by]
    decisions = [row.closed_at - row.opened_at for row in rows if row.closed_at is not None and row.decided_by == asked]
    return Usual(_median(waits.values()), _median(decisions))


def _median(spans: Iterable[timedelta]) -> timedelta | None:
    seconds = [span.total_seconds() for span in spans]
    return timedelta(seconds=max(1, round(median(seconds)))) if len(seconds) >= ENOUGH else None


# The state is written out, since SQLite uses an index of some rows only where the query names the same condition.
_LAST = (
    sa.select(Request.id, Request.asked_at)
    .where(Request.item_id == sa.bindparam("item"), Request.state == sa.literal_column("'fulfilled'"))
    .order_by(Request.id.desc())
    .limit(RECENT)
    .subquery()
)
# The first time, since what vanished from its target and was given again is closed anew, months after it was asked for.
_THERE = (
    sa.select(sa.func.min(AuditEvent.at))
    .where(AuditEvent.stream == sa.literal("request:") + _LAST.c.id, AuditEvent.kind == "request.fulfilled")
    .correlate(_LAST)
    .scalar_subquery()
)
_LATELY = sa.select(
    _LAST.c.id, _LAST.c.asked_at, _THERE.label("there"), Stage.by.label("decided_by"), Stage.opened_at, Stage.closed_at
).select_from(_LAST.outerjoin(Stage, sa.and_(Stage.request_id == _LAST.c.id, Stage.state == StageState.APPROVED)))
