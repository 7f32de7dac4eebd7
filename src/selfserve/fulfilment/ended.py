"""What a customer is told once something they held was seen to be gone: why it ended, and on whose word."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.connectors.contract import Presence
from selfserve.fulfilment import parties
from selfserve.fulfilment.house import House
from selfserve.fulfilment.living import held_otherwise
from selfserve.fulfilment.owned import ours
from selfserve.languages.messages import Message, msg
from selfserve.notify import notices
from selfserve.store.states import LIVING, STEP_THERE, StepState
from selfserve.store.tables import AuditEvent, Grant, GrantReason, Person, Request, Step

BEFORE, OTHERWISE, PERHAPS, PART = "before", "otherwise", "perhaps", "part"
"""What is there all the same after an end, as the trail tells it."""
_NOTHING_TAKEN = {
    BEFORE: msg("Nothing was taken away: you had it before you asked here."),
    OTHERWISE: msg("Nothing was taken away: you hold it otherwise too."),
    PERHAPS: msg("Nothing was taken away, as it may not have come from here."),
}


def tell_ended(session: Session, house: House, grant: Grant, now: datetime) -> None:
    """Note in each request's story that what it brought has ended, and what of it stays; and tell the customer."""
    stays, over = _staying(session, house, grant), [f"grant:{grant.id}:remind:"]
    for request in session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant.id)
        .order_by(Request.asked_at)
    ):
        Trail(session, f"request:{request.id}").tell("grant.ended", at=now, data={"stays": stays})
        path, over = f"/requests/{request.name}", [*over, *parties.passing(request)]
    notices.tell(
        session,
        now=now,
        event=f"grant:{grant.id}:ended",
        person_id=grant.customer_id,
        title=msg("“{item}” has ended", item=grant.item_name),
        body=_NOTHING_TAKEN.get(stays) or _why(session, house, grant, part=stays == PART),
        path=path,
        overtakes=over,
    )


def tell_cleared(session: Session, house: House, grant: Grant, now: datetime) -> None:
    """Tell the customer that what may have been there of something they never got is gone, so that they can ask."""
    offered = grant.item_id in house.catalog.current.items
    notices.tell(
        session,
        now=now,
        event=f"grant:{grant.id}:ended",
        person_id=grant.customer_id,
        title=msg("What was left of “{item}” has been taken back", item=grant.item_name),
        body=msg("You can ask for it again now.") if offered else msg("It is not offered any more."),
        path=f"/items/{grant.item_id}" if offered else "/requests",
    )


def _staying(session: Session, house: House, grant: Grant) -> str:
    """What of an ended grant is there all the same: nothing (""), a part of it, or all of it, because the customer had
    it before they asked, because it is held otherwise too, or because nobody knows that it came from here."""
    requests = sa.select(GrantReason.request_id).where(GrantReason.grant_id == grant.id)
    taken, stays = set[tuple[str, str]](), dict[tuple[str, str], str]()
    for step in session.scalars(sa.select(Step).where(Step.request_id.in_(requests))):
        what, action = (step.connector, step.resource), house.connectors.lookup(f"{step.connector}.{step.action}")
        if action is not None and not action.lasting:
            continue
        if step.state == StepState.UNDONE:
            why = OTHERWISE if "kept_for" in step.evidence else ""
        elif step.state in STEP_THERE:
            why = _left(session, step, grant)
        else:
            continue
        if why:
            stays[what] = why
        else:
            taken.add(what)
    # Asked for twice, as by an extension, it was there before the second time; what the first brought has gone with it.
    left = {why for what, why in stays.items() if what not in taken}
    if taken and left:
        return PART
    return next((why for why in (OTHERWISE, BEFORE, PERHAPS) if why in left), "")


def _left(session: Session, step: Step, grant: Grant) -> str:
    """Why what was never ours to take back stays; empty where it goes all the same."""
    if held_otherwise(session, step):
        return OTHERWISE
    if _goes(session, step, grant):
        return ""
    return BEFORE if step.before == Presence.PRESENT else PERHAPS


def _goes(session: Session, step: Step, grant: Grant) -> bool:
    """True where it was there before as part of something else that the customer held here, which has been taken back
    since, or just is."""
    asked_at = sa.select(Request.asked_at).where(Request.id == step.request_id).scalar_subquery()
    others = session.scalars(
        sa.select(Step)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Step.resource == step.resource,
            Step.connector == step.connector,
            Grant.id != grant.id,
            Grant.customer_id == grant.customer_id,
            sa.or_(
                sa.and_(Grant.state.not_in(LIVING), ours()),
                sa.and_(Step.state == StepState.UNDONE, Step.undone_at >= asked_at),
            ),
        )
    )
    return any("kept_for" not in other.evidence for other in others)


def _why(session: Session, house: House, grant: Grant, *, part: bool) -> Message:
    """Why it ended, and that a `part` of it stays."""
    because = _because(session, grant, offered=grant.item_id in house.catalog.current.items)
    if not part:
        return because
    return msg("{because} What you had before, or hold otherwise too, stays.", because=because)


def _because(session: Session, grant: Grant, *, offered: bool) -> Message:
    """Only what ran out ended as agreed; else it is somebody's act, theirs or another's. Asked for again is only what
    is still `offered`."""
    because = session.scalars(
        sa.select(GrantReason.ended_because)
        .where(GrantReason.grant_id == grant.id)
        .order_by(GrantReason.ended_at.desc())
        .limit(1)
    ).first()
    if not offered and because not in ("given_back", "cancelled"):
        return msg("It was taken back, and it is not offered any more.")
    if because == "expired":
        return msg("It was taken back as agreed. If you still need it, ask again; it takes a minute.")
    if because not in ("given_back", "cancelled"):
        return msg("It was taken back. If you still need it, ask again; it takes a minute.")
    other = _another(session, grant)
    if because == "given_back":
        if not offered and other is None:
            return msg("You gave it back. It is not offered any more.")
        if not offered:
            return msg("{name} gave it back for you. It is not offered any more.", name=other)
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
