"""How what is held ends: with its last reason, or when its time is over; from then on it is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import MACHINE, Trail
from selfserve.fulfilment import grants, queueing, reminders, sealed, versions
from selfserve.fulfilment.house import House
from selfserve.store.ids import new_id
from selfserve.store.states import GrantState, Purpose, RequestState, RunState
from selfserve.store.tables import Grant, GrantReason, Request, Run

CHECK_AGAIN = timedelta(hours=1)


def end_reason(
    session: Session, house: House, request: Request, because: str, now: datetime, actor: str = MACHINE
) -> Grant | None:
    """End a request's reason for its grant; the last one to end begins the taking back. None where there was no
    reason, or somebody else ended it first."""
    reason = grants.reason_of(session, request.id)
    if reason is None:
        return None
    grant = session.get_one(Grant, reason.grant_id, with_for_update=True)
    session.refresh(reason)  # its time may have ended it while the lock was waited for
    if reason.ended_at is not None:
        return None
    reason.ended_at, reason.ended_because = now, because
    Trail(session, f"grant:{grant.id}").tell(
        "grant.reason_ended", at=now, actor=actor, data={"request": request.name, "because": because}
    )
    session.flush()
    if _open_reasons(session, grant.id):
        grants.set_end(session, house, grant, now)
    else:
        begin_end(session, house, grant, now)
    return grant


def begin_end(session: Session, house: House, grant: Grant, now: datetime) -> Run | None:
    """Begin to take a grant back; None where that is already under way or over. Never shown as ended before it was
    seen; but what is sealed for it is shown to nobody from here on."""
    if grant.state not in (GrantState.PROMISED, GrantState.ACTIVE):
        return None
    grant.state = GrantState.ENDING
    grant.version += 1
    grant.timers += 1
    sealed.forget(session, house, grant)
    return order_revoke(session, house, grant, now, first_at=now, after=None)


def order_revoke(
    session: Session, house: House, grant: Grant, now: datetime, *, first_at: datetime, after: timedelta | None
) -> Run:
    """Order the next attempt to take a grant back."""
    grant.revoke_attempts += 1
    run = Run(
        id=new_id(),
        grant_id=grant.id,
        purpose=Purpose.REVOKE,
        attempt=grant.revoke_attempts,
        state=RunState.WAITING if after else RunState.QUEUED,
        claim=new_id(),
        began_at=now,
        first_at=first_at,
        due_at=now + after if after else None,
    )
    session.add(run)
    session.flush()
    queueing.enqueue(session, house, run, "", after)
    return run


def tick(session: Session, house: House, grant_id: str, number: int, now: datetime) -> str:
    """A grant's timer fired: end what is due, or set the next timer. Returns what was done, in a word.

    A timer that a later one replaced does nothing. After a stand-still it fires at once, and the over-stay is told.
    """
    grant = session.get(Grant, grant_id, with_for_update=True)
    if grant is None or grant.timers != number or grant.ends_at is None:
        return "void"
    if grant.state == GrantState.PROMISED:
        return _tick_promised(session, house, grant, now)
    if grant.state != GrantState.ACTIVE:
        return "void"
    if now < grant.ends_at:
        return _tick_early(session, house, grant, now)
    overdue = now - grant.ends_at
    Trail(session, f"grant:{grant.id}").tell(
        "grant.due",
        at=now,
        data={"ends_at": grant.ends_at.isoformat(), "overstay_seconds": int(overdue.total_seconds())},
    )
    for reason in _open_reasons(session, grant.id):
        reason.ended_at, reason.ended_because = now, "expired"
    begin_end(session, house, grant, now)
    return "ended"


def _tick_early(session: Session, house: House, grant: Grant, now: datetime) -> str:
    """Before the end: remind of it where that is due, and come again for the next one, or for the end."""
    assert grant.ends_at is not None
    request = grants.request_of(session, grant)
    item = versions.pinned(session, request.item_version_id)
    due = [before for before in (item.grant.remind if item.grant else ()) if grant.ends_at - before <= now]
    if due:
        event = f"grant:{grant.id}:remind:{grant.ends_at.isoformat()}:{min(due)}"
        today = house.catalog.current.items.get(item.id)
        same = today is not None and versions.gives_the_same(item, today)
        renews = same and item.grant is not None and item.grant.renew
        reminders.remind(session, grant, request, event, now, offered=today is not None, renews=renews)
    grants.set_timer(session, house, grant, grants.next_moment(item, grant.ends_at, now), now)
    return "reminded" if due else "early"


def _tick_promised(session: Session, house: House, grant: Grant, now: datetime) -> str:
    """A promise whose time came before it was kept: nothing to take back yet, so look again until its requests are
    over."""
    waiting = session.scalar(
        sa.select(sa.func.count())
        .select_from(GrantReason)
        .join(Request, Request.id == GrantReason.request_id)
        .where(
            GrantReason.grant_id == grant.id,
            GrantReason.ended_at.is_(None),
            Request.state.in_([RequestState.APPROVED, RequestState.FULFILLING, RequestState.HANDED_OVER]),
        )
    )
    if waiting:
        grants.set_timer(session, house, grant, now + CHECK_AGAIN, now)
        return "wait"
    begin_end(session, house, grant, now)
    return "ended"


def _open_reasons(session: Session, grant_id: str) -> list[GrantReason]:
    return list(
        session.scalars(sa.select(GrantReason).where(GrantReason.grant_id == grant_id, GrantReason.ended_at.is_(None)))
    )
