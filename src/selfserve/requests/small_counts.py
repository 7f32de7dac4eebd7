"""The small numbers beside the navigation."""

from __future__ import annotations

from dataclasses import dataclass

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
    mine = (
        sa.select(sa.func.count())
        .select_from(Request)
        .where(Request.customer_id == person_id, Request.state.in_(OPEN_REQUEST))
    )
    cases = sa.select(sa.func.count()).select_from(Escalation).where(Escalation.state != EscalationState.CLOSED)
    counted = (
        mine,
        decisions(person_id),
        cases if staff else sa.select(sa.literal(0)),
        notices.how_many_unread(person_id),
    )
    return Counts(*session.execute(sa.select(*(one.scalar_subquery() for one in counted))).one())
