"""What a customer holds: promised before anything is done, active once seen, taken back when its last reason ends."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import MACHINE, Trail
from selfserve.catalog.items import Item
from selfserve.fulfilment import queueing, reminders, sealed, versions
from selfserve.fulfilment.house import House
from selfserve.fulfilment.owned import ours
from selfserve.fulfilment.steps import named
from selfserve.languages.messages import msg
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement, among
from selfserve.store.states import GOING, GrantState, Purpose, RequestState, RunState
from selfserve.store.tables import Grant, GrantReason, Request, Run, Step

TICK = "grant_tick"
CHECK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Wanted:
    """Until when something is wanted: a moment, or a span from delivery, or neither (no end). `meant` is as the
    customer said it."""

    ends_at: datetime | None = None
    lasts: timedelta | None = None
    meant: str = ""
    zone: str = ""


class BeingTakenBack(Exception):  # noqa: N818  (a fact for the customer, not a fault)
    """The customer's former hold on the same thing is just being taken back."""


def holding_of(resources: list[str]) -> str:
    """One name for a set of effects: equal sets have equal names."""
    return hashlib.sha256("\n".join(sorted(resources)).encode()).hexdigest()


Asked = tuple[str, str, Mapping[str, Any], str]
"""A step as it was asked for: connector, action, arguments, and the name of what it changes."""
Thing = tuple[str, str]
"""What lasts in a target: connector, and the name of what is changed there."""


@dataclass(frozen=True)
class Former:
    """What a customer has of what they ask for, all of it locked: `going` where some of it is just being taken back,
    and the grant of just the `same`, with its state, if any."""

    going: bool
    same: tuple[str, str] | None


def former(
    session: Session, request: Request, holding: str, asked: Sequence[Asked], lasting: Collection[Thing]
) -> Former:
    """What the customer has of what they ask for. It cannot begin to end before the transaction is over: its end then
    sees whom it takes it from.

    Found first and then locked by id: two of the customer's asks that begin at once must not wait for each other.
    """
    about = {"customer": request.customer_id, "item": request.item_id, "holding": holding}
    held = {grant_id for *thing, grant_id in _HELD.rows(session, about) if tuple(thing) in lasting}
    same = _same_grant(session, about, asked)
    states = {}
    for grant_id in sorted(held | ({same} if same else set())):
        found = _LOCKED.first(session, {"which": grant_id})
        states[grant_id] = found[0] if found is not None else GrantState.ENDED
    going = any(states[grant_id] in GOING for grant_id in held)
    over = same is None or states[same] == GrantState.ENDED
    return Former(going, None if over or same is None else (same, states[same]))


def _same_grant(session: Session, about: Mapping[str, str], asked: Sequence[Asked]) -> str | None:
    """The grant of the same `holding`; or the one that the customer got by asking for just this by the same item."""
    alike = _ALIKE.rows(session, about)
    for grant_id, holding in alike:
        if holding == about["holding"]:
            return str(grant_id)
    return next((grant_id for grant_id, _ in alike if _asked_before(session, grant_id, asked)), None)


def promise(
    session: Session,
    house: House,
    request: Request,
    item: Item,
    holding: str,
    had: Former,
    wanted: Wanted,
    now: datetime,
) -> None:
    """Store the obligation to take back, with its timer, before anything is given.

    A customer who `had` the same already gets a further reason for it: the same `holding`, or the same item with the
    same things asked for, where one of the two was asked for while a target could not name them. Raises
    `BeingTakenBack` while that is just ending.
    """
    ends_at = wanted.ends_at or (now + wanted.lasts if wanted.lasts else None)
    if had.same is not None and had.same[1] in GOING:
        raise BeingTakenBack
    grant = session.get_one(Grant, had.same[0], populate_existing=True) if had.same else None
    grant_id = grant.id if grant is not None else new_id()
    if grant is None:
        _insert(session, house, request, item, grant_id, holding, ends_at, now)
    _REASON.write(
        session,
        {
            "grant_id": grant_id,
            "request_id": request.id,
            "lasts": str(int(wanted.lasts.total_seconds())) if wanted.lasts else "",
            "ends_at": ends_at,
            "meant": wanted.meant,
            "zone": wanted.zone,
            "ended_because": "",
        },
    )
    if grant is not None:
        _set_end(session, house, grant, now)


def _asked_before(session: Session, grant_id: str, asked: Sequence[Asked]) -> bool:
    """True where the grant was got by asking for just this."""
    steps = session.execute(
        sa.select(Step.request_id, Step.connector, Step.action, Step.args, Step.resource)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .where(GrantReason.grant_id == grant_id)
        .order_by(Step.request_id, Step.position)
    ).all()
    for _, each in groupby(steps, key=lambda step: step.request_id):
        before = [(step.connector, step.action, step.args, step.resource) for step in each]
        if len(before) == len(asked) and all(map(_same, before, asked)):
            return True
    return False


def _same(before: Asked, now: Asked) -> bool:
    """The same words; and the same thing, where a target has named both."""
    both = named(before[3]) and named(now[3])
    return before[:3] == now[:3] and (before[3] == now[3] or not both)


_ALIKE = Statement(
    sa.select(Grant.id, Grant.holding)
    .where(
        Grant.customer_id == sa.bindparam("customer"),
        sa.or_(Grant.holding == sa.bindparam("holding"), Grant.item_id == sa.bindparam("item")),
        Grant.state != GrantState.ENDED,
    )
    .order_by(Grant.id)
)
_LOCKED = Statement(sa.select(Grant.state).where(Grant.id == sa.bindparam("which")).with_for_update())
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
_HELD = Statement(
    sa.select(Step.connector, Step.resource, Grant.id)
    .join(GrantReason, GrantReason.request_id == Step.request_id)
    .join(Grant, Grant.id == GrantReason.grant_id)
    .where(
        Grant.customer_id == sa.bindparam("customer"),
        among(Grant.state, [GrantState.PROMISED, GrantState.ACTIVE, *GOING]),
        ours(),
    )
)
_GRANT = Statement(sa.insert(Grant.__table__))  # type: ignore[arg-type]
_REASON = Statement(sa.insert(GrantReason.__table__))  # type: ignore[arg-type]


def _insert(
    session: Session,
    house: House,
    request: Request,
    item: Item,
    grant_id: str,
    holding: str,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    _GRANT.write(
        session,
        {
            "id": grant_id,
            "customer_id": request.customer_id,
            "item_id": request.item_id,
            "item_name": request.item_name,
            "holding": holding,
            "state": GrantState.PROMISED,
            "version": 1,
            "ends_at": ends_at,
            "timers": 1 if ends_at else 0,
            "revoke_attempts": 0,
        },
    )
    if ends_at is not None:
        _order_tick(session, house, grant_id, 1, _next_moment(item, ends_at, now), now)


def _next_moment(item: Item, ends_at: datetime, now: datetime) -> datetime:
    """When a grant wants to be looked at next: a reminder that is still to come, or its end."""
    reminders = item.grant.remind if item.grant else ()
    return min([*(ends_at - before for before in reminders if ends_at - before > now), ends_at])


def _set_end(session: Session, house: House, grant: Grant, now: datetime) -> None:
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
    set_timer(session, house, grant, _next_moment(item_of(session, grant), grant.ends_at, now), now)


def item_of(session: Session, grant: Grant) -> Item:
    """The item, as last asked for, because of which the grant is held."""
    return versions.pinned(session, request_of(session, grant).item_version_id)


def request_of(session: Session, grant: Grant) -> Request:
    """The last request because of which the grant is held."""
    return session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant.id)
        .order_by(Request.asked_at.desc(), Request.id.desc())
        .limit(1)
    ).one()


def rests_on(session: Session, grant: Grant, step: Step) -> bool:
    """Whether the step is of a request because of which the grant is, or was, held."""
    return session.get(GrantReason, (grant.id, step.request_id)) is not None


def set_timer(session: Session, house: House, grant: Grant, due: datetime, now: datetime) -> None:
    """Order the next look at the grant; a look ordered before becomes void."""
    grant.timers += 1
    _order_tick(session, house, grant.id, grant.timers, due, now)


def _order_tick(session: Session, house: House, grant_id: str, number: int, due: datetime, now: datetime) -> None:
    after = max(due - now, timedelta(0))
    house.engine.later(session, TICK, f"timer:grant:{grant_id}:{number}", grant_id, number, after=after)


def reason_of(session: Session, request_id: str) -> GrantReason | None:
    """The request's open reason for a grant."""
    return session.scalar(
        sa.select(GrantReason).where(GrantReason.request_id == request_id, GrantReason.ended_at.is_(None))
    )


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
        set_timer(session, house, grant, _next_moment(item_of(session, grant), until, now), now)
    return until  # type: ignore[no-any-return]  # a column of moments


def end_reason(
    session: Session, house: House, request: Request, because: str, now: datetime, actor: str = MACHINE
) -> Grant | None:
    """End a request's reason for its grant; the last one to end begins the taking back. None where there was no
    reason, or somebody else ended it first."""
    reason = reason_of(session, request.id)
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
        _set_end(session, house, grant, now)
    else:
        begin_end(session, house, grant, now)
    return grant


def _open_reasons(session: Session, grant_id: str) -> list[GrantReason]:
    return list(
        session.scalars(sa.select(GrantReason).where(GrantReason.grant_id == grant_id, GrantReason.ended_at.is_(None)))
    )


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
    request = request_of(session, grant)
    item = versions.pinned(session, request.item_version_id)
    due = [before for before in (item.grant.remind if item.grant else ()) if grant.ends_at - before <= now]
    if due:
        event = f"grant:{grant.id}:remind:{grant.ends_at.isoformat()}:{min(due)}"
        offered = item.id in house.catalog.current.items
        renews = item.grant is not None and item.grant.renew
        reminders.remind(session, grant, request, event, now, offered=offered, renews=renews)
    set_timer(session, house, grant, _next_moment(item, grant.ends_at, now), now)
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
        set_timer(session, house, grant, now + CHECK_AGAIN, now)
        return "wait"
    begin_end(session, house, grant, now)
    return "ended"
