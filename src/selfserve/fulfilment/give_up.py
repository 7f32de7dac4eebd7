"""Work that outlived too many workers: taken out of the queue, and put before a human."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import conclude, escalation, queueing, revoke, versions
from selfserve.fulfilment.house import House
from selfserve.fulfilment.runs import work_of
from selfserve.fulfilment.steps import Result
from selfserve.languages.messages import msg
from selfserve.store.states import OPEN_RUN, STEP_THERE, Purpose, StepState
from selfserve.store.tables import GrantReason, Request, Run, Step

REASON = msg("Every worker that began this died of it; see the logs of the workers before you try again")


BROKE = msg("Working on it broke off again and again; see the logs of the workers before you try again")


def give_up(session: Session, house: House, order: str, now: datetime, reason: str = REASON) -> None:
    """Hand an order's run to a human; a taking back goes on by itself later all the same. Any other order becomes a
    case. What became of a run that is over already, as it was given up before or somebody else did it, stands."""
    run = _run_of(session, order)
    if run is not None and run.state not in OPEN_RUN:
        return
    result = Result(StepState.UNKNOWN, reason=reason)
    step = _next_step(session, run) if run is not None else None
    if run is None or step is None:
        _case(session, house, order, now)
    elif run.purpose == Purpose.REVOKE:
        revoke.still_there(session, house, run, work_of(step), result, now)
    else:
        request = session.get_one(Request, run.request_id, with_for_update=True)
        item = versions.pinned(session, request.item_version_id)
        conclude.hand_over(session, house, run, request, item, work_of(step), result, now)


def _run_of(session: Session, order: str) -> Run | None:
    subject = order.partition(":")[2].rpartition(":")[0]
    about = sa.or_(Run.request_id == subject, Run.grant_id == subject)
    return session.scalar(sa.select(Run).where(about, queueing.order_of() == order).with_for_update())


def _next_step(session: Session, run: Run) -> Step | None:
    """The step at which it stands: the first that is not there yet, or the last that is ours to take back."""
    if run.purpose == Purpose.FULFIL:
        return session.scalar(
            sa.select(Step)
            .where(Step.request_id == run.request_id, Step.state.not_in(STEP_THERE))
            .order_by(Step.position)
            .limit(1)
        )
    return session.scalar(
        sa.select(Step)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .where(GrantReason.grant_id == run.grant_id)
        .order_by(Step.ours.desc(), Step.position.desc())
        .limit(1)
    )


def _case(session: Session, house: House, order: str, now: datetime) -> None:
    case = escalation.Case(
        subject=f"order:{order}"[:100],
        why="retries_spent",
        reason=REASON,
        team=house.catalog.current.policy.techops,
        title=msg("Work in the queue could not be done"),
    )
    escalation.hand_over(session, house, case, now)
