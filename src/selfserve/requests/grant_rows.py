"""What a customer holds, as lists show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import versions
from selfserve.fulfilment.owned import given
from selfserve.requests.holding import LIVE, Holding, holdings
from selfserve.requests.lists import PAGE
from selfserve.requests.pages import Page, cut
from selfserve.requests.story import Answer, answers_of
from selfserve.store.states import GrantState
from selfserve.store.tables import Grant, Person

# Asked with every page of the catalog, so made once: building a statement costs more than running it.
_EVER_HELD = (
    sa.select(Grant)
    .where(Grant.customer_id == sa.bindparam("customer"))
    .order_by(Grant.ends_at.is_(None), Grant.ends_at, Grant.id)
    .limit(500)
)
_NOW = sa.or_(Grant.state.in_(LIVE), sa.and_(Grant.state != GrantState.ENDED, given()))
_HELD = _EVER_HELD.where(_NOW)


@dataclass(frozen=True)
class GrantRow:
    """What somebody holds, until when and because of which requests. `name` and `answers` are those of the latest one:
    two grants of one item differ by them (which Mac, which team). `there`: it is theirs to use; while it is taken back
    it is not, though it may still be in its target."""

    id: str
    customer_id: str
    customer_name: str
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
    rows = session.scalars(_EVER_HELD if ended else _HELD, {"customer": customer_id}).all()
    return _rows(session, rows)


def page(
    session: Session,
    *,
    customer_id: str | None = None,
    ended: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """What a customer holds, or everybody, newest first (with `ended`, also what was held)."""
    query = sa.select(Grant)
    if customer_id is not None:
        query = query.where(Grant.customer_id == customer_id)
    if not ended:
        query = query.where(_NOW)
    if cursor is not None:
        query = query.where(Grant.id < cursor)  # ids are UUIDv7: sorted by time
    found = session.scalars(query.order_by(Grant.id.desc()).limit(limit + 1)).all()
    return cut(_rows(session, found), limit, lambda row: row.id)


def _rows(session: Session, grants: Sequence[Grant]) -> list[GrantRow]:
    how = holdings(session, grants)
    named = sa.select(Person).where(Person.id.in_({one.customer_id for one in grants}))
    people = {person.id: person.name for person in session.scalars(named)}
    return [_grant(session, row, how[row.id], people[row.customer_id]) for row in grants]


def _grant(session: Session, grant: Grant, how: Holding, customer_name: str) -> GrantRow:
    latest = how.requests[-1] if how.requests else None
    return GrantRow(
        id=grant.id,
        customer_id=grant.customer_id,
        customer_name=customer_name,
        item_id=grant.item_id,
        item_name=grant.item_name,
        name=latest.name if latest else "",
        answers=answers_of(session, versions.pinned(session, latest.item_version_id), latest) if latest else [],
        state=grant.state,
        state_words=how.words,
        there=how.there,
        started_at=grant.started_at,
        ends_at=grant.ends_at,
        because=[request.name for request in how.because],
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
