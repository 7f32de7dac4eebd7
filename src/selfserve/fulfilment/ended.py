"""What a customer is told once something they held was seen to be gone: why it ended, and on whose word."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.connectors.contract import Presence
from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, msg
from selfserve.notify import notices
from selfserve.store.states import HELD, STEP_THERE, GrantState, StepState
from selfserve.store.tables import AuditEvent, Grant, GrantReason, Person, Request, Step

BEFORE, OTHERWISE, PART = "before", "otherwise", "part"
"""What is there all the same after an end, as the trail tells it."""
_NOTHING_TAKEN = {
    BEFORE: msg("Nothing was taken away: you had it before you asked here."),
    OTHERWISE: msg("Nothing was taken away: you hold it otherwise too."),
}


def tell_ended(session: Session, house: House, grant: Grant, now: datetime) -> None:
    """Note in each request's story that what it brought has ended, and what of it stays; and tell the customer."""
    stays = _staying(session, house, grant)
    for request in session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant.id)
        .order_by(Request.asked_at)
    ):
        Trail(session, f"request:{request.id}").tell("grant.ended", at=now, data={"stays": stays})
        path = f"/requests/{request.name}"
    notices.tell(
        session,
        now=now,
        event=f"grant:{grant.id}:ended",
        person_id=grant.customer_id,
        title=msg("“{item}” has ended", item=grant.item_name),
        body=_NOTHING_TAKEN.get(stays) or _why(session, grant, part=stays == PART),
        path=path,
    )


def _staying(session: Session, house: House, grant: Grant) -> str:
    """What of an ended grant is there all the same: nothing (""), a part of it, or all of it, because the customer had
    it before they asked, or because it is held otherwise too."""
    requests = sa.select(GrantReason.request_id).where(GrantReason.grant_id == grant.id)
    taken, stays = set[tuple[str, str]](), dict[tuple[str, str], str]()
    for step in session.scalars(sa.select(Step).where(Step.request_id.in_(requests))):
        what, action = (step.connector, step.resource), house.connectors.lookup(f"{step.connector}.{step.action}")
        if action is not None and not action.lasting:
            continue
        if step.state == StepState.UNDONE and "kept_for" not in step.evidence:
            taken.add(what)
        elif step.state == StepState.UNDONE:
            stays[what] = OTHERWISE
        elif step.state in STEP_THERE and step.before == Presence.PRESENT:
            stays[what] = OTHERWISE if _held_otherwise(session, step, grant) else BEFORE
    # Asked for twice, as by an extension, it was there before the second time; what the first brought has gone with it.
    left = {why for what, why in stays.items() if what not in taken}
    if taken and left:
        return PART
    return OTHERWISE if OTHERWISE in left else BEFORE if left else ""


def _held_otherwise(session: Session, step: Step, grant: Grant) -> bool:
    other = (
        sa.select(Step.id)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Step.resource == step.resource,
            Step.connector == step.connector,
            Step.state.in_(STEP_THERE),
            Grant.id != grant.id,
            Grant.customer_id == grant.customer_id,
            Grant.state.in_([GrantState.PROMISED, *HELD]),
        )
    )
    return session.scalar(other.limit(1)) is not None


def _why(session: Session, grant: Grant, *, part: bool) -> Message:
    """Why it ended, and that a `part` of it stays."""
    because = _because(session, grant)
    if not part:
        return because
    return msg("{because} What you had before, or hold otherwise too, stays.", because=because)


def _because(session: Session, grant: Grant) -> Message:
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
