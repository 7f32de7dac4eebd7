"""What is stored before anything is given: that it is to be taken back, and what the customer had of it before."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.fulfilment import escalation, grants
from selfserve.fulfilment.house import House
from selfserve.fulfilment.owned import ours
from selfserve.fulfilment.steps import named
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement, among
from selfserve.store.states import GOING, GrantState
from selfserve.store.tables import Grant, GrantReason, Request, Step


@dataclass(frozen=True)
class Wanted:
    """Until when something is wanted: a moment, or a span from delivery, or neither (no end). `meant` is as the
    customer said it."""

    ends_at: datetime | None = None
    lasts: timedelta | None = None
    meant: str = ""
    zone: str = ""


class Back(StrEnum):
    """What a taking back that is not over waits for: nothing but a moment, its next try, or a human."""

    SOON = "soon"
    FAILED = "failed"
    BY_HUMAN = "by_human"


class BeingTakenBack(Exception):  # noqa: N818  (a fact for the customer, not a fault)
    """The customer's former hold on the same thing is just being taken back; `back` says what that waits for."""

    def __init__(self, back: Back) -> None:
        super().__init__(back)
        self.back = back


def holding_of(resources: list[str]) -> str:
    """One name for a set of effects: equal sets have equal names."""
    return hashlib.sha256("\n".join(sorted(resources)).encode()).hexdigest()


Asked = tuple[str, str, Mapping[str, Any], str]
"""A step as it was asked for: connector, action, arguments, and the name of what it changes."""
Thing = tuple[str, str]
"""What lasts in a target: connector, and the name of what is changed there."""


@dataclass(frozen=True)
class Former:
    """What a customer has of what they ask for, all of it locked: what it waits for where some of it is `going`, as it
    is just being taken back, and the grant of just the `same`, with its state, if any."""

    going: Back | None
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
    going = _back(session, {grant_id: states[grant_id] for grant_id in held if states[grant_id] in GOING})
    if same is None or states[same] == GrantState.ENDED:
        return Former(going, None)
    return Former(going, (same, states[same]))


def _back(session: Session, going: Mapping[str, str]) -> Back | None:
    """What the slowest of these grants, by id with its state, waits for until it is gone; None where there is none."""
    if not going:
        return None
    if any(escalation.open_on(session, f"grant:{grant_id}") for grant_id in going):
        return Back.BY_HUMAN
    return Back.FAILED if GrantState.REVOKE_FAILED in going.values() else Back.SOON


def _same_grant(session: Session, about: Mapping[str, str], asked: Sequence[Asked]) -> str | None:
    """The grant of the same `holding`; or the one that the customer got by asking for just this by the same item."""
    alike = _ALIKE.rows(session, about)
    for grant_id, holding in alike:
        if holding == about["holding"]:
            return str(grant_id)
    return next((grant_id for grant_id, _ in alike if _asked_before(session, grant_id, asked)), None)


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
    if had.same is not None and (back := _back(session, dict([had.same] if had.same[1] in GOING else []))):
        raise BeingTakenBack(back)
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
        grants.set_end(session, house, grant, now)


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
        grants.order_tick(session, house, grant_id, 1, grants.next_moment(item, ends_at, now), now)


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
