"""What came of requests in each hour of the last day: done by machine alone, with a person's part in it, or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.insights.pulse import first_hour, hours_of
from selfserve.store.states import Exit, RequestState
from selfserve.store.tables import Decision, Escalation, Request, Stage

DONE = (RequestState.FULFILLED, RequestState.PARTLY_FULFILLED)


@dataclass(frozen=True, slots=True)
class Hour:
    """Requests that ended in the hour from `at` on: `alone` without anybody, `helped` after a person decided or lent a
    hand, `failed`. What customers or approvers did not want (any more) is counted nowhere."""

    at: datetime
    alone: int = 0
    helped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.alone + self.helped + self.failed


def last_day(session: Session, now: datetime) -> list[Hour]:
    """The last 24 hours, the present one last."""
    hours = hours_of(first_hour(now))
    ended = (
        sa.select(_hour(hours), _kind())
        .where(Request.closed_at >= hours[0], Request.state.in_((*DONE, RequestState.FAILED)))
        .subquery()
    )
    counted = sa.select(ended.c.hour, ended.c.kind, sa.func.count().label("requests"))
    figures: dict[int, dict[str, int]] = {}
    for row in session.execute(counted.group_by(ended.c.hour, ended.c.kind)):
        figures.setdefault(row.hour, {})[row.kind] = row.requests
    return [Hour(at, **figures.get(number, {})) for number, at in enumerate(hours)]


def _hour(hours: list[datetime]) -> sa.Label[int]:
    """The number of the hour: compared with each end, since the two stores share no way to cut an instant."""
    ends = [(Request.closed_at < end, number) for number, end in enumerate(hours[1:])]
    return sa.case(*ends, else_=len(hours) - 1).label("hour")


def _kind() -> sa.Label[str]:
    decided = sa.exists().where(Stage.request_id == Request.id, Decision.stage_id == Stage.id)
    by_itself = sa.and_(
        Escalation.closed_how.is_not(None), Escalation.closed_how.in_([Exit.SOLVED_ITSELF, Exit.WITHDRAWN])
    )
    lent = sa.exists().where(Escalation.request_id == Request.id, sa.not_(by_itself))
    return sa.case(
        (Request.state == RequestState.FAILED, "failed"), (sa.or_(decided, lent), "helped"), else_="alone"
    ).label("kind")
