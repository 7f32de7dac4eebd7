"""Reading the trail page by page, in the order in which it was sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.store.tables import AuditEvent

PAGE = 200


@dataclass(frozen=True)
class Told:
    """One event of the trail; `sealed` is the number of the seal that covers it."""

    id: str
    stream: str
    number: int
    at: datetime
    actor: str
    kind: str
    data: Mapping[str, Any]
    tell: str
    hash: str
    sealed: int


def read(
    session: Session,
    *,
    since: datetime | None = None,
    after: str | None = None,
    stream: str | None = None,
    limit: int = PAGE,
) -> list[Told]:
    """Events in the order in which they were sealed, those of one seal by their ids; `after` is the id of the last one
    read.

    An event has its id, and its time, before its transaction commits, and nothing bounds how long that takes. Whoever
    went by either would pass over what is committed late. It is in no seal before, and in a later one then; a seal
    shows all of its events at once. So what was told in the last seconds is not shown yet.
    """
    query = sa.select(AuditEvent).where(AuditEvent.seal_id.is_not(None))
    if after is not None:
        place, last = sa.tuple_(AuditEvent.seal_id, AuditEvent.id), _place_of(session, after)
        query = query.where(place > sa.tuple_(*map(sa.literal, last)))
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    if stream is not None:
        query = query.where(AuditEvent.stream == stream)
    return [_told(row) for row in session.scalars(query.order_by(AuditEvent.seal_id, AuditEvent.id).limit(limit))]


def _told(row: AuditEvent) -> Told:
    assert row.seal_id is not None
    return Told(
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


def _place_of(session: Session, event_id: str) -> tuple[int, str]:
    """Where an event stands in that order: after its like for an id that is not there, before all where there is
    none."""
    found = session.execute(
        sa.select(AuditEvent.seal_id, AuditEvent.id)
        .where(AuditEvent.id <= event_id, AuditEvent.seal_id.is_not(None))
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).first()
    return (found.seal_id, found.id) if found is not None else (0, "")
