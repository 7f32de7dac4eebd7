"""The hourly look over everything: what is past due without effect, lost by the engine, or not as the ledger says.

It reports (log and trail) before it repairs, and what it cannot repair reaches a human.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.connectors.contract import Presence
from selfserve.connectors.problems import ConnectorProblem
from selfserve.fulfilment import escalation, grants, queueing, versions
from selfserve.fulfilment.house import House
from selfserve.fulfilment.runs import work_of
from selfserve.requests import stages
from selfserve.store.ids import new_id
from selfserve.store.states import (
    OPEN_RUN,
    STEP_THERE,
    EscalationState,
    GrantState,
    Purpose,
    RequestState,
    RunState,
    StageState,
)
from selfserve.store.tables import Escalation, Grant, GrantReason, Person, Request, Run, Stage, Step

log = structlog.get_logger(__name__)
GRACE = timedelta(minutes=5)
"""What is late by less is just being done."""
LOOKS = 300
"""How many holdings are compared with their target each hour, those longest not looked at first."""


@dataclass
class Findings:
    """What a look over everything found, by kind; each name is a request, grant or case that was put right."""

    lost_runs: list[str] = field(default_factory=list)
    overdue_grants: list[str] = field(default_factory=list)
    overdue_stages: list[str] = field(default_factory=list)
    left_approvers: list[str] = field(default_factory=list)
    left_customers: list[str] = field(default_factory=list)
    unattended: list[str] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """True where anything at all was found."""
        return any(vars(self).values())


def reconcile(house: House) -> Findings:
    """Look over everything once; returns what was found and put right."""
    found = Findings()
    _lost_runs(house, found)
    with house.database.write() as session:
        now = house.now()
        _overdue(session, house, now, found)
        people_left(session, house, now, found)
        _unattended(session, house, now, found)
    _drift(house, found)
    if found.any:
        log.warning("reconciled", **{kind: names for kind, names in vars(found).items() if names})
    return found


def _lost_runs(house: House, found: Findings) -> None:
    """Runs that are open in our rows, while the engine has lost, failed or never had their order."""
    late = house.now() - GRACE
    with house.database.read() as session:
        runs = session.scalars(
            sa.select(Run)
            .where(Run.state.in_(OPEN_RUN), Run.state != RunState.CLAIMED, sa.func.coalesce(Run.due_at, Run.began_at) < late)
            .limit(500)
        ).all()
    standing = house.engine.standing([queueing.order_id(run) for run in runs])
    for lost in runs:
        if standing.get(queueing.order_id(lost)) in ("DELAYED", "ENQUEUED", "PENDING"):
            continue
        with house.database.write() as session:
            run = session.get(Run, lost.id, with_for_update=True)
            if run is not None and run.state == lost.state and run.claim == lost.claim:
                found.lost_runs.append(queueing.order_id(run))
                _order_again(session, house, run)


def _order_again(session: Session, house: House, run: Run) -> None:
    """The engine knows an order by its id for ever, so a lost run is followed by one with a fresh attempt number."""
    now = house.now()
    run.state, run.ended_at, run.note = RunState.STOPPED, now, "The engine lost it; ordered again"
    session.flush()
    if run.purpose == Purpose.REVOKE:
        grant = session.get_one(Grant, run.grant_id, with_for_update=True)
        grants.order_revoke(session, house, grant, now, first_at=run.first_at, after=None)
        return
    following = Run(
        id=new_id(),
        request_id=run.request_id,
        purpose=Purpose.FULFIL,
        attempt=run.attempt + 1,
        state=RunState.QUEUED,
        claim=new_id(),
        began_at=now,
        first_at=run.first_at,
    )
    session.add(following)
    session.flush()
    queueing.enqueue(session, house, following, "")


def _overdue(session: Session, house: House, now: datetime, found: Findings) -> None:
    late = now - GRACE
    for grant in session.scalars(
        sa.select(Grant).where(Grant.state == GrantState.ACTIVE, Grant.ends_at < late).limit(500).with_for_update()
    ):
        found.overdue_grants.append(grant.id)
        grants.tick(session, house, grant.id, grant.timers, now)
    for stage in session.scalars(
        sa.select(Stage).where(Stage.state == StageState.OPEN, Stage.due_at < late).limit(500).with_for_update()
    ):
        found.overdue_stages.append(stage.id)
        stages.expire(session, house, stage, now)


def people_left(session: Session, house: House, now: datetime, found: Findings) -> None:
    """Approvers who left are replaced, and what customers who left held is taken back. Also called after each sync."""
    away = sa.or_(Person.disabled.is_(True), Person.gone_at.is_not(None))
    waiting = session.scalars(
        sa.select(Stage)
        .join(stages.StageApprover, stages.StageApprover.stage_id == Stage.id)
        .join(Person, Person.id == stages.StageApprover.person_id)
        .where(Stage.state == StageState.OPEN, away)
        .distinct()
    ).all()
    for stage in waiting:
        found.left_approvers.append(stage.id)
        stages.refresh(session, house, stage, now)
    held = session.scalars(
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .join(Person, Person.id == Request.customer_id)
        .where(GrantReason.ended_at.is_(None), away)
        .limit(500)
    ).all()
    for request in held:
        found.left_customers.append(request.name)
        grants.end_reason(session, house, request, "customer_left", now)


def _unattended(session: Session, house: House, now: datetime, found: Findings) -> None:
    for case in session.scalars(
        sa.select(Escalation).where(Escalation.state == EscalationState.OPEN, Escalation.due_at < now - GRACE).limit(500)
    ).all():
        found.unattended.append(case.id)
        escalation.rise(session, house, case.id, case.level, now)


def _drift(house: House, found: Findings) -> None:
    """Holdings whose target does not show them any more: told to the owners, never silently given again."""
    with house.database.read() as session:
        rows = session.scalars(
            sa.select(Step)
            .join(GrantReason, GrantReason.request_id == Step.request_id)
            .join(Grant, Grant.id == GrantReason.grant_id)
            .where(Grant.state == GrantState.ACTIVE, GrantReason.ended_at.is_(None), Step.state.in_(STEP_THERE))
            .order_by(Step.verified_at)
            .limit(LOOKS)
        ).all()
        steps = [work_of(row) for row in rows]
    resting = set(house.connectors.resting())
    for step in steps:
        try:
            connector, action = house.connectors.action(step.use)
            if not action.lasting or step.connector in resting:
                continue
            args = action.args.model_validate(step.args)
        except (ConnectorProblem, ValueError):
            continue
        seen = connector.observe(action.name, args, step.target_state)
        with house.database.write() as session:
            now = house.now()
            if seen.presence is Presence.PRESENT:
                session.execute(sa.update(Step).where(Step.id == step.id).values(verified_at=now))
            elif seen.presence is Presence.ABSENT:
                _tell_drift(session, house, step.id, now, found)


def _tell_drift(session: Session, house: House, step_id: str, now: datetime, found: Findings) -> None:
    step = session.get_one(Step, step_id)
    reason = grants.reason_of(session, step.request_id)
    grant = session.get(Grant, reason.grant_id) if reason else None
    if grant is None or grant.state != GrantState.ACTIVE:
        return
    request = session.get_one(Request, step.request_id)
    item = versions.pinned(session, request.item_version_id)
    found.drifted.append(request.name)
    Trail(session, f"grant:{grant.id}").tell("grant.drifted", at=now, data={"step": step.name})
    if request.state in (RequestState.FULFILLED, RequestState.PARTLY_FULFILLED):
        case = escalation.Case(
            subject=f"drift:{grant.id}",
            why="drift",
            reason=f"{step.connector} does not show it any more, although it was not taken back here",
            team=item.escalate.to,
            title=f"{request.item_name}: not in the target any more",
            runbook=item.runbook,
            request_id=request.id,
            step_id=step.id,
        )
        escalation.hand_over(session, house, case, now)
    step.verified_at = now
