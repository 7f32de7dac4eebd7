"""The look over everything: what is past due without effect, lost by the engine, or not as the ledger says.

What the engine or a timer lost is looked for every minute, all else every hour. It reports (log and trail) before it
repairs, and what it cannot repair reaches a human.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from selfserve.connectors.contract import AlreadyDone, Observation, Presence
from selfserve.connectors.problems import ConnectorProblem
from selfserve.fulfilment import conclude, drift, ends, escalation, give_up, queueing, versions
from selfserve.fulfilment.beside import beside
from selfserve.fulfilment.house import House
from selfserve.fulfilment.revoke import ALARM_AFTER
from selfserve.fulfilment.runs import work_of
from selfserve.fulfilment.steps import StepWork
from selfserve.requests import stages
from selfserve.store.states import (
    GOING,
    OPEN_RUN,
    STEP_THERE,
    EscalationState,
    GrantState,
    Purpose,
    RequestState,
    RunState,
    StageState,
)
from selfserve.store.tables import Escalation, Grant, GrantReason, Person, Request, Run, Stage, StageApprover, Step

log = structlog.get_logger(__name__)
GRACE = timedelta(minutes=5)
"""What is late by less is just being done."""
BEGUN = timedelta(minutes=1)
"""A run whose order is nowhere may have been ordered so lately that it is not to be seen yet."""
BATCH = 500
TEAM = "team:"
LOOKS = 300
"""How many holdings are read from the store at a time to be compared with their targets."""
COMPARING = timedelta(minutes=5)
"""How long holdings are compared each hour, those longest not looked at first. A directory shows some fifty thousand in
that time; what is left has its turn in the next hour."""


@dataclass
class Findings:
    """What a look over everything found, by kind; each name is a request, grant or case that was put right."""

    lost_runs: list[str] = field(default_factory=list)
    stranded: list[str] = field(default_factory=list)
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
    found = _lost(house)
    people_left(house, found)
    _drift(house, found)
    return _told(found)


def find_lost(house: House) -> Findings:
    """Look, by a few indexed questions, for what nothing brings on any more; returns what was found and put right."""
    return _told(_lost(house))


def _lost(house: House) -> Findings:
    found = Findings()
    _lost_runs(house, found)
    _stranded(house, found)
    _overdue(house, found)
    _unattended(house, found)
    return found


def _told(found: Findings) -> Findings:
    if found.any:
        log.warning("reconciled", **{kind: names for kind, names in vars(found).items() if names})
    return found


def _each(
    house: House, ids: Iterable[str], act: Callable[[Session, str, datetime], str | None], into: list[str]
) -> None:
    """Put each right in a transaction of its own: one that cannot be must not keep the others from it."""
    for row_id in ids:
        try:
            with house.database.write() as session:
                name = act(session, row_id, house.now())
        except Exception:
            log.exception("could_not_reconcile", row=row_id)
            continue
        if name is not None:
            into.append(name)


def _ids(house: House, query: sa.Select[str]) -> list[str]:
    with house.database.read() as session:
        return list(dict.fromkeys(session.scalars(query.limit(BATCH))))


def _lost_runs(house: House, found: Findings) -> None:
    """Runs that are open in our rows, while the engine has lost, failed or never had their order; longest due first."""
    due = sa.func.coalesce(Run.due_at, Run.began_at)
    left = (
        sa.select(Run.id, Run.claim)
        .where(
            Run.state.in_(OPEN_RUN),
            Run.state != RunState.CLAIMED,
            due < house.now() - BEGUN,
            ~house.engine.open(queueing.order_of()),
        )
        .order_by(due, Run.id)
        .limit(BATCH)
    )
    with house.database.read() as session:
        lost = {row.id: row.claim for row in session.execute(left)}

    def again(session: Session, row_id: str, now: datetime) -> str | None:
        run = session.get(Run, row_id, with_for_update=True)
        if run is None or run.claim != lost[row_id] or run.state not in OPEN_RUN:
            return None
        order = queueing.order_id(run)
        if run.attempt > 1 and now - run.first_at >= _patience(session, run):
            give_up.give_up(session, house, order, now, give_up.BROKE)
        else:
            _order_again(session, house, run, now)
        return order

    _each(house, lost, again, found.lost_runs)


def _patience(session: Session, run: Run) -> timedelta:
    """How long a run may be begun again and again until people hear of it."""
    if run.purpose == Purpose.REVOKE or run.request_id is None:
        return ALARM_AFTER
    return versions.pinned(session, session.get_one(Request, run.request_id).item_version_id).escalate.after


def _order_again(session: Session, house: House, run: Run, now: datetime) -> None:
    """The engine knows an order by its id for ever, so a lost run is followed by one with a fresh attempt number."""
    run.state, run.ended_at, run.note = RunState.STOPPED, now, "The engine lost it; ordered again"
    session.flush()
    if run.purpose == Purpose.REVOKE:
        grant = session.get_one(Grant, run.grant_id, with_for_update=True)
        ends.order_revoke(session, house, grant, now, first_at=run.first_at, after=None)
    else:
        conclude.follow(session, house, run, "", now, None, first_at=run.first_at)


def _stranded(house: House, found: Findings) -> None:
    """What is to be done or taken back, and has no run that does it."""
    runs = sa.select(Run.id).where(Run.state.in_(OPEN_RUN))
    asked = sa.select(Request.id).where(
        Request.state.in_([RequestState.APPROVED, RequestState.FULFILLING]),
        ~runs.where(Run.request_id == Request.id, Run.purpose == Purpose.FULFIL).exists(),
    )
    ending = sa.select(Grant.id).where(
        Grant.state.in_(GOING),
        ~runs.where(Run.grant_id == Grant.id, Run.purpose == Purpose.REVOKE).exists(),
    )

    def ask_again(session: Session, row_id: str, now: datetime) -> str | None:
        request = session.get_one(Request, row_id, with_for_update=True)
        last = session.scalar(
            sa.select(Run)
            .where(Run.request_id == row_id, Run.purpose == Purpose.FULFIL)
            .order_by(Run.attempt.desc())
            .limit(1)
        )
        if (
            last is None
            or last.state in OPEN_RUN
            or request.state not in (RequestState.APPROVED, RequestState.FULFILLING)
        ):
            return None
        conclude.follow(session, house, last, "", now, None, first_at=last.first_at)
        return request.name

    def end_again(session: Session, row_id: str, now: datetime) -> str | None:
        grant = session.get_one(Grant, row_id, with_for_update=True)
        still = session.scalar(runs.where(Run.grant_id == row_id).limit(1)) is None
        if not still or grant.state not in GOING:
            return None
        ends.order_revoke(session, house, grant, now, first_at=now, after=None)
        return row_id

    _each(house, _ids(house, asked), ask_again, found.stranded)
    _each(house, _ids(house, ending), end_again, found.stranded)


def _overdue(house: House, found: Findings) -> None:
    """Grants and stages whose timer was lost."""
    late = house.now() - GRACE

    def end(session: Session, row_id: str, now: datetime) -> str | None:
        grant = session.get_one(Grant, row_id, with_for_update=True)
        return row_id if ends.tick(session, house, row_id, grant.timers, now) == "ended" else None

    def expire(session: Session, row_id: str, now: datetime) -> str | None:
        stage = stages.locked(session, row_id)
        if stage is None or stage.state != StageState.OPEN:
            return None
        stages.expire(session, house, stage, now)
        return row_id

    over = sa.select(Grant.id).where(Grant.state == GrantState.ACTIVE, Grant.ends_at < late)
    undecided = sa.select(Stage.id).where(Stage.state == StageState.OPEN, Stage.due_at < late)
    _each(house, _ids(house, over), end, found.overdue_grants)
    _each(house, _ids(house, undecided), expire, found.overdue_stages)


def people_left(house: House, found: Findings) -> None:
    """Approvers who left are replaced, also where their team left the catalog, and what customers who left held is
    taken back. Also called after each sync."""
    away = sa.or_(Person.disabled.is_(True), Person.gone_at.is_not(None))
    waiting = (
        sa.select(Stage.id)
        .join(StageApprover, StageApprover.stage_id == Stage.id)
        .join(Person, Person.id == StageApprover.person_id)
        .where(Stage.state == StageState.OPEN, away)
    )
    held = (
        sa.select(Request.id)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .join(Person, Person.id == Request.customer_id)
        .where(GrantReason.ended_at.is_(None), away)
    )

    def ask_anew(session: Session, row_id: str, now: datetime) -> str | None:
        stage = stages.locked(session, row_id)
        if stage is None or stage.state != StageState.OPEN:
            return None
        stages.refresh(session, house, stage, now)
        return row_id

    def take_back(session: Session, row_id: str, now: datetime) -> str | None:
        request = session.get_one(Request, row_id, with_for_update=True)
        ended = ends.end_reason(session, house, request, "customer_left", now)
        return request.name if ended is not None else None

    asked = dict.fromkeys([*_ids(house, waiting), *_teams_gone(house)])
    _each(house, asked, ask_anew, found.left_approvers)
    _each(house, _ids(house, held), take_back, found.left_customers)


def _teams_gone(house: House) -> list[str]:
    """Open stages that name a team which is not in the catalog any more, and wait for those who were in it."""
    there = {f"{TEAM}{name}" for name in house.catalog.current.teams}
    open_ones = sa.select(Stage.id, Stage.by).where(Stage.state == StageState.OPEN, Stage.fallback.is_(False))
    with house.database.read() as session:
        return [
            row.id
            for row in session.execute(open_ones)
            if any(by.startswith(TEAM) and by not in there for by in row.by)
        ][:BATCH]


def _unattended(house: House, found: Findings) -> None:
    """Cases whose timer was lost: past their time, and neither risen nor their holder reminded."""
    late = sa.select(Escalation.id, Escalation.level).where(
        Escalation.state != EscalationState.CLOSED,
        Escalation.rises_at < house.now() - GRACE,
    )
    with house.database.read() as session:
        found_late = session.execute(late.order_by(Escalation.rises_at, Escalation.id).limit(BATCH))
        levels = {row.id: row.level for row in found_late}

    def rise(session: Session, row_id: str, now: datetime) -> str | None:
        return row_id if escalation.rise(session, house, row_id, levels[row_id], now) != "void" else None

    _each(house, levels, rise, found.unattended)


def _drift(house: House, found: Findings) -> None:
    """Holdings whose target does not show them any more: told to the owners, never silently given again."""
    began, met = house.now(), set[str]()
    while house.now() - began < COMPARING:
        steps = [step for step in _not_looked_at(house, began) if step.id not in met]
        met.update(step.id for step in steps)
        if not steps:
            return
        for step in steps:
            if step.connector not in house.connectors.resting():
                _compare(house, step, found)


def _not_looked_at(house: House, since: datetime) -> list[StepWork]:
    """Some of what is held and was not compared since then, longest ago first."""
    with house.database.read() as session:
        rows = session.scalars(
            sa.select(Step)
            .join(GrantReason, GrantReason.request_id == Step.request_id)
            .join(Grant, Grant.id == GrantReason.grant_id)
            .where(
                Grant.state == GrantState.ACTIVE,
                GrantReason.ended_at.is_(None),
                Step.state.in_(STEP_THERE),
                Step.connector.in_(set(house.connectors.connectors) - set(house.connectors.resting())),
                sa.or_(Step.looked_at.is_(None), Step.looked_at < since),
            )
            .order_by(Step.looked_at.is_not(None), Step.looked_at)
            .limit(LOOKS)
        ).all()
        return [work_of(row) for row in rows]


def _compare(house: House, step: StepWork, found: Findings) -> None:
    seen = _look(house, step)

    def note(session: Session, row_id: str, now: datetime) -> str | None:
        if seen is Presence.PRESENT:
            drift.back(session, row_id, now)
        told = drift.tell(session, house, row_id, now) if seen is Presence.ABSENT else None
        session.execute(sa.update(Step).where(Step.id == row_id).values(looked_at=now))
        return told

    _each(house, [step.id], note, found.drifted)


def _displaced(house: House, step: StepWork) -> bool:
    """True where something else of theirs has its place in the target, and is still wanted: it is not missing then."""
    connector, action = house.connectors.guarded(step.use, house.call)
    args = action.args.model_validate(step.args)
    for one in beside(house)(step.id):
        other = action.args.model_validate(one.args)
        if one.lives and connector.displaces(action.name, other, args):
            return connector.observe(action.name, other, one.state).presence is Presence.PRESENT
    return False


def _look(house: House, step: StepWork) -> Presence:
    try:
        connector, action = house.connectors.guarded(step.use, house.call)
        if not action.lasting or action.human:
            return Presence.UNKNOWABLE  # what people did is in no target; their own record proves nothing
        seen: Observation = connector.observe(action.name, action.args.model_validate(step.args), step.target_state)
        if seen.presence is Presence.ABSENT and _displaced(house, step):
            return Presence.UNKNOWABLE
    except (ConnectorProblem, ValueError):
        return Presence.UNKNOWABLE
    except Exception:
        log.exception("connector_raised", connector=step.connector, action=step.action)
        return Presence.UNKNOWABLE
    house.connectors.note(step.connector, seen.failure or AlreadyDone())
    return seen.presence
