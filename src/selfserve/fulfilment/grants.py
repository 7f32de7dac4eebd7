"""What a customer holds: because of what, until when, and active once it was seen."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.fulfilment import versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.store.statement import Statement
from selfserve.store.states import GrantState
from selfserve.store.tables import Grant, GrantReason, Request, Step

TICK = "grant_tick"


def reason_of(session: Session, request_id: str) -> GrantReason | None:
    """The request's open reason for a grant."""
    return session.scalar(
        sa.select(GrantReason).where(GrantReason.request_id == request_id, GrantReason.ended_at.is_(None))
    )


def request_of(session: Session, grant: Grant) -> Request:
    """The last request because of which the grant is held."""
    return session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant.id)
        .order_by(Request.asked_at.desc(), Request.id.desc())
        .limit(1)
    ).one()


def item_of(session: Session, grant: Grant) -> Item:
    """The item, as last asked for, because of which the grant is held."""
    return versions.pinned(session, request_of(session, grant).item_version_id)


def rests_on(session: Session, grant: Grant, step: Step) -> bool:
    """Whether the step is of a request because of which the grant is, or was, held."""
    return session.get(GrantReason, (grant.id, step.request_id)) is not None


def activate(session: Session, house: House, request: Request, now: datetime) -> datetime | None:
    """The effect was seen: the clock of a span starts now. Returns until when it is held, None for no end or no grant.

    The timer set with the promise stays while it has not fired: it comes before the end, and is set anew then. Where it
    has, and only looks now and then whether the promise was kept, one for the end takes its place.
    """
    found = _OPEN.first(session, {"request": request.id})
    if found is None:
        return None
    grant_id, state, version, until, timers, lasts = found
    fresh: dict[str, object] = {}
    if lasts:
        lasts_until = now + timedelta(seconds=int(lasts))
        _REASON_ENDS.write(session, {"grant": grant_id, "request": request.id, "ends_at": lasts_until})
        until = max(until, lasts_until) if until else None
        fresh["ends_at"] = until
    if state == GrantState.PROMISED:
        fresh |= {"state": GrantState.ACTIVE, "started_at": now, "version": version + 1}
    if fresh:
        _GRANT_CHANGES.write(session, {"which": grant_id, **fresh})
    if state == GrantState.PROMISED and timers > 1 and until is not None:
        grant = session.get_one(Grant, grant_id, populate_existing=True)
        set_timer(session, house, grant, next_moment(item_of(session, grant), until, now), now)
    return until  # type: ignore[no-any-return]  # a column of moments


def over(session: Session, request_id: str, now: datetime) -> str | None:
    """Why what a request brings is not wanted any more, in a sentence; None where it is, or brings nothing to hold."""
    reason = session.scalar(sa.select(GrantReason).where(GrantReason.request_id == request_id))
    if reason is None:
        return None
    if reason.ended_at is not None:
        return _OVER.get(reason.ended_because, _OVER["request_over"])
    if not reason.lasts and reason.ends_at is not None and reason.ends_at <= now:
        return _OVER["expired"]
    return None


_OVER = {
    "expired": msg("The time for which this was wanted is over."),
    "customer_left": msg("The account is not active any more."),
    "given_back": msg("It was given back."),
    "cancelled": msg("It was cancelled."),
    "request_over": msg("This is not wanted any more."),
}
"""Why what a request brought is not wanted any more, by why its reason ended."""


def set_end(session: Session, house: House, grant: Grant, now: datetime) -> None:
    """Make the grant's end that of its last open reason, and set the timer for the next thing that is due."""
    ends = list(
        session.scalars(
            sa.select(GrantReason.ends_at).where(GrantReason.grant_id == grant.id, GrantReason.ended_at.is_(None))
        )
    )
    known = [end for end in ends if end is not None]
    grant.ends_at = max(known) if known and len(known) == len(ends) else None
    if grant.ends_at is None:
        grant.timers += 1  # whatever timer is under way is about an end that no longer stands
        return
    set_timer(session, house, grant, next_moment(item_of(session, grant), grant.ends_at, now), now)


def set_timer(session: Session, house: House, grant: Grant, due: datetime, now: datetime) -> None:
    """Order the next look at the grant; a look ordered before becomes void."""
    grant.timers += 1
    order_tick(session, house, grant.id, grant.timers, due, now)


def order_tick(session: Session, house: House, grant_id: str, number: int, due: datetime, now: datetime) -> None:
    """Order a look at the grant, by the number of its timer."""
    after = max(due - now, timedelta(0))
    house.engine.later(session, TICK, f"timer:grant:{grant_id}:{number}", grant_id, number, after=after)


def next_moment(item: Item, ends_at: datetime, now: datetime) -> datetime:
    """When a grant wants to be looked at next: a reminder that is still to come, or its end."""
    reminders = item.grant.remind if item.grant else ()
    return min([*(ends_at - before for before in reminders if ends_at - before > now), ends_at])


# Asked and written at every success, so plainly and made once.
_GRANTS, _REASONS = Grant.__table__.c, GrantReason.__table__.c
_OPEN = Statement(
    sa.select(_GRANTS.id, _GRANTS.state, _GRANTS.version, _GRANTS.ends_at, _GRANTS.timers, _REASONS.lasts)
    .join_from(GrantReason.__table__, Grant.__table__, _GRANTS.id == _REASONS.grant_id)
    .where(_REASONS.request_id == sa.bindparam("request"), _REASONS.ended_at.is_(None))
    .with_for_update()
)
_GRANT_CHANGES = Statement(
    sa.update(Grant.__table__).where(_GRANTS.id == sa.bindparam("which"))  # type: ignore[arg-type]
)
_REASON_ENDS = Statement(
    sa.update(GrantReason.__table__).where(  # type: ignore[arg-type]
        _REASONS.grant_id == sa.bindparam("grant"), _REASONS.request_id == sa.bindparam("request")
    )
)
