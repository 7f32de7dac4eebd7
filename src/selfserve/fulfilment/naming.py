"""What is held but was never named: done by hand while its target was away. Asked for its name before anything that may
be the same is taken back, as what nobody can compare would be taken from under whoever needs it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from pydantic import ValidationError
from sqlalchemy.orm import Session

from selfserve.connectors.patience import TooSlow
from selfserve.connectors.problems import ConnectorProblem
from selfserve.fulfilment.fulfil import PATIENCE
from selfserve.fulfilment.house import House
from selfserve.fulfilment.owned import ours
from selfserve.fulfilment.results import broke, not_compared, not_named, one_line
from selfserve.fulfilment.runs import work_of
from selfserve.fulfilment.steps import StepWork, named, resource_of
from selfserve.languages.messages import msg
from selfserve.store.states import LIVING, STEP_THERE, StepState
from selfserve.store.tables import Grant, GrantReason, Request, Run, Step
from selfserve.store.tables.work import NAMELESS

log = structlog.get_logger(__name__)
MANY = msg("What else is held may be the same, and is so much that it is still being asked for.")


@dataclass(frozen=True)
class Unnamed:
    """Why nothing can be taken back yet, told of a step of what is to be taken back. `soon`: it only goes on in the
    next attempt. `hopeless`: time alone does not help."""

    step: StepWork
    why: str
    soon: bool = False
    hopeless: bool = False


@dataclass(frozen=True)
class Names:
    """What is known once all was asked for its name. `missing` is why not all of it has one, None where it has, as
    nearly always; `asked` are the steps of others that had none before."""

    missing: Unnamed | None
    asked: frozenset[str] = frozenset()


def learn(house: House, run_id: str) -> Names:
    """Name what the run is to take back, and what anybody holds in the same targets. What was learnt is kept, so the
    next attempt asks for the rest only."""
    until = house.now() + PATIENCE
    with house.database.read() as session:
        own = _own(session, run_id)
        beside = _beside(session, own)
    for work in own:
        try:
            why = "" if named(work.resource) else _learn(house, work)
        except (ConnectorProblem, ValidationError):
            continue  # its taking back fails as well, and tells why
        if why:
            return Names(Unnamed(own[0], why))
    for work, request in beside:
        if house.now() >= until:
            return Names(Unnamed(own[0], MANY, soon=True))
        try:
            why = _learn(house, work)
        except (ConnectorProblem, ValidationError) as problem:
            return Names(Unnamed(own[0], not_compared(work, request, one_line(problem)), hopeless=True))
        if why:
            return Names(Unnamed(own[0], not_compared(work, request, why)))
    return Names(None, frozenset(work.id for work, _ in beside))


def since(session: Session, run_id: str, names: Names) -> Unnamed | None:
    """What is not named, asked once more when nobody can say "done by hand" beside it any more: what came since `learn`
    and has no name is asked for in the next attempt."""
    if names.missing is not None:
        return names.missing
    own = _own(session, run_id)
    came = {work.id for work, _ in _beside(session, own)} - names.asked
    return Unnamed(own[0], MANY, soon=True) if came else None


def _beside(session: Session, own: list[StepWork]) -> list[tuple[StepWork, str]]:
    return nameless(session, {work.connector for work in own}) if own else []


def _own(session: Session, run_id: str) -> list[StepWork]:
    """The steps that are to be taken back."""
    of_run = sa.select(Run.grant_id).where(Run.id == run_id).scalar_subquery()
    reasons = sa.select(GrantReason.request_id).where(GrantReason.grant_id == of_run)
    rows = session.execute(
        sa.select(Step, Request.customer_id)
        .join(Request, Request.id == Step.request_id)
        .where(Step.request_id.in_(reasons), ours())
        .order_by(Step.id)
    )
    return [work_of(row, customer_id) for row, customer_id in rows]


def nameless(session: Session, connectors: Collection[str]) -> list[tuple[StepWork, str]]:
    """The steps that anybody holds in these targets and that were never named, each with its request's name."""
    there = Step.state.in_([*STEP_THERE, StepState.ACCEPTED])
    never = sa.and_(NAMELESS, Step.connector.in_(connectors), there)
    if session.scalar(sa.select(Step.id).where(never).limit(1)) is None:
        return []  # known by the index alone, however much is held
    rows = session.execute(
        sa.select(Step, Request.customer_id, Request.name)
        .join(Request, Request.id == Step.request_id)
        .join(GrantReason, GrantReason.request_id == Step.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(never, Grant.state.in_(LIVING), GrantReason.ended_at.is_(None))
        .order_by(Step.id)
    )
    return [(work_of(row, customer_id), name) for row, customer_id, name in rows]


def _learn(house: House, work: StepWork) -> str:
    """Why it has no name yet; "" where it has, or needs none. Raises ConnectorProblem or ValidationError where it is
    set up so that its target cannot even be asked."""
    connector, action = house.connectors.guarded(work.use, house.call)
    if not action.lasting:
        return ""
    args = action.args.model_validate(work.args)
    try:
        name = resource_of(connector, action, args, work.customer_id)
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
        session.execute(sa.update(Step).where(Step.id == work.id, NAMELESS).values(resource=name))
    return ""
