"""Stopping what the machine is about to do: only a run that nobody is working on, and never silently after an
effect."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import grants
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.requests.refusals import NotPossible
from selfserve.store.ids import new_id
from selfserve.store.states import STEP_THERE, Purpose, RunState, StepState
from selfserve.store.tables import Request, Run, Step

BUSY = msg("This is just being done. Look again in a moment.")
TOO_LATE = msg("A part of this may be done already and cannot be taken back, so it cannot be cancelled any more.")
_LEFT = (RunState.QUEUED, RunState.WAITING)
"""A run in one of these is in nobody's hands."""


def waits(session: Session, request: Request) -> bool:
    """True where the request's run waits, and what it may have brought already can be taken back."""
    left = session.scalar(sa.select(Run.id).where(*_run_of(request)).limit(1))
    return left is not None and (not _sent(session, request) or grants.reason_of(session, request.id) is not None)


def stop(session: Session, house: House, request: Request, now: datetime) -> None:
    """End the waiting run of a request; what it may have brought is then the grant's to take back.

    Raises NotPossible while a worker is at it, and where something may be done that nothing takes back. The row of a
    run that is just being begun is passed over and not waited for: its worker holds it and waits for this request.
    """
    run = session.scalar(sa.select(Run).where(*_run_of(request)).with_for_update(skip_locked=True))
    if run is None:
        raise NotPossible(BUSY)
    sent = _sent(session, request)
    if any(not _lasts(house, step) for step in sent) or (sent and grants.reason_of(session, request.id) is None):
        raise NotPossible(TOO_LATE)
    run.state, run.claim, run.ended_at, run.note = RunState.STOPPED, new_id(), now, "Cancelled by the customer"
    session.flush()


def _run_of(request: Request) -> tuple[sa.ColumnElement[bool], ...]:
    return Run.request_id == request.id, Run.purpose == Purpose.FULFIL, Run.state.in_(_LEFT)


def _sent(session: Session, request: Request) -> list[Step]:
    """The steps that may have had an effect: there, or sent at least once and not declined."""
    settled = sa.and_(Step.calls > 0, Step.state != StepState.DECLINED)
    found = sa.select(Step).where(Step.request_id == request.id, sa.or_(settled, Step.state.in_(STEP_THERE)))
    return list(session.scalars(found.order_by(Step.position)))


def _lasts(house: House, step: Step) -> bool:
    action = house.connectors.lookup(f"{step.connector}.{step.action}")
    return action is not None and action.lasting
