"""Handing work to humans: to which team, why, due when, with everything already known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.teams import Team
from selfserve.fulfilment.house import House
from selfserve.notify import notices
from selfserve.people import teams as people_teams
from selfserve.store.ids import new_id
from selfserve.store.states import EscalationState, Exit
from selfserve.store.tables import Escalation, Person

RISE = "escalation_rise"


@dataclass(frozen=True)
class Case:
    """What is handed over. `subject` is unique while open (`request:…`, `grant:…`, `connector:…`); `title` is for the
    desk."""

    subject: str
    why: str
    reason: str
    team: str
    title: str
    runbook: str = ""
    todo: Sequence[dict[str, Any]] = ()
    request_id: str | None = None
    grant_id: str | None = None
    run_id: str | None = None
    step_id: str | None = None


def hand_over(session: Session, house: House, case: Case, now: datetime) -> Escalation:
    """Open an escalation, or bring the open one on the same subject up to date; tell the team; set its timer."""
    team_id, team = team_of(house, case.team)
    found = session.scalar(
        sa.select(Escalation).where(Escalation.subject == case.subject, Escalation.state != EscalationState.CLOSED)
    )
    if found is not None:
        found.why, found.reason, found.run_id, found.step_id = case.why, case.reason, case.run_id, case.step_id
        found.todo = list(case.todo)
        found.version += 1
        return found
    escalation = Escalation(
        id=new_id(),
        request_id=case.request_id,
        grant_id=case.grant_id,
        run_id=case.run_id,
        step_id=case.step_id,
        subject=case.subject,
        why=case.why,
        reason=case.reason,
        todo=list(case.todo),
        team=team_id,
        runbook=case.runbook,
        state=EscalationState.OPEN,
        version=1,
        level=0,
        opened_at=now,
        due_at=now + team.promise,
        fields={},
    )
    session.add(escalation)
    session.flush()
    _tell_team(session, escalation, team, case.title, now)
    _set_timer(session, house, escalation, now)
    Trail(session, f"escalation:{escalation.id}").tell(
        "escalation.opened",
        at=now,
        data={"subject": case.subject, "why": case.why, "reason": case.reason, "team": team_id},
    )
    return escalation


def team_of(house: House, name: str) -> tuple[str, Team]:
    """The team by name; the house's own team where the name is not known any more."""
    catalog = house.catalog.current
    chosen = name if name in catalog.teams else catalog.policy.techops
    return chosen, catalog.teams[chosen]


def _tell_team(session: Session, escalation: Escalation, team: Team, title: str, now: datetime) -> None:
    event = f"escalation:{escalation.id}:{escalation.level}"
    path = f"/desk/{escalation.id}"
    told: dict[str, Any] = {"now": now, "event": event, "title": title, "body": escalation.reason, "path": path}
    notices.tell(session, mailbox=team.mail, urgent=True, mail=True, **told)
    for person in people_teams.members(session, team):
        notices.tell(session, person_id=person.id, urgent=True, mail=False, **told)


def _set_timer(session: Session, house: House, escalation: Escalation, now: datetime) -> None:
    house.engine.later(
        session,
        RISE,
        f"timer:escalation:{escalation.id}:rise:{escalation.level}",
        escalation.id,
        escalation.level,
        after=max(escalation.due_at - now, timedelta(0)),
    )


def rise(session: Session, house: House, escalation_id: str, level: int, now: datetime) -> str:
    """An escalation's time is over: if nobody took it, the team above is asked too. Returns what was done, in a
    word."""
    escalation = session.get(Escalation, escalation_id, with_for_update=True)
    if escalation is None or escalation.level != level or not _unattended(session, escalation):
        return "void"
    escalation.state, escalation.taken_by_id = EscalationState.OPEN, None
    team_id, team = team_of(house, escalation.team)
    above_id, above = team_of(house, team.rises_to or team_id)
    escalation.level += 1
    escalation.team = above_id
    escalation.due_at = now + above.promise
    escalation.version += 1
    _tell_team(session, escalation, above, "Nobody has taken this yet", now)
    _set_timer(session, house, escalation, now)
    Trail(session, f"escalation:{escalation.id}").tell(
        "escalation.rose", at=now, data={"from": team_id, "to": above_id, "level": escalation.level}
    )
    return "rose"


def _unattended(session: Session, escalation: Escalation) -> bool:
    """Nobody took it, or who took it left."""
    if escalation.state == EscalationState.TAKEN:
        holder = session.get(Person, escalation.taken_by_id) if escalation.taken_by_id else None
        return holder is None or not holder.present
    return escalation.state == EscalationState.OPEN


def close(
    session: Session,
    escalation: Escalation,
    how: Exit,
    now: datetime,
    *,
    by: str | None = None,
    words: str = "",
    fields: dict[str, Any] | None = None,
) -> None:
    """Close an escalation; `by` is the person, None where it solved itself."""
    escalation.state, escalation.closed_how, escalation.closed_at = EscalationState.CLOSED, how, now
    escalation.closed_by_id, escalation.words, escalation.fields = by, words, dict(fields or {})
    escalation.version += 1
    Trail(session, f"escalation:{escalation.id}").tell(
        f"escalation.{how}",
        at=now,
        actor=f"person:{by}" if by else "machine",
        data={"words": words, "fields": fields or {}},
    )


def open_on(session: Session, subject: str) -> list[Escalation]:
    """What is open on a subject: one case at most."""
    return list(
        session.scalars(
            sa.select(Escalation).where(Escalation.subject == subject, Escalation.state != EscalationState.CLOSED)
        )
    )


def close_subject(session: Session, subject: str, now: datetime) -> None:
    """Close what is open on a subject that has solved itself meanwhile."""
    for escalation in open_on(session, subject):
        close(session, escalation, Exit.SOLVED_ITSELF, now)
