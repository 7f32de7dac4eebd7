"""How long the records of doing are kept. What a request's story needs, its steps and its trail, stays with it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from selfserve.fulfilment.house import House
from selfserve.store.forgetting import forget
from selfserve.store.states import OPEN_RUN
from selfserve.store.tables import Escalation, Run, Takeover

KEPT = timedelta(days=90)
"""As long as the engine keeps its own record of the same work."""


def forget_runs(house: House) -> int:
    """Delete attempts that ended long ago, and what is known of workers that died of them; returns how many."""
    before = house.now() - KEPT
    return forget(house.database, Run, _old(before)) + forget(house.database, Takeover, Takeover.at < before)


def _old(before: datetime) -> sa.ColumnElement[bool]:
    """The last attempt stays, for the next one is counted from it; so does one that a case on the desk tells of."""
    later = aliased(Run)
    same = sa.or_(later.request_id == Run.request_id, later.grant_id == Run.grant_id)
    followed = sa.exists().where(same, later.purpose == Run.purpose, later.attempt > Run.attempt)
    told = sa.exists().where(Escalation.run_id == Run.id)
    return sa.and_(Run.ended_at < before, Run.state.not_in(OPEN_RUN), followed, ~told)
