"""Attempts: who holds one, how far its steps are, and what is written down before and after each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.connectors.contract import State
from selfserve.fulfilment.house import House
from selfserve.fulfilment.steps import LosesClaim, Result, StepWork
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement
from selfserve.store.states import RunState, StepState
from selfserve.store.tables import Request, Run, Step


@dataclass(frozen=True)
class Claim:
    """The right to work on one run: lost as soon as somebody else claims it."""

    run_id: str
    token: str


def claim(session: Session, run: Run, house: House) -> Claim | None:
    """Take a run that is ordered or was left; None where it is over or waits for nothing."""
    token = new_id()
    taken = session.execute(
        sa.update(Run)
        .where(Run.id == run.id, Run.state.in_([RunState.QUEUED, RunState.WAITING, RunState.RUNNING]))
        .values(state=RunState.RUNNING, claim=token, executor=house.executor)
    )
    session.refresh(run)
    return Claim(run.id, token) if taken.rowcount else None  # type: ignore[attr-defined]


def hold(session: Session, held: Claim) -> Run:
    """The run, locked for this transaction, if the claim still stands; LosesClaim otherwise."""
    run = session.scalar(
        sa.select(Run)
        .where(Run.id == held.run_id, Run.claim == held.token, Run.state.in_([RunState.CLAIMED, RunState.RUNNING]))
        .with_for_update()
    )
    if run is None:
        raise LosesClaim
    return run


def hold_both(session: Session, held: Claim) -> tuple[Run, Request]:
    """The run and its request, locked, if the claim still stands; LosesClaim otherwise."""
    found = session.execute(_HELD, {"run": held.run_id, "token": held.token}).first()
    if found is None:
        raise LosesClaim
    return found[0], found[1]


_HELD = (
    sa.select(Run, Request)
    .join(Request, Request.id == Run.request_id)
    .where(
        Run.id == sa.bindparam("run"),
        Run.claim == sa.bindparam("token"),
        Run.state.in_([RunState.CLAIMED, RunState.RUNNING]),
    )
    .with_for_update()
)


def steps_of(session: Session, request_ids: Iterable[str]) -> list[StepWork]:
    """The steps of requests in order, as work to carry."""
    rows = session.execute(
        sa.select(Step, Request.customer_id)
        .join(Request, Request.id == Step.request_id)
        .where(Step.request_id.in_(list(request_ids)))
        .order_by(Step.request_id, Step.position)
    )
    return [work_of(row, customer_id) for row, customer_id in rows]


def work_of(row: Step, customer_id: str = "") -> StepWork:
    """A copy of one step's row to carry while no session is open. `customer_id` is whom it is for, where that is
    asked."""
    return StepWork(
        id=row.id,
        key=row.key,
        name=row.name,
        connector=row.connector,
        action=row.action,
        args=dict(row.args),
        resource=row.resource,
        state=StepState(row.state),
        before=row.before,
        calls=row.calls,
        ours=row.ours,
        target_state=dict(row.target_state or {}),
        accepted_until=row.accepted_until,
        poll_after=None if row.poll_seconds is None else timedelta(seconds=row.poll_seconds),
        customer_id=customer_id,
    )


def note_intent(session: Session, step: StepWork, before: str) -> None:
    """Write down that a call may be sent, and what the target showed before the first one."""
    session.execute(
        sa.update(Step)
        .where(Step.id == step.id)
        .values(
            resource=step.resource,
            state=StepState.RUNNING,
            calls=Step.calls + 1,
            before=sa.case((sa.or_(Step.calls == 0, Step.before == ""), before), else_=Step.before),
        )
    )


def note_name(session: Session, step: StepWork) -> None:
    """Write down what the step changes."""
    session.execute(sa.update(Step).where(Step.id == step.id).values(resource=step.resource))


def remembering(house: House, held: Claim) -> Callable[[str, State], None]:
    """Writes down what a call wants kept before it sends anything, by its step's id; LosesClaim where the run is no
    longer ours, so that a process that stood still sends nothing when it goes on."""

    def note(step_id: str, state: State) -> None:
        with house.database.write() as session:
            hold(session, held)
            session.execute(sa.update(Step).where(Step.id == step_id).values(target_state=state))

    return note


def note_unsent(session: Session, steps: list[StepWork]) -> None:
    """Write down that these were never called, although their intent was stored with the run."""
    if steps:
        ids = [step.id for step in steps]
        session.execute(sa.update(Step).where(Step.id.in_(ids)).values(state=StepState.PLANNED, calls=0))


def note_result(session: Session, step: StepWork, result: Result, now: datetime) -> None:
    """Write down what became of a try."""
    step.state, step.ours, step.target_state = result.state, result.ours, result.target_state
    values: dict[str, object] = {
        "state": result.state,
        "resource": step.resource,
        "target_state": result.target_state,
        "evidence": result.evidence,
        "failure": result.failure,
        "reason": result.reason,
        "accepted_until": result.accepted_until,
    }
    if result.tell:
        values["tell"] = result.tell
    if result.poll_after is not None:
        values["poll_seconds"] = int(result.poll_after.total_seconds())
    if result.there:
        values |= {"ours": result.ours, "verified_at": now}
    if result.state is StepState.UNDONE:
        values |= {"undone_at": now, "ours": False}
    _STEP.write(session, {"which": step.id, **values})
    if result.unsent:
        session.execute(sa.update(Step).where(Step.id == step.id, Step.calls > 0).values(calls=Step.calls - 1))


_STEP = Statement(sa.update(Step.__table__).where(Step.__table__.c.id == sa.bindparam("which")))  # type: ignore[arg-type]


def tell_result(trail: Trail, step: StepWork, result: Result, now: datetime) -> None:
    """One event for what became of a try, with the evidence."""
    trail.tell(
        f"step.{result.state}",
        at=now,
        tell=result.tell,
        data={
            "step": step.name,
            "use": step.use,
            "evidence": result.evidence,
            **({"failure": result.failure} if result.failure else {}),
            **({"reason": result.reason} if result.reason else {}),
        },
    )
