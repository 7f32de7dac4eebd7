"""Reading the trail, oldest first, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.seal import SETTLE
from selfserve.store.ids import first_id
from selfserve.store.tables import AuditEvent

PAGE = 200


@dataclass(frozen=True)
class Told:
    """One event of the trail; `sealed` is the number of the seal that covers it, None where none does yet."""

    id: str
    stream: str
    number: int
    at: datetime
    actor: str
    kind: str
    data: Mapping[str, Any]
    tell: str
    hash: str
    sealed: int | None


def read(
    session: Session,
    *,
    since: datetime | None = None,
    after: str | None = None,
    stream: str | None = None,
    limit: int = PAGE,
) -> list[Told]:
    """Events in the order of their ids (by time); `after` is the id of the last one read.

    An event has its id before its transaction commits, so those of the last `SETTLE` seconds are not shown yet: one
    that commits a moment later would fall behind whoever follows the trail by its ids.
    """
    query = sa.select(AuditEvent).where(AuditEvent.id < first_id(SETTLE))
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    if after is not None:
        query = query.where(AuditEvent.id > after)
    if stream is not None:
        query = query.where(AuditEvent.stream == stream)
    return [
        Told(
            id=row.id,
            stream=row.stream,
            number=row.number,
            at=row.at,
            actor=row.actor,
            kind=row.kind,
            data=row.data,
            tell=row.tell,
            hash=row.hash,
            sealed=row.seal_id,
        )
        for row in session.scalars(query.order_by(AuditEvent.id).limit(limit))
    ]
