"""What a customer is told once something they held was seen to be gone: why it ended, and on whose word."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.languages.messages import Message, msg
from selfserve.notify import notices
from selfserve.store.tables import AuditEvent, Grant, GrantReason, Person, Request


def tell_ended(session: Session, grant: Grant, now: datetime) -> None:
    """Note in each request's story that what it brought has ended, and tell the customer."""
    for request in session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant.id)
        .order_by(Request.asked_at)
    ):
        Trail(session, f"request:{request.id}").tell("grant.ended", at=now)
        path = f"/requests/{request.name}"
    notices.tell(
        session,
        now=now,
        event=f"grant:{grant.id}:ended",
        person_id=grant.customer_id,
        title=msg("{item} has ended", item=grant.item_name),
        body=_why(session, grant),
        path=path,
    )


def _why(session: Session, grant: Grant) -> Message:
    """Only what ran out ended as agreed; else it is somebody's act, theirs or another's."""
    because = session.scalars(
        sa.select(GrantReason.ended_because)
        .where(GrantReason.grant_id == grant.id)
        .order_by(GrantReason.ended_at.desc())
        .limit(1)
    ).first()
    if because == "expired":
        return msg("It was taken back as agreed. If you still need it, ask again; it takes a minute.")
    if because not in ("given_back", "cancelled"):
        return msg("It was taken back. If you still need it, ask again; it takes a minute.")
    other = _another(session, grant)
    if because == "given_back":
        if other is None:
            return msg("You gave it back. Should you need it again, ask again; it takes a minute.")
        return msg("{name} gave it back for you. If you still need it, ask again; it takes a minute.", name=other)
    if other is None:
        return msg("You cancelled it, and what was there already was taken back.")
    return msg("{name} cancelled it for you, and what was there already was taken back.", name=other)


def _another(session: Session, grant: Grant) -> str | None:
    """The name of who ended it, where that is not the customer."""
    actor = session.scalars(
        sa.select(AuditEvent.actor)
        .where(AuditEvent.stream == f"grant:{grant.id}", AuditEvent.kind == "grant.reason_ended")
        .order_by(AuditEvent.number.desc())
        .limit(1)
    ).first()
    person = session.get(Person, (actor or "").removeprefix("person:"))
    return None if person is None or person.id == grant.customer_id else person.name
