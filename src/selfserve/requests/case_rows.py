"""The cases of the desk, as lists show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import checklist, versions
from selfserve.requests.pages import Page, Place, cut
from selfserve.store.states import EscalationState
from selfserve.store.tables import Escalation, Grant, GrantReason, Person, Request

PAGE = 50
_item_id = sa.func.coalesce(Request.item_id, Grant.item_id)
"""The item that a case is about, where its request and its grant are joined to it."""


@dataclass(frozen=True)
class CaseRow:
    """One escalation in the desk's list. `request_id` and `request_name` are those of its request, the latest of
    `request_names` where it is about what several brought; None and empty for a case about a connector. `to_take_back`:
    something is to be taken away, not given. `asked_by` is who asked for the customer, empty where they asked
    themselves. `icon` and `category` are the item's, empty without one."""

    id: str
    subject: str
    why: str
    reason: str
    team: str
    state: str
    level: int
    taken_by_id: str | None
    taken_by: str
    taken_at: datetime | None
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    closed_by_id: str | None
    closed_how: str
    closed_by: str
    todo: Sequence[Mapping[str, Any]]
    runbook: str
    step_id: str | None
    grant_id: str | None
    request_id: str | None
    request_name: str
    request_names: Sequence[str]
    to_take_back: bool
    title: str
    customer: str
    asked_by: str
    icon: str
    category: str
    item_id: str


def desk(
    session: Session,
    *,
    team: str | None = None,
    teams: Collection[str] | None = None,
    taken_by: str | None = None,
    free: bool = False,
    late_at: datetime | None = None,
    item_id: str | None = None,
    after: Place | None = None,
    limit: int = 200,
) -> list[CaseRow]:
    """Open escalations, the most urgent first. Only those of `team`, of one of `teams`, that `taken_by` has, that
    nobody has (`free`), whose time was over at `late_at`, that are about an item: where given, all of it together. And
    only those that come `after` a place."""
    query = sa.select(Escalation).where(Escalation.state != EscalationState.CLOSED)
    if team is not None:
        query = query.where(Escalation.team == team)
    if teams is not None:
        query = query.where(Escalation.team.in_(teams))
    if taken_by is not None:
        query = query.where(Escalation.taken_by_id == taken_by)
    if free:
        query = query.where(Escalation.taken_by_id.is_(None))
    if late_at is not None:
        query = query.where(Escalation.due_at < late_at)
    if item_id is not None:
        query = (
            query.outerjoin(Request, Request.id == Escalation.request_id)
            .outerjoin(Grant, Grant.id == Escalation.grant_id)
            .where(_item_id == item_id)
        )
    if after is not None:
        query = query.where(after.rest(Escalation.due_at, Escalation.id))
    cases = session.scalars(query.order_by(Escalation.due_at, Escalation.id).limit(limit)).all()
    _kept = _at_hand(session, cases)  # while they are kept, no row is asked for one by one
    brought = _brought(session, {case.grant_id for case in cases if case.grant_id})
    return [_row(session, case, brought.get(case.grant_id or "", ())) for case in cases]


def page(session: Session, *, cursor: str | None = None, limit: int = PAGE, **only: Any) -> Page:
    """One page of `desk`, with its filters. ValueError for a cursor that is none of ours."""
    rows = desk(session, after=Place.read(cursor) if cursor else None, limit=limit + 1, **only)
    return cut(rows, limit, lambda row: Place(row.due_at, row.id))


def _at_hand(session: Session, cases: Sequence[Escalation]) -> list[Any]:
    """All rows that `case_row` needs, read at once."""
    requests = session.scalars(sa.select(Request).where(Request.id.in_({one.request_id for one in cases}))).all()
    grants = session.scalars(sa.select(Grant).where(Grant.id.in_({one.grant_id for one in cases}))).all()
    named = {one.customer_id for one in requests} | {one.asked_by_id for one in requests}
    named |= {one.customer_id for one in grants} | {one.taken_by_id for one in cases if one.taken_by_id}
    people = session.scalars(sa.select(Person).where(Person.id.in_(named))).all()
    return [*requests, *grants, *people]


@dataclass(frozen=True)
class OpenCase:
    """As much of an open case as is counted: `item_id` and `item_name` are empty for one about no item."""

    team: str
    taken_by_id: str | None
    due_at: datetime
    item_id: str
    item_name: str


def open_cases(session: Session) -> list[OpenCase]:
    """All open cases, to be counted by what the desk can be filtered by."""
    name = sa.func.coalesce(Request.item_name, Grant.item_name, "")
    rows = session.execute(
        sa.select(Escalation.team, Escalation.taken_by_id, Escalation.due_at, sa.func.coalesce(_item_id, ""), name)
        .outerjoin(Request, Request.id == Escalation.request_id)
        .outerjoin(Grant, Grant.id == Escalation.grant_id)
        .where(Escalation.state != EscalationState.CLOSED)
    )
    return [OpenCase(*row) for row in rows]


def case_row(session: Session, case: Escalation) -> CaseRow:
    """One escalation as the desk shows it."""
    brought = _brought(session, {case.grant_id}) if case.grant_id else {}
    return _row(session, case, brought.get(case.grant_id or "", ()))


def _row(session: Session, case: Escalation, brought: Sequence[Request]) -> CaseRow:
    request = session.get(Request, case.request_id) if case.request_id else None
    grant = session.get(Grant, case.grant_id) if case.grant_id else None
    about = request or grant
    customer = session.get(Person, about.customer_id) if about is not None else None
    taken_by = session.get(Person, case.taken_by_id) if case.taken_by_id else None
    closed_by = session.get(Person, case.closed_by_id) if case.closed_by_id else None
    asked_by = session.get(Person, request.asked_by_id) if request is not None else None
    requests = [request] if request is not None else brought
    latest = requests[-1] if requests else None
    item = versions.pinned(session, latest.item_version_id) if latest is not None else None
    return CaseRow(
        id=case.id,
        subject=case.subject,
        why=case.why,
        reason=case.reason,
        team=case.team,
        state=case.state,
        level=case.level,
        taken_by_id=case.taken_by_id,
        taken_by=taken_by.name if taken_by else "",
        taken_at=case.taken_at,
        opened_at=case.opened_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        closed_by_id=case.closed_by_id,
        closed_how=case.closed_how or "",
        closed_by=closed_by.name if closed_by else "",
        todo=[checklist.told(line) for line in case.todo],
        runbook=case.runbook,
        step_id=case.step_id,
        grant_id=case.grant_id,
        request_id=latest.id if latest is not None else None,
        request_name=latest.name if latest is not None else "",
        request_names=[one.name for one in requests],
        to_take_back=case.grant_id is not None,
        title=about.item_name if about is not None else case.subject,
        customer=customer.name if customer else "",
        asked_by=asked_by.name if asked_by is not None and asked_by is not customer else "",
        icon=item.icon if item is not None else "",
        category=item.category if item is not None else "",
        item_id=about.item_id if about is not None else "",
    )


def _brought(session: Session, grant_ids: Collection[str]) -> dict[str, list[Request]]:
    """The requests that ever were a reason for each of these grants, by its id, oldest first."""
    if not grant_ids:
        return {}
    found: dict[str, list[Request]] = {}
    for grant_id, request in session.execute(
        sa.select(GrantReason.grant_id, Request)
        .join(Request, Request.id == GrantReason.request_id)
        .where(GrantReason.grant_id.in_(grant_ids))
        .order_by(Request.asked_at, Request.id)
    ):
        found.setdefault(grant_id, []).append(request)
    return found
