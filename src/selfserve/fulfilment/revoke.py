"""Taking back: every effect of a grant that is ours and that nobody else still needs, seen to be gone before it is
said."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.connectors.breaker import LONGEST
from selfserve.connectors.contract import FailureKind
from selfserve.fulfilment import ends, escalation, naming, owned, sealed, versions
from selfserve.fulfilment.attempt import Attempt
from selfserve.fulfilment.beside import beside
from selfserve.fulfilment.ended import tell_cleared, tell_ended
from selfserve.fulfilment.fulfil import PATIENCE
from selfserve.fulfilment.house import House
from selfserve.fulfilment.results import broke_off
from selfserve.fulfilment.runs import Claim, claim, hold, note_result, remembering, tell_result, work_of
from selfserve.fulfilment.steps import LosesClaim, Result, StepWork
from selfserve.fulfilment.walk import Ending, pause, walk_back
from selfserve.languages.messages import msg
from selfserve.store.away import is_away
from selfserve.store.states import GrantState, RunState, StepState
from selfserve.store.tables import Grant, GrantReason, Request, Run, Step

log = structlog.get_logger(__name__)
ALARM_AFTER = timedelta(minutes=15)
"""A failing taking-back alarms a human after this; it goes on being tried all the same."""
WAIT = timedelta(seconds=5)
GIVEN = msg("It is just being given for something else, so it cannot be taken back yet.")


def revoke(house: House, run_id: str) -> None:
    """The durable task: take a grant back, or say plainly that it is still there and try again later, for ever."""
    _wipe(house, run_id)
    names = naming.learn(house, run_id)
    with house.database.write() as session:
        run = session.get(Run, run_id, with_for_update=True)
        held = claim(session, run, house) if run is not None else None
        if run is None or held is None or run.grant_id is None:
            return
        given = owned.being_given(session, run.grant_id)
        if given is not None:
            _wait(session, house, run, work_of(given), GIVEN, house.now())
            return
        unnamed = naming.since(session, run_id, names)
        if unnamed is not None:
            _put_off(session, house, run, unnamed, house.now())
            return
        steps = [step for step in owned.to_undo(session, run.grant_id, house.now()) if _lasts(house, step)]
    until, remember = house.now() + PATIENCE, remembering(house, held)
    attempt = Attempt(house.connectors, house.now, until, house.call, beside(house), remember)
    try:
        ending = walk_back(steps, attempt)
        with house.database.write() as session:
            _conclude(session, house, held, ending, house.now())
    except LosesClaim:
        log.info("run_was_taken_over", run=run_id)
    except Exception as problem:
        if is_away(problem) or not steps:
            raise  # a store that is away: begun again by the engine
        log.exception("walk_broke", run=run_id)
        with house.database.write() as session:
            still_there(session, house, hold(session, held), steps[-1], broke_off(steps[-1], problem), house.now())


def _wipe(house: House, run_id: str) -> None:
    """What could not be wiped when the grant ended, as somebody was at it."""
    with house.database.write() as session:
        grant = session.scalar(sa.select(Grant).join(Run, Run.grant_id == Grant.id).where(Run.id == run_id))
        if grant is not None:
            sealed.forget(session, house, grant, patiently=True)


def _put_off(session: Session, house: House, run: Run, unnamed: naming.Unnamed, now: datetime) -> None:
    """It cannot be told whether somebody else holds the same: a human's at once where no time helps."""
    if unnamed.hopeless:
        kind, step = FailureKind.CONFIG, unnamed.step
        result = Result(step.state, step.target_state, failure=kind, reason=unnamed.why)
        still_there(session, house, run, step, result, now)
        return
    _wait(session, house, run, unnamed.step, unnamed.why, now, after=WAIT if unnamed.soon else None)


def _wait(
    session: Session,
    house: House,
    run: Run,
    step: StepWork,
    reason: str,
    now: datetime,
    *,
    after: timedelta | None = None,
) -> None:
    """Not now, and not for ever: nothing has failed yet, but the pauses grow (or are as given), and a human hears of it
    in time."""
    result = Result(step.state, step.target_state, reason=reason, look_again=WAIT)
    grant = session.get_one(Grant, run.grant_id, with_for_update=True)
    if now - run.first_at >= ALARM_AFTER or escalation.is_being_tried(session, f"grant:{grant.id}"):
        still_there(session, house, run, step, result, now, after=after)
        return
    run.state, run.ended_at, run.note = RunState.STOPPED, now, reason
    session.flush()
    ends.order_revoke(session, house, grant, now, first_at=run.first_at, after=after or _after(run, result, now))


def _lasts(house: House, step: StepWork) -> bool:
    """False for a one-off, which leaves nothing to take back."""
    action = house.connectors.lookup(step.use)
    return action is None or action.lasting


def _conclude(session: Session, house: House, held: Claim, ending: Ending, now: datetime) -> None:
    run = hold(session, held)
    grant = session.get_one(Grant, run.grant_id, with_for_update=True)
    trail = Trail(session, f"grant:{grant.id}")
    for step, result in sorted(ending.results, key=lambda one: one[0].id):  # as all do who lock several steps
        note_taken_back(session, step, result, now)
    for step, result in ending.results:
        tell_result(trail, step, result, now)
    if ending.stopped_at is None:
        _gone(session, house, run, grant, trail, now)
        return
    result = next(result for step, result in ending.results if step is ending.stopped_at)
    still_there(session, house, run, ending.stopped_at, result, now)


def note_taken_back(session: Session, step: StepWork, result: Result, now: datetime) -> None:
    """Write down a taking-back; one that failed leaves the step as there as it was, for there it is."""
    if result.state is StepState.UNDONE:
        note_result(session, step, result, now)
        return
    session.execute(
        sa.update(Step)
        .where(Step.id == step.id)
        .values(failure=result.failure, reason=result.reason, evidence=result.evidence)
    )


def _gone(session: Session, house: House, run: Run, grant: Grant, trail: Trail, now: datetime) -> None:
    run.state, run.ended_at = RunState.FINISHED, now
    was_held = grant.started_at is not None
    grant.state, grant.ended_at = GrantState.ENDED, now
    grant.version += 1
    trail.tell("grant.ended", at=now, data={"attempt": run.attempt})
    for subject in (f"grant:{grant.id}", f"drift:{grant.id}"):
        escalation.close_subject(session, subject, now, worked=True)
    if was_held:
        tell_ended(session, house, grant, now)
    elif grant.revoke_attempts > 1:  # whoever asked for it meanwhile was promised a word
        tell_cleared(session, house, grant, now)


def still_there(
    session: Session,
    house: House,
    run: Run,
    step: StepWork,
    result: Result,
    now: datetime,
    *,
    after: timedelta | None = None,
) -> None:
    """Never shown as taken back: visible to staff as failed, tried again with growing pauses, a human alarmed in
    time. What only a human can take back has not failed: it is theirs to do, and ending until they have done it."""
    run.state, run.ended_at, run.note = RunState.STOPPED, now, result.reason
    grant = session.get_one(Grant, run.grant_id, with_for_update=True)
    hopeless = result.look_again is None
    grant.state = GrantState.ENDING if result.todo else GrantState.REVOKE_FAILED
    grant.version += 1
    session.flush()
    ends.order_revoke(session, house, grant, now, first_at=run.first_at, after=after or _after(run, result, now))
    told = {"step": step.name, "use": step.use, "reason": result.reason}
    kind = "grant.by_hand" if result.todo else "grant.revoke_failed"
    Trail(session, f"grant:{grant.id}").tell(kind, at=now, data=told)
    asked = escalation.is_being_tried(session, f"grant:{grant.id}")
    if hopeless or asked or now - run.first_at >= ALARM_AFTER:
        _alarm(session, house, grant, run, step, result, now)


def _after(run: Run, result: Result, now: datetime) -> timedelta:
    """The pause before it is tried again, a day at most; and one try when the alarm is due, whatever was asked for."""
    after = min(pause(run.attempt, result.look_again), LONGEST)
    alarm = run.first_at + ALARM_AFTER - now
    return min(after, alarm) if alarm > timedelta(0) else after


def _alarm(
    session: Session, house: House, grant: Grant, run: Run, step: StepWork, result: Result, now: datetime
) -> None:
    request = session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(GrantReason.grant_id == grant.id)
        .order_by(Request.asked_at.desc())
        .limit(1)
    ).one()
    item = versions.pinned(session, request.item_version_id)
    reason: str = msg("It should have been taken back and is still there: {why}", why=result.reason)
    title = msg("“{item}” could not be taken back", item=grant.item_name)
    if result.todo:
        reason, title = result.reason, msg("“{item}” is to be taken back", item=grant.item_name)
    case = escalation.Case(
        subject=f"grant:{grant.id}",
        why="needs_human" if result.todo else "revoke_failed",
        reason=reason,
        team=item.escalate.to,
        title=title,
        runbook=item.runbook,
        todo=result.todo,
        grant_id=grant.id,
        run_id=run.id,
        step_id=step.id,
    )
    escalation.hand_over(session, house, case, now)
