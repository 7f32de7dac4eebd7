"""Whose a case of the desk is: taken, taken over, handed to another team; and whose it must not be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.answers import AnswerRefused, plain_text
from selfserve.fulfilment import escalation
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.people import directory
from selfserve.store.states import EscalationState, Exit
from selfserve.store.tables import Escalation, Grant, GrantReason, Person, Request

OWN = "_"
"""What the names of the desk's own fields begin with, and none that a checklist asks for: they stand in one form."""
WORDS, TEAM = f"{OWN}words", f"{OWN}team"
"""Fields of the desk: a word to the customer or to colleagues, and the team that has it next."""


class DeskRefusal(Exception):  # noqa: N818  (an answer to staff, not a fault)
    """What was asked of the desk cannot be; `words` says why, in a sentence."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Unfilled(DeskRefusal):
    """What was filled in does not do; `errors` has a sentence per field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)


class AlreadyHandled(DeskRefusal):
    """Somebody else was first."""


class UnknownEscalation(DeskRefusal):
    """No such escalation."""


def open_one(session: Session, house: House, escalation_id: str, staff: Person, now: datetime) -> Escalation:
    """The escalation, locked, if it is still open; else who closed it and when, as `AlreadyHandled`."""
    about = session.execute(
        sa.select(Escalation.request_id, Escalation.grant_id, Escalation.subject).where(Escalation.id == escalation_id)
    ).first()
    if about is None:
        raise UnknownEscalation(msg("There is no such case on the desk."))
    # What a case is about is locked before the case, as everywhere else: two who meet here must not wait for each
    # other (docs/decisions/0003).
    missing = about.subject.partition("drift:")[2] or None  # what is held, and not in its target any more
    for table, row_id in ((Request, about.request_id), (Grant, about.grant_id or missing)):
        if row_id is not None:
            session.get(table, row_id, with_for_update=True)
    found = session.get_one(Escalation, escalation_id, with_for_update=True)
    if found.state == EscalationState.CLOSED:
        closer = session.get(Person, found.closed_by_id) if found.closed_by_id else None
        raise AlreadyHandled(_closed_by(closer, found))
    return found


def _closed_by(closer: Person | None, case: Escalation) -> str:
    at = case.closed_at
    if closer is None:
        return msg("The machine closed this already.")
    if case.closed_how == Exit.WITHDRAWN:
        return msg("{name} does not want it any more; nothing is left to do.", name=closer.name)
    if at is None:
        return msg("{name} closed this already.", name=closer.name)
    return msg("{name} closed this already ({at}).", name=closer.name, at=at)


def take(session: Session, house: House, escalation_id: str, staff: Person, now: datetime) -> Escalation:
    """Make the case mine. Who has it already keeps it, unless they left: the second one is told who, and since when."""
    case = open_one(session, house, escalation_id, staff, now)
    if case.taken_by_id != staff.id:
        not_their_own(session, case, staff)
        _refuse_others(session, house, case, staff, now)
        _give(session, case, staff, now)
        _tell_customer(session, case, staff, now)
    return case


def take_over(session: Session, house: House, escalation_id: str, staff: Person, now: datetime) -> Escalation:
    """Make the case mine, whoever has it; who had it is told."""
    case = open_one(session, house, escalation_id, staff, now)
    if case.taken_by_id == staff.id:
        return case
    not_their_own(session, case, staff)
    former = session.get(Person, case.taken_by_id) if case.taken_by_id else None
    _give(session, case, staff, now)
    _tell_customer(session, case, staff, now)
    if former is not None:
        notices.tell(
            session,
            now=now,
            event=f"escalation:{case.id}:taken_over:{case.version}",
            person_id=former.id,
            title=msg("{name} took over a case of yours", name=staff.name),
            body=case.reason,
            path=f"/desk/{case.id}",
        )
    return case


def act(session: Session, house: House, case: Escalation, staff: Person, now: datetime) -> None:
    """Whoever acts on a case has it from then on; refused where a colleague is at it, with what to do instead."""
    _refuse_others(session, house, case, staff, now)
    if case.taken_by_id != staff.id:
        _give(session, case, staff, now)


def try_again(session: Session, house: House, case: Escalation, staff: Person, now: datetime) -> None:
    """Like `act`, for what staff may do about a request of their own too, without ever becoming its holder."""
    if _theirs(session, case, staff):
        _refuse_others(session, house, case, staff, now)
    else:
        act(session, house, case, staff, now)


def hand_on(
    session: Session, house: House, escalation_id: str, staff: Person, team: str, words: str, now: datetime
) -> Escalation:
    """Hand the case to another team, with a word for them: they are told, and have their own time for it."""
    case, words = open_one(session, house, escalation_id, staff, now), words_of(words, WORDS)
    not_being_tried(case)
    not_their_own(session, case, staff)
    _refuse_others(session, house, case, staff, now)
    teams = house.catalog.current.teams
    wordless = {} if words else {WORDS: msg("Tell the other team in a sentence why it comes to them.")}
    if team not in teams:
        raise Unfilled({TEAM: msg("There is no such team.") if team else msg("Choose a team.")} | wordless)
    if team == case.team:
        raise Unfilled({TEAM: msg("{team} has this case already.", team=teams[team].name)} | wordless)
    if wordless:
        raise Unfilled(wordless)
    case.reason = msg("{before}\n{name}: {words}", before=case.reason, name=staff.name, words=words)
    escalation.move(session, house, case, team, msg("{name} hands you a case", name=staff.name), now, by=staff)
    return case


def not_being_tried(case: Escalation) -> None:
    """While it is being tried again, it is not closed nor handed on under the machine."""
    if case.state == EscalationState.RETRYING:
        raise DeskRefusal(msg("It is just being tried again; look in a moment."))


def not_their_own(session: Session, case: Escalation, staff: Person) -> None:
    """Staff do not look after a request of their own, nor close it; they may have it tried again."""
    if _theirs(session, case, staff):
        raise DeskRefusal(msg("This is a request of your own; a colleague has to look after it."))


def words_of(raw: str, field: str) -> str:
    """What a person typed into `field`, without outer spaces; Unfilled where it holds signs that cannot be shown."""
    try:
        return plain_text(raw, lines=True)
    except AnswerRefused as refused:
        raise Unfilled({field: refused.words}) from refused


def _theirs(session: Session, case: Escalation, staff: Person) -> bool:
    """True where it is about what the person, by any of their accounts, asked for, or has: also where it is about
    taking that away."""
    about = {case.request_id} if case.request_id else set()
    people: set[str] = set()
    if case.grant_id is not None:
        people.add(session.get_one(Grant, case.grant_id).customer_id)
        about |= set(session.scalars(sa.select(GrantReason.request_id).where(GrantReason.grant_id == case.grant_id)))
    for row in session.execute(sa.select(Request.customer_id, Request.asked_by_id).where(Request.id.in_(about))):
        people |= set(row)
    return any(directory.same_human(session, staff.id, person_id) for person_id in people)


def _refuse_others(session: Session, house: House, case: Escalation, staff: Person, now: datetime) -> None:
    holder = session.get(Person, case.taken_by_id) if case.taken_by_id else None
    if holder is None or holder.id == staff.id or not holder.present:
        return
    if case.taken_at is None:
        raise AlreadyHandled(msg("{name} has been at it. Take it over first.", name=holder.name))
    words = msg("{name} has been at it since {since}. Take it over first.", name=holder.name, since=case.taken_at)
    raise AlreadyHandled(words)


def _give(session: Session, case: Escalation, staff: Person, now: datetime) -> None:
    before = case.taken_by_id
    escalation.settle(session, case, now)
    if case.state != EscalationState.RETRYING:
        case.state = EscalationState.TAKEN
    case.taken_by_id, case.taken_at = staff.id, now
    case.version += 1
    Trail(session, f"escalation:{case.id}").tell(
        "escalation.taken", at=now, actor=f"person:{staff.id}", data={"from": before} if before else {}
    )


def _tell_customer(session: Session, case: Escalation, staff: Person, now: datetime) -> None:
    if case.request_id:
        Trail(session, f"request:{case.request_id}").tell(
            "request.taken", at=now, actor=f"person:{staff.id}", data={"by": staff.given_name or staff.name}
        )
