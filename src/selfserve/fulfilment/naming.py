"""What is held but was never named: done by hand while its target was away. Asked for its name before anything that may
be the same is taken back, as what nobody can compare would be taken from under whoever needs it."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from pydantic import ValidationError
from sqlalchemy.orm import Session

from selfserve.connectors.patience import TooSlow
from selfserve.connectors.problems import ConnectorProblem
from selfserve.fulfilment.house import House
from selfserve.fulfilment.owned import ours
from selfserve.fulfilment.results import broke, not_named
from selfserve.fulfilment.runs import note_name, work_of
from selfserve.fulfilment.steps import StepWork, named, resource_of
from selfserve.store.statement import among
from selfserve.store.states import LIVING, STEP_THERE, StepState
from selfserve.store.tables import Grant, GrantReason, Request, Run, Step

log = structlog.get_logger(__name__)


def learn(house: House, run_id: str) -> tuple[StepWork, str] | None:
    """Name what the run is to take back, and what its customer holds beside it in the same targets. Where one of them
    cannot be named now: a step of what is to be taken back, and why; None where all are, as nearly always."""
    with house.database.read() as session:
        own, beside = _own_and_beside(session, run_id)
    for work in (*own, *beside):
        why = "" if named(work.resource) else _learn(house, work)
        if why:
            return own[0], why
    return None


def _own_and_beside(session: Session, run_id: str) -> tuple[list[StepWork], list[StepWork]]:
    """The steps that are to be taken back, and those that their customer holds in the same targets."""
    of_run = sa.select(Run.grant_id).where(Run.id == run_id).scalar_subquery()
    reasons = sa.select(GrantReason.request_id).where(GrantReason.grant_id == of_run)
    own = _works(session, Step.request_id.in_(reasons), ours())
    if not own:
        return [], []
    living = (
        sa.select(GrantReason.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(
            Grant.customer_id.in_(sa.select(Grant.customer_id).where(Grant.id == of_run)),
            among(Grant.state, LIVING),
            GrantReason.ended_at.is_(None),
        )
    )
    there = among(Step.state, [*STEP_THERE, StepState.ACCEPTED])
    targets = Step.connector.in_({work.connector for work in own})
    return own, _works(session, Step.request_id.in_(living), there, targets)


def _works(session: Session, *which: sa.ColumnElement[bool]) -> list[StepWork]:
    rows = session.execute(
        sa.select(Step, Request.customer_id)
        .join(Request, Request.id == Step.request_id)
        .where(*which)
        .order_by(Step.id)
    )
    return [work_of(row, customer_id) for row, customer_id in rows]


def _learn(house: House, work: StepWork) -> str:
    """Why it has no name yet; "" where it has, or is set up so that nothing could be taken back either."""
    try:
        connector, action = house.connectors.guarded(work.use, house.call)
        if not action.lasting:
            return ""
        args = action.args.model_validate(work.args)
        name = resource_of(connector, action, args, work.customer_id)
    except (ConnectorProblem, ValidationError):
        return ""
    except TooSlow:
        return not_named(work)
    except Exception as problem:
        log.exception("connector_raised", connector=work.connector, action=work.action)
        return broke(problem)
    if not name:
        return not_named(work)
    if not named(name):
        return ""  # the target has no such thing, so nothing there is the same
    work.resource = name
    with house.database.write() as session:
        note_name(session, work)
    return ""
