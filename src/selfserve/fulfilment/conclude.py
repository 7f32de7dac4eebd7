"""What becomes of a request after a walk: fulfilled, again later, or handed to a human. One transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.items import Item
from selfserve.fulfilment import ends, escalation, grants, parties, queueing, ready, sealed
from selfserve.fulfilment.house import House, Orders
from selfserve.fulfilment.runs import Claim, hold_both, note_result, tell_result
from selfserve.fulfilment.steps import Result, StepWork
from selfserve.fulfilment.walk import Ending, pause
from selfserve.languages.messages import kept, msg
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement
from selfserve.store.states import STEP_THERE, Purpose, RequestState, RunState, StepState
from selfserve.store.tables import AuditEvent, Request, Run, Stage, Step

WOKEN = "What it waits for has come; look again at once"
"""The note of a run in somebody's hands that may have looked too early."""
SOONEST = timedelta(seconds=5)
"""How long a target that is at it is left at least, even where it asked for less."""
AT_ONCE = timedelta(seconds=10)
"""So long after asking somebody is still before the page that says so."""
AT_LEAST_EVERY = timedelta(minutes=10)
"""A target that is at it is looked at so often at least, unless it asked for more time."""
WHY = {
    StepState.DECLINED: "declined",
    StepState.NEEDS_HUMAN: "needs_human",
    StepState.FAILED: "failed",
}


def conclude(
    session: Session,
    house: House,
    held: Claim,
    item: Item,
    ending: Ending,
    now: datetime,
    told: tuple[int, str] | None = None,
) -> RequestState:
    """Write down all results of a walk and what follows; returns the request's state. LosesClaim if the run was taken
    over. `told` is where the request's trail stood last, if known."""
    run, request = hold_both(session, held)
    trail = Trail(session, f"request:{request.id}", last=told)
    seen = ending.stopped_at is None or any(result.there for _, result in ending.results)
    until = grants.activate(session, house, request, now) if seen else None
    note_results(session, house, request, trail, ending, now)
    if ending.stopped_at is None:
        return _fulfilled(session, house, run, request, item, trail, until, now)
    if ending.result is None:
        queueing.requeue(session, house, run, ending.stopped_at.connector)
    elif ending.result.look_again is not None and _patient(session, run, item, ending.result, now):
        _again_later(session, house, run, item, ending.stopped_at, ending.result, trail, now)
    else:
        hand_over(session, house, run, request, item, ending.stopped_at, ending.result, now)
    return RequestState(request.state)


def note_results(session: Session, house: House, request: Request, trail: Trail, ending: Ending, now: datetime) -> None:
    """Write down each result that is not written yet; what is secret is sealed to the request."""
    for step, result in ending.results:
        note_result(session, step, result, now)
        if result.there or result.look_again is None:
            tell_result(trail, step, result, now)
        if result.secret is not None:
            sealed.add(session, house, request, {step.name: result.secret})


def _fulfilled(
    session: Session,
    house: House,
    run: Run,
    request: Request,
    item: Item,
    trail: Trail,
    until: datetime | None,
    now: datetime,
) -> RequestState:
    _RUN_ENDED.write(session, {"which": run.id, "state": RunState.FINISHED, "ended_at": now})
    if request.state != RequestState.FULFILLING:
        ends.end_reason(session, house, request, "request_over", now)
        return RequestState(request.state)
    over = {"state": RequestState.FULFILLED, "closed_at": now, "version": request.version + 1}
    _REQUEST_CLOSED.write(session, {"which": request.id, **over})
    trail.tell(
        "request.fulfilled",
        at=now,
        data={
            "attempt": run.attempt,
            "executor": run.executor,
            "until": until.isoformat() if until else None,
            **({"later": True} if later(house, item) else {}),
        },
    )
    if run.attempt > 1:
        escalation.close_subject(session, f"request:{request.id}", now, worked=True)
    if not _watched(session, run, request, now):
        ready.tell_ready(session, request, item, now, ordered=later(house, item))
    return RequestState.FULFILLED


def _watched(session: Session, run: Run, request: Request, now: datetime) -> bool:
    """They stood before it and saw it: done at once after they asked, with nobody's word in between."""
    if run.attempt > 1 or now - request.asked_at > AT_ONCE:
        return False
    if run.began_at == request.asked_at:
        return True
    return session.scalar(sa.select(sa.exists().where(Stage.request_id == request.id))) is False


def later(house: House, item: Item) -> bool:
    """True where a device does a part of it by itself, in its own time: what we saw in the target is only its order."""
    return any(action.later for step in item.fulfil if (action := house.connectors.lookup(step.use)) is not None)


# Written at every success, so plainly and made once: the rows are locked and nobody reads their objects afterwards.
_RUNS, _REQUESTS = Run.__table__, Request.__table__
_RUN_ENDED = Statement(sa.update(_RUNS).where(_RUNS.c.id == sa.bindparam("which")))  # type: ignore[arg-type]
_REQUEST_CLOSED = Statement(sa.update(_REQUESTS).where(_REQUESTS.c.id == sa.bindparam("which")))  # type: ignore[arg-type]


def _patience_ends(run: Run, item: Item, result: Result) -> datetime:
    if result.state is StepState.ACCEPTED and result.accepted_until is not None:
        return result.accepted_until
    return run.first_at + item.escalate.after


def _patient(session: Session, run: Run, item: Item, result: Result, now: datetime) -> bool:
    """What a person had tried again and does not get through comes back to them at once: they look at it now."""
    if result.state is StepState.ACCEPTED:
        escalation.tried(session, f"request:{run.request_id}", now)
    elif escalation.is_being_tried(session, f"request:{run.request_id}"):
        return False
    return now < _patience_ends(run, item, result)


def _after(run: Run, item: Item, result: Result, now: datetime) -> timedelta:
    """The pause before the next attempt: longer each time, and not before the target's own time; but the last one comes
    when the patience ends. A target that asked for longer is still left in peace then, and a human hears of it."""
    after = pause(run.attempt, None)
    if result.state is StepState.ACCEPTED:
        after = min(max(after, SOONEST), AT_LEAST_EVERY)
    return min(max(after, result.look_again or timedelta(0)), _patience_ends(run, item, result) - now)


def _again_later(
    session: Session, house: House, run: Run, item: Item, step: StepWork, result: Result, trail: Trail, now: datetime
) -> None:
    after = None if run.note == WOKEN else _after(run, item, result, now)
    run.state, run.ended_at, run.note = RunState.STOPPED, now, result.reason
    follow(session, house, run, step.connector, now, after, first_at=run.first_at)
    if not _told_before(session, step, result):
        trail.tell(
            f"step.{result.state}" if result.state is StepState.ACCEPTED else "step.waiting",
            at=now,
            tell=result.tell,
            data={"step": step.name, "use": step.use, "reason": result.reason, "failure": result.failure},
        )


def _told_before(session: Session, step: StepWork, result: Result) -> bool:
    """True where the timeline already says that this step waits for this reason; a wait is told once, not at every
    look."""
    request_id = step.key.partition(":")[0]
    last = session.execute(
        sa.select(AuditEvent.kind, AuditEvent.data)
        .where(AuditEvent.stream == f"request:{request_id}", AuditEvent.kind.in_(["step.waiting", "step.accepted"]))
        .order_by(AuditEvent.number.desc())
        .limit(1)
    ).first()
    if last is None or last.data.get("step") != step.name:
        return False
    at_it = result.state is StepState.ACCEPTED and last.kind == "step.accepted" and not result.reason
    return at_it or last.data.get("reason") == result.reason


def follow(
    session: Session,
    house: Orders,
    run: Run,
    connector: str,
    now: datetime,
    after: timedelta | None,
    first_at: datetime,
) -> Run:
    """Order the attempt after `run`."""
    following = Run(
        id=new_id(),
        request_id=run.request_id,
        purpose=Purpose.FULFIL,
        attempt=run.attempt + 1,
        state=RunState.WAITING if after else RunState.QUEUED,
        claim=new_id(),
        began_at=now,
        first_at=first_at,
        due_at=now + after if after else None,
    )
    session.flush()  # the run before must be closed first: only one may be open
    session.add(following)
    session.flush()
    queueing.enqueue(session, house, following, connector, after)
    return following


def hand_over(
    session: Session,
    house: House,
    run: Run,
    request: Request,
    item: Item,
    step: StepWork,
    result: Result,
    now: datetime,
) -> None:
    """The machine cannot finish it: a case with all that is known, and a word to the customer."""
    run.state, run.ended_at, run.note = RunState.ESCALATED, now, result.reason
    request.state = RequestState.HANDED_OVER
    request.version += 1
    accepted_too_long = result.state is StepState.ACCEPTED
    why = "accepted_too_long" if accepted_too_long else WHY.get(result.state, "retries_spent")
    case = escalation.Case(
        subject=f"request:{request.id}",
        why=why,
        reason=result.reason or msg("The machine could not finish this"),
        team=item.escalate.to,
        title=msg("“{item}” needs a person", item=request.item_name),
        runbook=item.runbook,
        todo=result.todo,
        request_id=request.id,
        run_id=run.id,
        step_id=step.id,
    )
    tried = escalation.tried_on(session, case.subject)
    opened = escalation.hand_over(session, house, case, now)
    in_vain = opened.id == tried  # the same trouble: a person had it tried again
    by = escalation.held_by(session, opened) if in_vain else ""
    team = escalation.team_of(house, opened.team)[1]
    request.promised_at = opened.due_at
    done = sa.select(sa.func.count()).where(Step.request_id == request.id, Step.state.in_(STEP_THERE))
    Trail(session, f"request:{request.id}").tell(
        "request.handed_over",
        at=now,
        tell=result.tell,
        data={
            "team": team.name,
            "team_said": kept(team.name),
            "due": opened.due_at.isoformat(),
            "why": why,
            "step": step.name,
            "reason": result.reason,
            "steps_there": session.scalar(done),
            "by_design": bool(result.todo),
            **({"in_vain": True, "by": by} if in_vain else {}),
        },
    )
    body = msg(
        "{team} looks at it by {by}. You do not need to do anything; we tell you when there is news.",
        team=team.name,
        by=opened.due_at,
    )
    if by:
        body = msg(
            "{name} is still looking after it. You do not need to do anything; we tell you when there is news.", name=by
        )
    title = _in_vain if in_vain else _waits
    parties.tell(session, request, now=now, what=f"handed_over:{run.attempt}", title=title, body=body)


def _in_vain(it: str) -> str:
    return msg("{it}: it did not work this time either", it=it)


def _waits(it: str) -> str:
    return msg("{it} waits for a person", it=it)
