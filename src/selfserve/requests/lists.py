"""The lists that pages and the API show: requests, what waits for my decision, the desk, what is held. Indexed and
paged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.fulfilment import checklist, parties, versions
from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.requests.holding import Holding, holdings
from selfserve.requests.stages import MANAGER
from selfserve.requests.state_words import state_words
from selfserve.requests.story import Answer, answers_of
from selfserve.requests.words import STATE_WORDS, standing
from selfserve.store.states import HELD, OPEN_REQUEST, EscalationState, GrantState, StageState
from selfserve.store.tables import Escalation, Grant, GrantReason, Person, Request, Stage, StageApprover

PAGE = 50
_item_id = sa.func.coalesce(Request.item_id, Grant.item_id)
"""The item that a case is about, where its request and its grant are joined to it."""


@dataclass(frozen=True)
class RequestRow:
    """One request in a list. `asked_by_name` asked for the customer; `asked_as` is what they are to them ("their
    manager"), empty where the customer asked themselves."""

    id: str
    name: str
    item_id: str
    item_name: str
    category: str
    icon: str
    state: str
    state_words: str
    tone: str
    customer_id: str
    customer_name: str
    asked_by_id: str
    asked_by_name: str
    asked_as: str
    asked_at: datetime
    closed_at: datetime | None
    promised_at: datetime | None
    question: str


@dataclass(frozen=True)
class Page:
    """Rows, and the cursor for those after them (None on the last page)."""

    rows: Sequence[Any]
    cursor: str | None = None


def requests(
    session: Session,
    *,
    customer_id: str | None = None,
    state: str | None = None,
    item_id: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Requests, newest first. `state` is one of the design's states, or `open`."""
    asker = aliased(Person)
    query = (
        sa.select(Request, Person, asker)
        .join(Person, Person.id == Request.customer_id)
        .join(asker, asker.id == Request.asked_by_id)
    )
    if customer_id is not None:
        query = query.where(parties.requests_of(session, customer_id))
    if state == "open":
        query = query.where(Request.state.in_(OPEN_REQUEST))
    elif state is not None:
        query = query.where(Request.state == state)
    if item_id is not None:
        query = query.where(Request.item_id == item_id)
    if cursor is not None:
        query = query.where(Request.id < cursor)  # ids are UUIDv7: sorted by time
    found = session.execute(query.order_by(Request.id.desc()).limit(limit + 1)).all()
    called = state_words(session, [row[0] for row in found[:limit]])
    rows = [
        _row(session, request, customer, asked_by, called[request.id]) for request, customer, asked_by in found[:limit]
    ]
    return Page(rows, rows[-1].id if len(found) > limit else None)


def _row(session: Session, request: Request, customer: Person, asked_by: Person, called: tuple[str, str]) -> RequestRow:
    item = versions.pinned(session, request.item_version_id)
    words, tone = called
    return RequestRow(
        id=request.id,
        name=request.name,
        item_id=request.item_id,
        item_name=request.item_name,
        category=item.category,
        icon=item.icon,
        state=request.state,
        state_words=words,
        tone=tone,
        customer_id=request.customer_id,
        customer_name=customer.name,
        asked_by_id=asked_by.id,
        asked_by_name=asked_by.name,
        asked_as="" if asked_by.id == customer.id else standing(customer, asked_by.id),
        asked_at=request.asked_at,
        closed_at=request.closed_at,
        promised_at=request.promised_at,
        question=request.question,
    )


MOST_WAITING = 100
"""Decisions shown at once, and made in one go at most: what a person can have read."""


@dataclass(frozen=True)
class Waiting:
    """One stage that waits for a decision, with all that is needed to decide. `because` is the word of the item that
    names the approver (`manager`, `team:NAME`); `because_words` says it to them, empty for a team or group."""

    stage_id: str
    request: RequestRow
    why: str
    because: str
    because_words: str
    due_at: datetime | None
    summary: str
    risk: str
    customer: Mapping[str, str]
    answers: list[Answer]
    holds: list[str]


def waiting_for(session: Session, person_id: str) -> list[Waiting]:
    """What waits for a person's decision, the most urgent first: at most `MOST_WAITING`."""
    found = session.execute(
        sa.select(Stage, StageApprover.because, Request, Person)
        .join(StageApprover, StageApprover.stage_id == Stage.id)
        .join(Request, Request.id == Stage.request_id)
        .join(Person, Person.id == Request.customer_id)
        .where(StageApprover.person_id == person_id, Stage.state == StageState.OPEN)
        .order_by(Stage.due_at, Stage.id)
        .limit(MOST_WAITING)
    ).all()
    held = _held_by(session, {request.customer_id for _, _, request, _ in found})
    return [
        _waiting(session, stage, (because, person_id), request, customer, held.get(customer.id, []))
        for stage, because, request, customer in found
    ]


def more_waiting(session: Session, person_id: str, shown: Sequence[Waiting]) -> int:
    """How many decisions wait for a person beyond those that `waiting_for` gave."""
    if len(shown) < MOST_WAITING:
        return 0
    return max(0, (session.scalar(_decisions(person_id)) or 0) - len(shown))


def _decisions(person_id: str) -> sa.Select[int]:
    return (
        sa.select(sa.func.count())
        .select_from(StageApprover)
        .join(Stage, Stage.id == StageApprover.stage_id)
        .where(StageApprover.person_id == person_id, Stage.state == StageState.OPEN)
    )


def _held_by(session: Session, customers: set[str]) -> dict[str, list[str]]:
    rows = session.execute(
        sa.select(Grant.customer_id, Grant.item_name)
        .where(Grant.customer_id.in_(customers), Grant.state.in_(HELD))
        .order_by(Grant.item_name)
    )
    held: dict[str, list[str]] = {}
    for customer_id, item_name in rows:
        held.setdefault(customer_id, []).append(item_name)
    return held


def _because(customer: Person, approver_id: str) -> str:
    return msg("You are asked as {standing}.", standing=standing(customer, approver_id))


def _waiting(
    session: Session, stage: Stage, named: tuple[str, str], request: Request, customer: Person, holds: list[str]
) -> Waiting:
    item = versions.pinned(session, request.item_version_id)
    because, approver_id = named
    return Waiting(
        stage_id=stage.id,
        request=_row(
            session, request, customer, session.get_one(Person, request.asked_by_id), STATE_WORDS[request.state]
        ),
        why=stage.why,
        because=because,
        because_words=_because(customer, approver_id) if because == MANAGER else "",
        due_at=stage.due_at,
        summary=item.summary,
        risk=item.risk,
        customer={
            "name": customer.name,
            "title": customer.title,
            "department": customer.department,
            "location": customer.location,
            "email": customer.email,
        },
        answers=answers_of(session, item, request),
        holds=holds,
    )


@dataclass(frozen=True)
class CaseRow:
    """One escalation in the desk's list. `request_id` is None for a case about a connector; `asked_by` is who asked
    for the customer, empty where they asked themselves. `icon` and `category` are the item's, empty without one."""

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
    todo: Sequence[Mapping[str, Any]]
    runbook: str
    step_id: str | None
    grant_id: str | None
    request_id: str | None
    request_name: str
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
    limit: int = 200,
) -> list[CaseRow]:
    """Open escalations, the most urgent first. Only those of `team`, of one of `teams`, that `taken_by` has, that
    nobody has (`free`), whose time was over at `late_at`, that are about an item: where given, all of it together."""
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
    cases = session.scalars(query.order_by(Escalation.due_at, Escalation.id).limit(limit)).all()
    return [case_row(session, case) for case in cases]


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
    request = session.get(Request, case.request_id) if case.request_id else None
    grant = session.get(Grant, case.grant_id) if case.grant_id else None
    about = request or grant
    customer = session.get(Person, about.customer_id) if about is not None else None
    taken_by = session.get(Person, case.taken_by_id) if case.taken_by_id else None
    asked_by = session.get(Person, request.asked_by_id) if request is not None else None
    latest = case.request_id or _latest_request(session, case.grant_id)
    item = versions.pinned(session, session.get_one(Request, latest).item_version_id) if latest else None
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
        todo=[checklist.told(line) for line in case.todo],
        runbook=case.runbook,
        step_id=case.step_id,
        grant_id=case.grant_id,
        request_id=latest,
        request_name=request.name if request else "",
        title=about.item_name if about is not None else case.subject,
        customer=customer.name if customer else "",
        asked_by=asked_by.name if asked_by is not None and asked_by is not customer else "",
        icon=item.icon if item is not None else "",
        category=item.category if item is not None else "",
        item_id=about.item_id if about is not None else "",
    )


def _latest_request(session: Session, grant_id: str | None) -> str | None:
    if grant_id is None:
        return None
    return session.scalar(
        sa.select(Request.id)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant_id)
        .order_by(Request.asked_at.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class GrantRow:
    """What somebody holds, until when and because of which requests. `name` and `answers` are those of the latest one:
    two grants of one item differ by them (which Mac, which team). `there`: it can be used."""

    id: str
    item_id: str
    item_name: str
    name: str
    answers: list[Answer]
    state: str
    state_words: str
    there: bool
    started_at: datetime | None
    ends_at: datetime | None
    because: list[str]


def held(session: Session, customer_id: str, *, ended: bool = False) -> list[GrantRow]:
    """What a customer holds (with `ended`, also what they held), the first to end first."""
    query = sa.select(Grant).where(Grant.customer_id == customer_id)
    if not ended:
        query = query.where(Grant.state != GrantState.ENDED)
    rows = session.scalars(query.order_by(Grant.ends_at.is_(None), Grant.ends_at, Grant.id).limit(500)).all()
    how = holdings(session, rows)
    return [_grant(session, row, how[row.id]) for row in rows]


def _grant(session: Session, grant: Grant, how: Holding) -> GrantRow:
    latest = how.requests[-1] if how.requests else None
    return GrantRow(
        id=grant.id,
        item_id=grant.item_id,
        item_name=grant.item_name,
        name=latest.name if latest else "",
        answers=answers_of(session, versions.pinned(session, latest.item_version_id), latest) if latest else [],
        state=grant.state,
        state_words=how.words,
        there=how.there,
        started_at=grant.started_at,
        ends_at=grant.ends_at,
        because=[request.name for request in how.requests],
    )


def marks(session: Session, customer_id: str) -> dict[str, GrantRow]:
    """The one thing to say about each item a customer has to do with: what is there before what is on its way or
    ending."""
    found: dict[str, GrantRow] = {}
    for row in held(session, customer_id):
        known = found.get(row.item_id)
        if known is None or (row.there and not known.there):
            found[row.item_id] = row
    return found


@dataclass(frozen=True)
class Counts:
    """The small numbers beside the navigation."""

    requests: int
    approvals: int
    desk: int
    notices: int


def counts(session: Session, person_id: str, *, staff: bool) -> Counts:
    """Open requests of mine, decisions that wait for me, open cases on the desk (for staff), unread notices."""
    mine = (
        sa.select(sa.func.count())
        .select_from(Request)
        .where(Request.customer_id == person_id, Request.state.in_(OPEN_REQUEST))
    )
    cases = sa.select(sa.func.count()).select_from(Escalation).where(Escalation.state != EscalationState.CLOSED)
    return Counts(
        requests=session.scalar(mine) or 0,
        approvals=session.scalar(_decisions(person_id)) or 0,
        desk=(session.scalar(cases) or 0) if staff else 0,
        notices=notices.count_unread(session, person_id),
    )
