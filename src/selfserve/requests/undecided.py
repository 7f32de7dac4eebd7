"""What waits for a person's decision, with all that is needed to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import conflicts, versions
from selfserve.fulfilment.conflicts import Held
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.requests.lists import PAGE, RequestRow, request_row
from selfserve.requests.pages import Page, Place, cut
from selfserve.requests.stages import MANAGER
from selfserve.requests.story import Answer, answers_of
from selfserve.requests.words import STATE_WORDS, standing
from selfserve.store.states import StageState
from selfserve.store.tables import Person, Request, Stage, StageApprover

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
    conflicts: list[Held]
    """What they hold that does not go together with this."""


def waiting_for(
    session: Session, house: House, person_id: str, *, after: Place | None = None, limit: int | None = None
) -> list[Waiting]:
    """What waits for a person's decision, the most urgent first: at most `limit` (else `MOST_WAITING`), and only what
    comes `after` a place."""
    query = (
        sa.select(Stage, StageApprover.because, Request, Person)
        .join(StageApprover, StageApprover.stage_id == Stage.id)
        .join(Request, Request.id == Stage.request_id)
        .join(Person, Person.id == Request.customer_id)
        .where(StageApprover.person_id == person_id, Stage.state == StageState.OPEN)
    )
    if after is not None:
        query = query.where(after.rest(Stage.due_at, Stage.id, never=True))
    found = session.execute(
        query.order_by(Stage.due_at.is_(None), Stage.due_at, Stage.id).limit(limit or MOST_WAITING)
    ).all()
    held = conflicts.holdings_of(session, {request.customer_id for _, _, request, _ in found})
    return [
        _waiting(session, house, stage, (because, person_id), request, customer, held.get(customer.id, []))
        for stage, because, request, customer in found
    ]


def asked_of(session: Session, person_id: str, stage_ids: Sequence[str]) -> dict[str, tuple[Request, Person]]:
    """What a person was asked to decide, by stage, with the customer: also where it is decided by now."""
    found = session.execute(
        sa.select(Stage.id, Request, Person)
        .join(StageApprover, StageApprover.stage_id == Stage.id)
        .join(Request, Request.id == Stage.request_id)
        .join(Person, Person.id == Request.customer_id)
        .where(StageApprover.person_id == person_id, Stage.id.in_(stage_ids))
    )
    return {stage_id: (request, customer) for stage_id, request, customer in found}


def page(session: Session, house: House, person_id: str, *, cursor: str | None = None, limit: int = PAGE) -> Page:
    """One page of `waiting_for`. ValueError for a cursor that is none of ours."""
    rows = waiting_for(session, house, person_id, after=Place.read(cursor) if cursor else None, limit=limit + 1)
    return cut(rows, limit, lambda row: Place(row.due_at, row.stage_id))


def more_waiting(session: Session, person_id: str, shown: Sequence[Waiting]) -> int:
    """How many decisions wait for a person beyond those that `waiting_for` gave."""
    if len(shown) < MOST_WAITING:
        return 0
    return max(0, (session.scalar(_undecided(person_id)) or 0) - len(shown))


def decisions(person_id: str | sa.BindParameter[str]) -> sa.Select[int]:
    """How many wait for a person, without those where a question has to be answered first."""
    return _undecided(person_id).join(Request, Request.id == Stage.request_id).where(Request.question == "")


def _undecided(person_id: str | sa.BindParameter[str]) -> sa.Select[int]:
    return (
        sa.select(sa.func.count())
        .select_from(StageApprover)
        .join(Stage, Stage.id == StageApprover.stage_id)
        .where(StageApprover.person_id == person_id, Stage.state == StageState.OPEN)
    )


def _because(customer: Person, approver_id: str) -> str:
    return msg("You are asked as {standing}.", standing=standing(customer, approver_id))


def _waiting(
    session: Session,
    house: House,
    stage: Stage,
    named: tuple[str, str],
    request: Request,
    customer: Person,
    held: list[Held],
) -> Waiting:
    item = versions.pinned(session, request.item_version_id)
    because, approver_id = named
    return Waiting(
        stage_id=stage.id,
        request=request_row(
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
        holds=[one.item_name for one in held],
        conflicts=conflicts.among(house, item, held),
    )
