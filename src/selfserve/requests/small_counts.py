"""The small numbers beside the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.notify import notices
from selfserve.requests.undecided import decisions
from selfserve.store.states import OPEN_REQUEST, EscalationState
from selfserve.store.tables import Escalation, Request


@dataclass(frozen=True)
class Counts:
    """The small numbers beside the navigation."""

    requests: int
    approvals: int
    desk: int
    notices: int


def counts(session: Session, person_id: str, *, staff: bool) -> Counts:
    """Open requests of mine, decisions that wait for me, open cases on the desk (for staff), unread notices."""
    return Counts(*session.execute(_OF_STAFF if staff else _OF_OTHERS, {"person": person_id}).one())


def _statement(cases: sa.Select[int]) -> sa.Select[Any]:
    person: sa.BindParameter[str] = sa.bindparam("person")
    mine = (
        sa.select(sa.func.count())
        .select_from(Request)
        .where(Request.customer_id == person, Request.state.in_(OPEN_REQUEST))
    )
    counted = (mine, decisions(person), cases, notices.how_many_unread(person))
    return sa.select(*(one.scalar_subquery() for one in counted))


# Asked with every first page, so made once: building a statement costs more than running it.
_OF_STAFF = _statement(
    sa.select(sa.func.count()).select_from(Escalation).where(Escalation.state != EscalationState.CLOSED)
)
_OF_OTHERS = _statement(sa.select(sa.literal(0)))
