"""Whose an effect is: what is ours to take back, who else rests on it, and who inherits it (docs/decisions/0003)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment.attempt import StepWork
from selfserve.fulfilment.runs import work_of
from selfserve.store.statement import among
from selfserve.store.states import OPEN_RUN, STEP_THERE, GrantState, Purpose, RequestState, RunState, StepState
from selfserve.store.tables import Grant, GrantReason, Request, Run, Step

_SETTLED = (*STEP_THERE, StepState.DECLINED, StepState.UNDONE)
_UNKNOWN = (StepState.RUNNING, StepState.UNKNOWN, StepState.ACCEPTED, StepState.NEEDS_HUMAN)
"""How a step ends up of which a call was sent, and nobody knows what became of it."""
_AT_IT = (RunState.CLAIMED, RunState.RUNNING)


def ours() -> sa.ColumnElement[bool]:
    """A step whose effect is ours to take back: it is there because of us, or may be, as a call for something that was
    not there before was sent and its outcome never settled."""
    doubtful = sa.and_(Step.calls > 0, Step.before == "absent", sa.not_(among(Step.state, _SETTLED)))
    return sa.or_(sa.and_(Step.ours.is_(True), Step.state != StepState.UNDONE), doubtful)


def given() -> sa.ColumnElement[bool]:
    """A grant of which something was given, or may have been. What ends without that never was there: of a call that
    its target refused we look once more that nothing is left of it, but nobody has anything to lose by that.
    """
    may_be = sa.and_(Step.calls > 0, Step.before == "absent", among(Step.state, _UNKNOWN))
    brought = (
        sa.select(Step.id)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .where(
            GrantReason.grant_id == Grant.id,
            sa.or_(sa.and_(Step.ours.is_(True), Step.state != StepState.UNDONE), may_be),
        )
        .correlate(Grant)
        .exists()
    )
    return sa.or_(Grant.started_at.is_not(None), brought)


def being_given(session: Session, grant_id: str) -> bool:
    """True while a part of it is just being brought about: by a run of its own that was under way when the grant ended,
    or for another request that rests on the same thing. Taking it away now would take it from under them.

    A run that begins later sees that its grant is over, or that the thing is there already and is its heir.
    """
    own = sa.select(GrantReason.request_id).where(GrantReason.grant_id == grant_id)
    runs = session.scalars(
        sa.select(Run)
        .where(Run.request_id.in_(own), Run.purpose == Purpose.FULFIL, Run.state.in_(OPEN_RUN))
        .with_for_update()  # one that is just being claimed is waited for
    )
    if any(run.state in _AT_IT for run in runs):
        return True
    resources = sa.select(Step.resource).where(Step.request_id.in_(own), ours())
    walked = sa.exists().where(Run.request_id == Step.request_id, Run.purpose == Purpose.FULFIL, Run.state.in_(_AT_IT))
    others = (
        sa.select(Step.id)
        .join(Request, Request.id == Step.request_id)
        .where(
            Step.resource.in_(resources),
            Step.request_id.not_in(own),
            Request.state == RequestState.FULFILLING,
            sa.or_(
                Step.state.in_([StepState.PLANNED, StepState.RUNNING, StepState.UNKNOWN]),
                sa.and_(Step.state == StepState.ACCEPTED, walked),
            ),
        )
    )
    return session.scalar(others.limit(1)) is not None


def to_undo(session: Session, grant_id: str, now: datetime) -> list[StepWork]:
    """The grant's effects that are ours to take back, in the order they were made.

    What another living grant still needs stays, and becomes its own to take back later, also where it is not sure that
    it was us who brought it. What was there before us is never touched.
    """
    requests = sa.select(GrantReason.request_id).where(GrantReason.grant_id == grant_id)
    rows = session.scalars(
        sa.select(Step)
        .join(Request, Request.id == Step.request_id)
        .where(Step.request_id.in_(requests), ours())
        .order_by(Request.asked_at, Step.position)
        .with_for_update(of=Step)
    ).all()
    undo = []
    for row in rows:
        heir = _heir(session, row, grant_id)
        if heir is None:
            undo.append(work_of(row))
            continue
        heir.ours = True
        heir.target_state = heir.target_state or dict(row.target_state or {})  # what finds it again, and undoes it
        row.ours, row.state, row.undone_at = False, StepState.UNDONE, now
        row.evidence = {**row.evidence, "kept_for": heir.key.partition(":")[0]}
    return undo


def _heir(session: Session, row: Step, grant_id: str) -> Step | None:
    """A step of another living grant that rests on the same thing in the target, or whose target is just at it."""
    return session.scalar(
        sa.select(Step)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Step.resource == row.resource,
            Step.connector == row.connector,
            Step.state.in_([*STEP_THERE, StepState.ACCEPTED]),
            Grant.id != grant_id,
            Grant.state.in_([GrantState.PROMISED, GrantState.ACTIVE]),
            GrantReason.ended_at.is_(None),
        )
        .order_by(Grant.id)
        .limit(1)
        .with_for_update(of=Step)
    )
