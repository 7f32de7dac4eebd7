"""Handing work to humans: to which team, why, due when, with everything already known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.items import Item
from selfserve.catalog.teams import Team
from selfserve.fulfilment.house import House
from selfserve.languages.messages import kept, msg
from selfserve.notify import notices
from selfserve.people import teams as people_teams
from selfserve.store.ids import new_id
from selfserve.store.states import EscalationState, Exit, RequestState
from selfserve.store.tables import Escalation, Person, Request

RISE = "escalation_rise"
EARLY = timedelta(seconds=30)
"""The clock of the process in which a timer fires may be behind that of the one which set it by so much."""
_MOMENT = "%Y%m%dT%H%M%S.%f"


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
    """Open an escalation, or bring the open one on the same subject up to date; tell the team; set its timer.

    What somebody had tried again, in vain, is theirs still, and due when it was.
    """
    team_id, team = team_of(house, case.team)
    due = team.due(now, team.promise, house.zone)
    found = session.scalar(
        sa.select(Escalation).where(Escalation.subject == case.subject, Escalation.state != EscalationState.CLOSED)
    )
    if found is not None and found.state == EscalationState.RETRYING and found.step_id != case.step_id:
        close(session, found, Exit.RETRIED, now, by=found.taken_by_id)  # that step went well, this is another trouble
        session.flush()
        found = None
    if found is not None:
        if found.state == EscalationState.RETRYING:
            _in_vain(session, house, found, case, now)
        found.why, found.reason, found.run_id, found.step_id = case.why, case.reason, case.run_id, case.step_id
        found.todo = list(case.todo)
        found.version += 1
        return found
    before = _tried_again(session, case)
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
        due_at=due,
        rises_at=due,
        fields={},
    )
    session.add(escalation)
    if before is not None:
        team_id, team = team_of(house, before.team)
        escalation.due_at = escalation.rises_at = team.due(now, team.promise, house.zone)
        _resume(escalation, before, now)
    session.flush()
    if _holder(session, escalation) is None:
        _tell_team(session, escalation, team, case.title, now)
    else:
        _tell_holder(session, escalation, case.title, now)
    _set_timer(session, house, escalation, now)
    Trail(session, f"escalation:{escalation.id}").tell(
        "escalation.opened",
        at=now,
        data={"subject": case.subject, "why": case.why, "reason": case.reason, "team": team_id},
    )
    return escalation


def being_tried(session: Session, escalation: Escalation, staff: Person, now: datetime) -> None:
    """It is tried again on a person's word: still its team's and due when it was, until that works or does not."""
    escalation.state = EscalationState.RETRYING
    escalation.version += 1
    Trail(session, f"escalation:{escalation.id}").tell("escalation.trying", at=now, actor=f"person:{staff.id}")


def held_by(session: Session, escalation: Escalation) -> str:
    """The given name of who has it, as customers read it; empty where nobody does."""
    holder = _holder(session, escalation)
    return "" if holder is None else holder.given_name or holder.name


def is_being_tried(session: Session, subject: str) -> bool:
    """True where a person waits at the desk for what becomes of this try."""
    return tried_on(session, subject) != ""


def tried_on(session: Session, subject: str) -> str:
    """The id of the case whose try a person waits for at the desk; empty where nobody does."""
    return next((one.id for one in open_on(session, subject) if one.state == EscalationState.RETRYING), "")


def tried(session: Session, subject: str, now: datetime) -> None:
    """The try that a person asked for got through; what the target makes of it is not theirs to wait for."""
    if is_being_tried(session, subject):
        close_subject(session, subject, now, worked=True)


def _in_vain(session: Session, house: House, escalation: Escalation, case: Case, now: datetime) -> None:
    """Theirs as it was, at once, with what is known now; due anew where its time is over: nobody is promised the
    past."""
    team_id, team = team_of(house, escalation.team)
    escalation.state = EscalationState.TAKEN if escalation.taken_by_id else EscalationState.OPEN
    anew = team.due(now, team.promise, house.zone)
    if escalation.due_at <= now:
        escalation.due_at = anew
    if escalation.rises_at <= now:
        escalation.rises_at, escalation.reminded_at = anew, None
        _set_timer(session, house, escalation, now)
    escalation.reason = case.reason
    if _holder(session, escalation) is None:
        _tell_team(session, escalation, team, case.title, now, again=True)
    else:
        _tell_holder(session, escalation, case.title, now)
    Trail(session, f"escalation:{escalation.id}").tell(
        "escalation.in_vain", at=now, data={"why": case.why, "reason": case.reason, "team": team_id}
    )


def _tried_again(session: Session, case: Case) -> Escalation | None:
    """The case before this one, where it ended by being tried again: the same trouble goes on."""
    if case.step_id is None or case.subject.startswith("drift:"):
        return None
    last = session.scalars(
        sa.select(Escalation)
        .where(Escalation.subject == case.subject, Escalation.state == EscalationState.CLOSED)
        .order_by(Escalation.closed_at.desc(), Escalation.id.desc())
        .limit(1)
    ).first()
    return last if last is not None and last.closed_how == Exit.RETRIED and last.step_id == case.step_id else None


def _resume(escalation: Escalation, before: Escalation, now: datetime) -> None:
    """Whose it was, and due when it was, as far as that is still to come: nobody is promised the past."""
    escalation.team, escalation.level = before.team, before.level
    if before.due_at > now:
        escalation.due_at = before.due_at
    if before.rises_at > now:
        escalation.rises_at, escalation.reminded_at = before.rises_at, before.reminded_at
    if before.taken_by_id is not None:
        escalation.state = EscalationState.TAKEN
        escalation.taken_by_id, escalation.taken_at = before.taken_by_id, before.taken_at


def team_of(house: House, name: str) -> tuple[str, Team]:
    """The team by name; the house's own team where the name is not known any more."""
    catalog = house.catalog.current
    chosen = name if name in catalog.teams else catalog.policy.techops
    return chosen, catalog.teams[chosen]


def working(house: House, item: Item) -> bool:
    """True where what the item promises is done by people who have working hours, so that it counts in them."""
    by_hand = [house.connectors.lookup(step.use) for step in item.fulfil]
    return any(action is not None and action.human for action in by_hand) and (
        team_of(house, item.escalate.to)[1].hours is not None
    )


def promised(house: House, item: Item, now: datetime) -> datetime:
    """When what is asked for now is to be there, by what the item says."""
    if not working(house, item):
        return now + item.expect
    return team_of(house, item.escalate.to)[1].due(now, item.expect, house.zone)


def _tell_team(
    session: Session, escalation: Escalation, team: Team, title: str, now: datetime, *, again: bool = False
) -> None:
    event = f"escalation:{escalation.id}:{escalation.level}" + (f":{escalation.version}" if again else "")
    path = f"/desk/{escalation.id}"
    told: dict[str, Any] = {"now": now, "event": event, "title": title, "body": escalation.reason, "path": path}
    notices.tell(session, mailbox=team.mail, urgent=True, mail=True, **told)
    for person in people_teams.members(session, team):
        notices.tell(session, person_id=person.id, urgent=True, mail=False, **told)


def _tell_holder(session: Session, escalation: Escalation, title: str, now: datetime) -> None:
    assert escalation.taken_by_id is not None
    notices.tell(
        session,
        now=now,
        event=f"escalation:{escalation.id}:again:{escalation.version}",
        person_id=escalation.taken_by_id,
        title=title,
        body=msg("It was tried again, and did not work out: {why}", why=escalation.reason),
        path=f"/desk/{escalation.id}",
    )


def settle(session: Session, escalation: Escalation, now: datetime) -> None:
    """What called people to the case calls nobody any more: somebody has it, another team does, or it is closed."""
    people = notices.told(session, [f"escalation:{escalation.id}:{level}" for level in range(escalation.level + 1)])
    people |= {escalation.taken_by_id} if escalation.taken_by_id else set()
    notices.settled(session, people, f"escalation:{escalation.id}:", now)


def _set_timer(session: Session, house: House, escalation: Escalation, now: datetime, *, anew: bool = False) -> None:
    """Order the next look at the case; `anew` where the order for this very moment fired before it."""
    order = f"timer:escalation:{escalation.id}:rise:{escalation.level}:{escalation.rises_at:{_MOMENT}}"
    house.engine.later(
        session,
        RISE,
        f"{order}:{now:{_MOMENT}}" if anew else order,
        escalation.id,
        escalation.level,
        after=max(escalation.rises_at - now, timedelta(0)),
    )


def rise(session: Session, house: House, escalation_id: str, level: int, now: datetime) -> str:
    """An escalation's time is over: who has it is reminded, and given as long again; else the team above is asked. A
    timer that fires a little early waits for the rest. Returns what was done, in a word."""
    request_id = session.scalar(sa.select(Escalation.request_id).where(Escalation.id == escalation_id))
    if request_id is not None:
        session.get(Request, request_id, with_for_update=True)  # before the case, as everywhere
    escalation = session.get(Escalation, escalation_id, with_for_update=True)
    if escalation is None or escalation.level != level or escalation.state == EscalationState.CLOSED:
        return "void"
    if now < escalation.rises_at - EARLY:
        return "void"  # a timer of before it was put off
    if now < escalation.rises_at:
        _set_timer(session, house, escalation, now, anew=True)
        return "early"
    team_id, team = team_of(house, escalation.team)
    holder = _holder(session, escalation)
    if holder is not None and not _reminded(escalation):
        _remind(session, house, escalation, team, holder, now)
        return "reminded"
    above_id, _ = team_of(house, team.rises_to or team_id)
    title = msg("Nobody has taken this yet") if holder is None else msg("This was taken long ago and is still open")
    move(session, house, escalation, above_id, title, now)
    return "rose"


def _holder(session: Session, escalation: Escalation) -> Person | None:
    """Who has it; None where nobody took it, or who took it left."""
    holder = session.get(Person, escalation.taken_by_id) if escalation.taken_by_id else None
    return holder if holder is not None and holder.present else None


def _reminded(escalation: Escalation) -> bool:
    """True where who has it now was reminded already."""
    reminded, taken = escalation.reminded_at, escalation.taken_at
    return reminded is not None and (taken is None or taken <= reminded)


def _remind(session: Session, house: House, escalation: Escalation, team: Team, holder: Person, now: datetime) -> None:
    escalation.reminded_at, escalation.rises_at = now, team.due(now, team.promise, house.zone)
    escalation.version += 1
    notices.tell(
        session,
        now=now,
        event=f"escalation:{escalation.id}:remind:{now.isoformat()}",
        person_id=holder.id,
        title=msg("A case of yours is due"),
        body=escalation.reason,
        path=f"/desk/{escalation.id}",
        urgent=True,
    )
    _set_timer(session, house, escalation, now)
    Trail(session, f"escalation:{escalation.id}").tell(
        "escalation.reminded", at=now, data={"holder": holder.id, "rises": escalation.rises_at.isoformat()}
    )


def move(
    session: Session,
    house: House,
    escalation: Escalation,
    team_id: str,
    title: str,
    now: datetime,
    *,
    by: Person | None = None,
) -> None:
    """Put a case before a team, nobody's and with the team's own time for it: the team is told, and so is the customer
    who waits for it. `by` is who handed it on, None where it rose."""
    before, (team_id, team) = escalation.team, team_of(house, team_id)
    settle(session, escalation, now)
    escalation.state, escalation.taken_by_id, escalation.taken_at = EscalationState.OPEN, None, None
    escalation.level += 1
    escalation.team = team_id
    escalation.due_at = escalation.rises_at = team.due(now, team.promise, house.zone)
    escalation.reminded_at = None
    escalation.version += 1
    _tell_team(session, escalation, team, title, now)
    _set_timer(session, house, escalation, now)
    Trail(session, f"escalation:{escalation.id}").tell(
        "escalation.handed_on" if by else "escalation.rose",
        at=now,
        actor=f"person:{by.id}" if by else "machine",
        data={"from": before, "to": team_id, "level": escalation.level},
    )
    request = session.get(Request, escalation.request_id) if escalation.request_id else None
    if request is not None and request.state == RequestState.HANDED_OVER:
        request.promised_at = escalation.due_at
        Trail(session, f"request:{request.id}").tell(
            "request.handed_on",
            at=now,
            actor=f"person:{by.id}" if by else "machine",
            data={
                "team": team.name,
                "team_said": kept(team.name),
                "due": escalation.due_at.isoformat(),
                "by": (by.given_name or by.name) if by else "",
            },
        )


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
    settle(session, escalation, now)
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


def withdrawn(session: Session, subject: str, person_id: str, now: datetime) -> None:
    """Close what is open on a subject that this person, whose it is, does not want any more."""
    for escalation in open_on(session, subject):
        close(session, escalation, Exit.WITHDRAWN, now, by=person_id)


def close_subject(session: Session, subject: str, now: datetime, *, worked: bool = False) -> None:
    """Close what is open on a subject that has solved itself meanwhile; where it `worked`, a try that a person asked
    for is what solved it."""
    for escalation in open_on(session, subject):
        if worked and escalation.state == EscalationState.RETRYING:
            close(session, escalation, Exit.RETRIED, now, by=escalation.taken_by_id)
        else:
            close(session, escalation, Exit.SOLVED_ITSELF, now)
