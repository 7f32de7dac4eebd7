"""The moment a request may be done: its steps, the promise to take back, and a claimed run are stored together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.connectors.patience import TooSlow, within
from selfserve.fulfilment import conflicts, owned, promising, queueing
from selfserve.fulfilment.fulfil import Job, first_attempt
from selfserve.fulfilment.house import House
from selfserve.fulfilment.promising import BeingTakenBack, Wanted
from selfserve.fulfilment.runs import Claim, hold
from selfserve.fulfilment.steps import LosesClaim, StepWork, named
from selfserve.requests.asking import PlannedStep, Prepared
from selfserve.requests.former import StillGoing
from selfserve.requests.refusals import NotPossible
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement
from selfserve.store.states import Purpose, RequestState, RunState, StepState
from selfserve.store.tables import Request, Run, Step

log = structlog.get_logger(__name__)
SLACK = timedelta(seconds=3)
"""What a first attempt may take beyond its budget until the customer is told that it goes on without them."""


def begin(
    session: Session,
    house: House,
    request: Request,
    item: Item,
    prepared: Prepared,
    wanted: Wanted | None,
    now: datetime,
    told: tuple[int, str] | None = None,
) -> Job | None:
    """Store everything a run needs. Returns the job to try at once, or None where the queue has been given the work.

    `told` is where the request's trail stands, if known. NotPossible where something that was promised stands
    against it, StillGoing where something that is being taken back does.
    """
    clash = conflicts.refused(session, house, item, request.customer_id, settled=True)
    if clash is not None:
        raise NotPossible(clash)
    lasting = [(step.connector, step.resource) for step in prepared.steps if step.lasting]
    if lasting:
        _promise(session, house, request, item, prepared, wanted, lasting, now)
    # What somebody else's taking back is just at is not there in a moment: the queue waits for that.
    at_once = house.works and prepared.quick and not owned.going(session, lasting)
    works = _store_steps(session, request, prepared, at_once=at_once)
    run = Run(id=new_id(), request_id=request.id, purpose=Purpose.FULFIL, attempt=1, claim=new_id())
    _RUN.write(
        session,
        {
            "id": run.id,
            "request_id": request.id,
            "purpose": Purpose.FULFIL,
            "attempt": 1,
            "state": RunState.CLAIMED if at_once else RunState.QUEUED,
            "executor": house.executor if at_once else "",
            "claim": run.claim,
            "began_at": now,
            "first_at": now,
            "note": "",
        },
    )
    if not at_once:
        queueing.enqueue(session, house, run, prepared.steps[0].connector)
        return None
    return Job(Claim(run.id, run.claim), request.id, item, works, now, told)


def _promise(
    session: Session,
    house: House,
    request: Request,
    item: Item,
    prepared: Prepared,
    wanted: Wanted | None,
    lasting: list[promising.Thing],
    now: datetime,
) -> None:
    asked = [(step.connector, step.action, step.args, step.resource) for step in prepared.steps]
    had = promising.former(session, request, prepared.holding, asked, lasting)
    if had.going:
        raise StillGoing(had.going)
    if wanted is None:
        return
    try:
        promising.promise(session, house, request, item, prepared.holding, had, wanted, now)
    except BeingTakenBack as going:
        raise StillGoing(going.back) from None


_RUN = Statement(sa.insert(Run.__table__))  # type: ignore[arg-type]
_STEP = Statement(sa.insert(Step.__table__))  # type: ignore[arg-type]


def _store_steps(session: Session, request: Request, prepared: Prepared, *, at_once: bool) -> list[StepWork]:
    works = []
    for position, step in enumerate(prepared.steps, start=1):
        # A one-off that nobody can look at must not be in doubt before it is its turn.
        known = bool(step.before) and named(step.resource)
        first = at_once and step.quick and (known if step.lasting else bool(step.before) or position == 1)
        row = _row(request, step, position, intended=first)
        _STEP.write(session, row)
        works.append(
            StepWork(
                id=row["id"],
                key=row["effect_key"],
                name=step.name,
                connector=step.connector,
                action=step.action,
                args=step.args,
                resource=step.resource,
                state=StepState(row["state"]),
                before=step.before,
                calls=row["calls"],
                customer_id=request.customer_id,
                recorded=not first,
            )
        )
    return works


def _row(request: Request, step: PlannedStep, position: int, *, intended: bool) -> dict[str, Any]:
    """A step's row. `intended`: what was there before is known, and the first call follows this transaction."""
    return {
        "id": new_id(),
        "request_id": request.id,
        "effect_key": f"{request.id}:{step.name}",
        "name": step.name,
        "position": position,
        "connector": step.connector,
        "action": step.action,
        "args": step.args,
        "resource": step.resource,
        "state": StepState.RUNNING if intended else StepState.PLANNED,
        "before": step.before,
        "calls": 1 if intended else 0,
        "ours": False,
        "target_state": {},
        "evidence": {},
        "failure": "",
        "reason": "",
        "tell": "",
    }


def try_at_once(house: House, job: Job, prepared: Prepared) -> RequestState:
    """The first attempt, while the customer waits; whatever it does not finish goes on in the queue.

    A run that another process took over meanwhile is in good hands: it is being fulfilled. So is one whose target takes
    longer than anybody should wait: its thread concludes it, or the sweep does where the thread never comes back.
    """
    quick = {step.name for step in prepared.steps if step.quick}
    is_quick: Callable[[StepWork], bool] = lambda step: step.name in quick  # noqa: E731
    try:
        patience = (house.first_attempt_budget + SLACK).total_seconds()
        return within(patience, lambda: first_attempt(house, job, is_quick), job.steps[0].connector)
    except TooSlow as slow:
        what = "first_attempt_goes_on_alone" if slow.sent else "first_attempt_not_made"
        log.warning(what, run=job.held.run_id, why=str(slow))
        if not slow.sent:
            _leave_to_queue(house, job)
    except LosesClaim:
        log.info("first_attempt_was_taken_over", run=job.held.run_id)
    except Exception:
        log.exception("first_attempt_broke", run=job.held.run_id)
        _leave_to_queue(house, job)
    return RequestState.FULFILLING


def _leave_to_queue(house: House, job: Job) -> None:
    """It is stored and will be done: what broke here must not keep it waiting until this process ends."""
    try:
        with house.database.write() as session:
            queueing.requeue(session, house, hold(session, job.held))
    except (LosesClaim, SQLAlchemyError):
        log.exception("left_to_the_sweep", run=job.held.run_id)
