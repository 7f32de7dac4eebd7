"""The durable walk of a request: taken from a queue, it goes on from the recorded steps. And the first attempt at
once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.items import Item
from selfserve.connectors.breaker import Circuit
from selfserve.fulfilment import eligibility, ends, escalation, grants, owned, parties, versions
from selfserve.fulfilment.attempt import GOING_BACK, Attempt
from selfserve.fulfilment.beside import beside
from selfserve.fulfilment.conclude import SOONEST, conclude, follow, note_results
from selfserve.fulfilment.house import House
from selfserve.fulfilment.results import broke_off
from selfserve.fulfilment.runs import Claim, claim, hold, note_intent, note_name, note_unsent, remembering, steps_of
from selfserve.fulfilment.steps import LosesClaim, StepWork
from selfserve.fulfilment.walk import Ending, walk
from selfserve.languages.messages import msg
from selfserve.store.away import is_away
from selfserve.store.states import STEP_THERE, RequestState, RunState
from selfserve.store.tables import Request, Run
from selfserve.telemetry import figures

log = structlog.get_logger(__name__)
PATIENCE = timedelta(minutes=1)
"""How long one durable walk may take in all; what is not done then goes on in the next attempt."""


@dataclass(frozen=True)
class Job:
    """A run that was claimed, with all it needs, so that no session is open while targets are called."""

    held: Claim
    request_id: str
    item: Item
    steps: list[StepWork]
    since: datetime
    """Since when the customer waits for the machine: the asking, or the last decision."""
    told: tuple[int, str] | None = None
    """Where the request's trail stood when the job was made, if known."""


def first_attempt(house: House, job: Job, quick: Callable[[StepWork], bool]) -> RequestState:
    """Try the steps at once, in the asking thread: as long as they are quick and the budget lasts; the queue does the
    rest. The caller bounds how long it waits for this."""
    deadline = house.now() + house.first_attempt_budget

    def may_try(step: StepWork) -> bool:
        healthy = house.connectors.health()[step.connector].circuit is Circuit.CLOSED
        return healthy and quick(step) and house.now() < deadline

    attempt = _attempt(house, job, deadline, None)
    state = _go(house, job, attempt, may_try)
    figures.first_attempt(hit=state is RequestState.FULFILLED)
    return state


def _attempt(house: House, job: Job, deadline: datetime, patience: timedelta | None) -> Attempt:
    remember = remembering(house, job.held)
    return Attempt(house.connectors, house.now, deadline, patience, beside(house), remember, _naming(house, job))


def _naming(house: House, job: Job) -> Callable[[StepWork], bool]:
    """Writes down what a step changes, where whoever took the order could not tell; False while that is just being
    taken back, which could not be seen before."""

    def name(step: StepWork) -> bool:
        with house.database.write() as session:
            hold(session, job.held)
            going = owned.going_back(session, job.request_id, step)
            note_name(session, step)
            return not going

    return name


def fulfil(house: House, run_id: str) -> None:
    """The durable task: claim the run, walk on, conclude. A run that is over, or was taken by another, is left
    alone."""
    with house.database.write() as session:
        job = _begin(session, house, run_id)
    if job is None:
        return
    attempt = _attempt(house, job, house.now() + PATIENCE, house.call)
    try:
        _go(house, job, attempt, lambda _step: True)
    except LosesClaim:
        log.info("run_was_taken_over", run=run_id)
    except Exception as problem:
        if is_away(problem):
            raise  # begun again by the engine
        log.exception("walk_broke", run=run_id)
        _broke_off(house, job, problem)


def _broke_off(house: House, job: Job, problem: Exception) -> None:
    """A fault of ours: tried again with growing pauses as any other, and a human's in the end."""
    with house.database.write() as session:
        hold(session, job.held)
        step = next((step for step in steps_of(session, [job.request_id]) if step.state not in STEP_THERE), None)
        if step is not None:
            ending = Ending([(step, broke_off(step, problem))], step)
            conclude(session, house, job.held, job.item, ending, house.now())


def _begin(session: Session, house: House, run_id: str) -> Job | None:
    run = session.get(Run, run_id, with_for_update=True)
    if run is None or run.request_id is None:
        return None
    held = claim(session, run, house)
    if held is None:
        return None
    request = session.get_one(Request, run.request_id, with_for_update=True)
    item = versions.pinned(session, request.item_version_id)
    if request.state in (RequestState.APPROVED, RequestState.FULFILLING):
        refusal = eligibility.refusal(session, house, request, item) or grants.over(session, request.id, house.now())
        if refusal is None:
            request.state = RequestState.FULFILLING
            if owned.going_back(session, request.id):
                _put_off(session, house, run)
                return None
            return Job(held, request.id, item, steps_of(session, [request.id]), run.first_at)
        _no_longer_allowed(session, house, request, refusal)
    run.state, run.ended_at = RunState.STOPPED, house.now()
    return None


def _put_off(session: Session, house: House, run: Run) -> None:
    """What it is to bring is just being taken back; that takes a minute at most."""
    now = house.now()
    run.state, run.ended_at, run.note = RunState.STOPPED, now, GOING_BACK
    follow(session, house, run, "", now, SOONEST, first_at=run.first_at)


def _no_longer_allowed(session: Session, house: House, request: Request, refusal: str) -> None:
    """A rule was tightened, or the customer left, between asking and doing: the stricter rule wins."""
    now = house.now()
    request.state, request.closed_at, request.words = RequestState.DENIED, now, refusal
    request.version += 1
    Trail(session, f"request:{request.id}").tell(
        "request.no_longer_allowed", at=now, tell=refusal, data={"reason": refusal}
    )
    escalation.close_subject(session, f"request:{request.id}", now)
    ends.end_reason(session, house, request, "no_longer_allowed", now)
    parties.tell(session, request, now=now, what="no_longer_allowed", title=_no_longer, body=refusal)


def _no_longer(it: str) -> str:
    return msg("{it} is no longer possible", it=it)


def _go(house: House, job: Job, attempt: Attempt, may_try: Callable[[StepWork], bool]) -> RequestState:
    ending, written = Ending(), 0

    def intend(step: StepWork, before: str) -> None:
        """Before a call: its intent, and the results so far, in one transaction."""
        nonlocal written
        fresh = Ending(ending.results[written:])
        with house.database.write() as session:
            hold(session, job.held)
            if fresh.results:
                _note(session, house, job, fresh)
            note_intent(session, step, before)
        written = len(ending.results)

    walk(job.steps, attempt, intend, may_try, ending)
    with house.database.write() as session:
        rest = Ending(ending.results[written:], ending.stopped_at)
        state = conclude(session, house, job.held, job.item, rest, house.now(), job.told if not written else None)
        note_unsent(session, [step for step in job.steps if not step.recorded and not ending.tried(step)])
    _measure(job, ending, state, house.now())
    return state


def _measure(job: Job, ending: Ending, state: RequestState, now: datetime) -> None:
    for step, result in ending.results:
        figures.step_ended(step.connector, result.state, result.failure)
    if state is not RequestState.FULFILLING:
        figures.request_ended(job.item.id, state)
    if state is RequestState.FULFILLED:
        figures.fulfilled_after(job.item.id, (now - job.since).total_seconds())


def _note(session: Session, house: House, job: Job, fresh: Ending) -> None:
    now = house.now()
    request = session.get_one(Request, job.request_id, with_for_update=True)
    grants.activate(session, house, request, now)
    note_results(session, house, request, Trail(session, f"request:{request.id}"), fresh, now)
