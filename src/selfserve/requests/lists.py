"""Requests as lists show them: indexed and paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.fulfilment import parties, versions
from selfserve.requests.pages import Page
from selfserve.requests.state_words import state_words
from selfserve.requests.words import standing
from selfserve.store.states import OPEN_REQUEST
from selfserve.store.tables import Person, Request

PAGE = 50
_ASKER = aliased(Person)


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
    query = (
        sa.select(Request, Person, _ASKER)
        .join(Person, Person.id == Request.customer_id)
        .join(_ASKER, _ASKER.id == Request.asked_by_id)
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
    rows = [request_row(session, row, customer, who, called[row.id]) for row, customer, who in found[:limit]]
    return Page(rows, rows[-1].id if len(found) > limit else None)


def request_row(
    session: Session, request: Request, customer: Person, asked_by: Person, called: tuple[str, str]
) -> RequestRow:
    """One request as lists show it; `called` are the words for its state and their tone."""
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
