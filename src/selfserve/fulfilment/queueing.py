"""Putting runs into the engine's queues, in the caller's transaction."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment.engine import HOUSE
from selfserve.fulfilment.house import Orders
from selfserve.store.ids import new_id
from selfserve.store.states import Purpose, RunState
from selfserve.store.tables import Run


def queue_of(connector: str) -> str:
    """The queue in which a connector's work waits."""
    return f"connector:{connector}" if connector else HOUSE


def order_id(run: Run) -> str:
    """The engine's id of a run: the same run is never ordered twice."""
    subject = run.request_id if run.purpose == Purpose.FULFIL else run.grant_id
    return f"{run.purpose}:{subject}:{run.attempt}"


def order_of() -> sa.ColumnElement[str]:
    """The same of each run in a statement."""
    subject = sa.case((Run.purpose == Purpose.FULFIL, Run.request_id), else_=Run.grant_id)
    return Run.purpose + ":" + subject + ":" + sa.cast(Run.attempt, sa.String)


def enqueue(session: Session, house: Orders, run: Run, connector: str, after: timedelta | None = None) -> None:
    """Order the durable walk of `run`; `after` None means as soon as a worker is free."""
    house.engine.later(session, run.purpose, order_id(run), run.id, after=after, queue=queue_of(connector))


def requeue(session: Session, house: Orders, run: Run, connector: str = "") -> None:
    """Hand a claimed run to the durable way, under a claim nobody holds."""
    run.state, run.claim, run.executor = RunState.QUEUED, new_id(), ""
    enqueue(session, house, run, connector)
