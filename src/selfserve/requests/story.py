"""One request told as a story: what happened, what is happening, what comes next, and what the reader can do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.durations import parse_duration
from selfserve.catalog.fields import ChoiceField, DateField, DurationField, NumberField, PersonField, YesNoField
from selfserve.catalog.items import Item
from selfserve.fulfilment import parties, sealed, versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, alone, msg
from selfserve.requests import stopping
from selfserve.requests.holding import holdings, still_held
from selfserve.requests.longer import asked_anew
from selfserve.requests.state_words import state_words
from selfserve.requests.taking_back import taking_back
from selfserve.requests.to_come import to_come
from selfserve.requests.words import ASKED, Line, Telling, line, standing
from selfserve.store.seats import places
from selfserve.store.states import HELD, OPEN_REQUEST, STEP_THERE, GrantState, RequestState, StageState, StepState
from selfserve.store.tables import AuditEvent, Grant, GrantReason, Person, Request, Stage, Step


@dataclass(frozen=True)
class Answer:
    """One answer as it reads: the question's label and the answer, in words to tell."""

    label: str
    text: str


@dataclass(frozen=True)
class StepSeen:
    """One step as staff sees it: state, evidence, reason, how often it was sent."""

    name: str
    use: str
    state: str
    args: Mapping[str, Any]
    evidence: Mapping[str, Any]
    failure: str
    reason: str
    calls: int
    ours: bool
    verified_at: datetime | None
    """When its target last showed it; None where that was never seen."""

    @property
    def word_of(self) -> str:
        """Whose word it stands on: who did it by hand, where the target did not show it; else empty."""
        there = self.state in STEP_THERE and self.verified_at is None
        return str(self.evidence.get("by", "")) if there else ""

    @property
    def word_at(self) -> datetime | None:
        """When that word was given."""
        at = self.evidence.get("at")
        return datetime.fromisoformat(str(at)) if self.word_of and at else None


@dataclass(frozen=True)
class Story:
    """All of one request. Times are UTC instants. `asked_as` is what the one who asked is to the customer ("your
    manager"), empty where they asked themselves. `can` holds the acts open to its customer: cancel, answer, return,
    extend, reveal, again."""

    id: str
    name: str
    item_id: str
    item_name: str
    category: str
    icon: str
    state: str
    state_words: str
    tone: str
    customer_id: str
    customer_name: str
    asked_by_name: str
    asked_as: str
    asked_at: datetime
    promised_at: datetime | None
    closed_at: datetime | None
    question: str
    words: str
    answers: list[Answer]
    lines: list[Line]
    steps: list[StepSeen]
    grant_state: str
    grant_words: str
    grant_tone: str
    ends_at: datetime | None
    meant: str
    held_by: list[str] = field(default_factory=list)
    """The short names of other requests because of which it is held as well, as far as the reader may know of them."""
    held_otherwise: bool = False
    """True where it is held because of requests too that the reader must not learn of."""
    can: frozenset[str] = field(default_factory=frozenset)
    asked_anew: frozenset[str] = field(default_factory=frozenset)
    """Questions that an extension has to answer, by their names: the answers of then do not stand any more."""
    use: str = ""
    """The item's own words on how to use what they got, to its customer while they have it."""
    offered: bool = True
    """False once the item has left the catalog: it can neither be extended nor asked for again."""
    secret_until: datetime | None = None
    """Until when a secret that was shown, and not yet said to be kept, can be shown again."""


def find(session: Session, name_or_id: str) -> Request | None:
    """A request by its id or its short name, in any letter case."""
    return session.scalar(
        sa.select(Request).where(sa.or_(Request.id == name_or_id, Request.name == name_or_id.upper()))
    )


def story(session: Session, house: House, request: Request, reader_id: str) -> Story:
    """The story of a request for a reader; what the reader may see is the face's to check."""
    item = versions.pinned(session, request.item_version_id)
    customer = session.get_one(Person, request.customer_id)
    asked_by = customer if request.asked_by_id == customer.id else session.get_one(Person, request.asked_by_id)
    held = session.execute(
        sa.select(Grant, GrantReason)
        .join(GrantReason, GrantReason.grant_id == Grant.id)
        .where(GrantReason.request_id == request.id)
    ).first()
    grant, reason = (held[0], held[1]) if held else (None, None)
    others = still_held(session, request) if grant is not None else []
    words, tone = state_words(session, [request])[request.id]
    to = _telling(session, request, item, reader_id)
    whose = "" if to.you else to.customer
    how = holdings(session, [grant], whose)[grant.id] if grant is not None else None
    can = _can(session, house, request, item, grant, reason, reader_id)
    to = replace(to, anew=_anew(house, item, again="again" in can)) if to.you else to
    return Story(
        id=request.id,
        name=request.name,
        item_id=request.item_id,
        item_name=request.item_name,
        category=item.category,
        icon=item.icon,
        state=request.state,
        state_words=words,
        tone=tone,
        customer_id=customer.id,
        customer_name=customer.name,
        asked_by_name=asked_by.name,
        asked_as="" if asked_by is customer else standing(customer, asked_by.id, you=customer.id == reader_id),
        asked_at=request.asked_at,
        promised_at=request.promised_at,
        closed_at=request.closed_at,
        question=request.question,
        words=request.words,
        answers=answers_of(session, item, request),
        lines=[*_lines(session, house, request, item, to), *taking_back(session, house, grant)],
        steps=_steps(session, request.id),
        grant_state=grant.state if grant else "",
        grant_words=how.words if how else "",
        grant_tone=how.tone if how else "",
        ends_at=grant.ends_at if grant else None,
        meant=reason.meant if reason else "",
        held_by=[other.name for other in others if other.name not in to.unseen],
        held_otherwise=any(other.name in to.unseen for other in others),
        can=can,
        asked_anew=asked_anew(session, house, request) if "extend" in can else frozenset(),
        use=_use(house, request, item, grant) if to.you else "",
        offered=request.item_id in house.catalog.current.items,
        secret_until=sealed.until(request) if "reveal" in can else None,
    )


def _anew(house: House, item: Item, *, again: bool) -> Message:
    """What to do for a secret that is shown no more: what is held still cannot be asked for again."""
    if again:
        return msg("If you did not keep it, ask for it again.")
    team = house.catalog.current.teams.get(item.owner)
    if team is None:
        return msg("If you did not keep it, ask a human.")
    return msg("If you did not keep it, ask {team}.", team=team.name)


def _use(house: House, request: Request, item: Item, grant: Grant | None) -> str:
    """What the item promises, where machines do all of it: people promise a time, which is over by then."""
    if grant is None or grant.state != GrantState.ACTIVE or request.state != RequestState.FULFILLED:
        return ""
    actions = (house.connectors.lookup(step.use) for step in item.fulfil)
    return "" if any(action is not None and action.human for action in actions) else item.promise or ""


def _telling(session: Session, request: Request, item: Item, reader_id: str) -> Telling:
    """For whom it is told, in whose words, and what they must not learn of."""
    customer, asked_by = session.get_one(Person, request.customer_id), session.get_one(Person, request.asked_by_id)
    asker = "" if asked_by is customer else asked_by.given_name or asked_by.name
    return Telling(
        you=customer.id == reader_id,
        customer=customer.given_name or customer.name,
        actor=asker,
        item=request.item_name,
        gives={step.id: step.gives for step in item.fulfil if step.gives},
        asked=bool(asker) and asked_by.id == reader_id,
        unseen=_unseen(session, request, reader_id),
        lasts=item.grant is not None,
    )


def _unseen(session: Session, request: Request, reader_id: str) -> frozenset[str]:
    """The short names of further requests for the same that whoever asked this one for its customer must not learn of,
    as they are not theirs. Customer and staff read all."""
    if reader_id == request.customer_id or not parties.concerns(session, request, reader_id):
        return frozenset()
    together = sa.select(GrantReason.grant_id).where(GrantReason.request_id == request.id)
    all_of_it = sa.select(GrantReason.request_id).where(GrantReason.grant_id.in_(together))
    alike = session.scalars(sa.select(Request).where(Request.id.in_(all_of_it)))
    return frozenset(one.name for one in alike if not parties.concerns(session, one, reader_id))


def _lines(session: Session, house: House, request: Request, item: Item, to: Telling) -> list[Line]:
    events = _trail(session, request.id)
    told = [made for event in events if (made := line(event.kind, event.at, to, event.data, event.tell)) is not None]
    told = _undecided(session, request, _settled(request, _one_end(told)))
    if (end := sealed.until(request)) is not None and end <= house.now():  # told at the next sweep, and so by now
        told += filter(None, [line("secret.over", end, to, {}, "")])
    if told and told[-1].kind == "request.retried" and request.state == RequestState.FULFILLING:
        told[-1] = replace(told[-1], mood="now")  # what becomes of it comes next
    return [*told, *_in_line(session, request, to), *to_come(house, request, item, to)]


def _settled(request: Request, lines: list[Line]) -> list[Line]:
    """A question that was answered, or that a decision has overtaken, is nobody's turn any more."""
    asked = [at for at, each in enumerate(lines) if each.kind == "approval.question"]
    over = asked[:-1] if request.question else asked
    return [replace(each, mood="done") if at in over else each for at, each in enumerate(lines)]


def _undecided(session: Session, request: Request, lines: list[Line]) -> list[Line]:
    """While somebody is asked, that is what goes on now, with the time there is for it; a question puts it off."""
    if request.state != RequestState.AWAITING_APPROVAL or request.question:
        return lines
    at = next((at for at in reversed(range(len(lines))) if lines[at].kind in ASKED), None)
    if at is None or lines[at].mood != "done":
        return lines
    due = session.scalar(sa.select(Stage.due_at).where(Stage.request_id == request.id, Stage.state == StageState.OPEN))
    asked, time = lines[at], msg("There is time until {due}.", due=due) if due is not None else ""
    note = msg("{why} {more}", why=asked.note, more=time) if asked.note and time else asked.note or time
    return [*lines[:at], replace(asked, mood="now", note=note), *lines[at + 1 :]]


def _in_line(session: Session, request: Request, to: Telling) -> list[Line]:
    """Where the request stands in a line for a seat, as it is now and not as it was when it was asked for."""
    if request.state != RequestState.FULFILLING:
        return []
    keys = session.scalars(
        sa.select(Step.key).where(Step.request_id == request.id, Step.state == StepState.ACCEPTED)
    ).all()
    found = places(session, list(keys)) if keys else {}
    return [Line("place", None, _place(to, place), "", "now") for place in sorted(found.values())]


def _place(to: Telling, place: int) -> Message:
    if to.you:
        return msg("You are next in line") if place == 1 else msg("You are number {place} in line", place=place)
    if place == 1:
        return msg("{name} is next in line", name=to.customer)
    return msg("{name} is number {place} in line", name=to.customer, place=place)


def _one_end(lines: list[Line]) -> list[Line]:
    """A wait that is over is no news any more: only the last line may still be going on."""
    return [each for each in lines[:-1] if each.kind != "step.waiting"] + lines[-1:]


def answers_by(session: Session, request_ids: Collection[str]) -> dict[str, list[Answer]]:
    """What was answered in each of these requests, by its id: lists tell those apart that are called the same."""
    found = session.scalars(sa.select(Request).where(Request.id.in_(request_ids))).all() if request_ids else []
    return {one.id: answers_of(session, versions.pinned(session, one.item_version_id), one) for one in found}


def answers_of(session: Session, item: Item, request: Request) -> list[Answer]:
    made = []
    for name, question in item.form.items():
        value = request.answers.get(name)
        if value is None or value == "":
            continue
        shown = request.answers_shown.get(name)
        made.append(Answer(question.label, shown or _spoken(session, question, value)))
    return made


def _spoken(session: Session, question: Any, value: Any) -> str:
    match question:
        case YesNoField():
            return msg("Yes") if value else msg("No")
        case ChoiceField():
            return next((option.label for option in question.options if option.value == value), str(value))
        case PersonField():
            person = session.get(Person, str(value))
            return person.name if person else msg("somebody who left")
        case DurationField():
            return alone(parse_duration(str(value)))
        case DateField():
            return alone(date.fromisoformat(str(value)))
        case NumberField():
            return alone(value) if isinstance(value, int | float) else str(value)
        case _:
            return str(value)


def _steps(session: Session, request_id: str) -> list[StepSeen]:
    rows = session.scalars(sa.select(Step).where(Step.request_id == request_id).order_by(Step.position))
    return [
        StepSeen(
            name=row.name,
            use=f"{row.connector}.{row.action}",
            state=row.state,
            args=row.args,
            evidence=row.evidence,
            failure=row.failure,
            reason=row.reason,
            calls=row.calls,
            ours=row.ours,
            verified_at=row.verified_at,
        )
        for row in rows
    ]


def _can(
    session: Session,
    house: House,
    request: Request,
    item: Item,
    grant: Grant | None,
    reason: GrantReason | None,
    reader_id: str,
) -> frozenset[str]:
    if not parties.concerns(session, request, reader_id):
        return frozenset()
    holds = grant is not None and reason is not None and reason.ended_at is None and grant.state in HELD
    today = house.catalog.current.items.get(request.item_id)
    offered = today is not None
    renews = today is not None and item.grant is not None and item.grant.renew and versions.gives_the_same(item, today)
    acts = {
        "cancel": request.state in (RequestState.AWAITING_APPROVAL, RequestState.HANDED_OVER)
        or (request.state in (RequestState.APPROVED, RequestState.FULFILLING) and stopping.waits(session, request)),
        "answer": bool(request.question),
        "return": holds and request.state != RequestState.FULFILLING,
        "extend": holds and renews and grant.state == GrantState.ACTIVE,  # type: ignore[union-attr]
        "reveal": reader_id == request.customer_id and sealed.showable(request, house.now()),
        "again": offered and request.state not in OPEN_REQUEST and not holds,
    }
    return frozenset(act for act, open_now in acts.items() if open_now)


@dataclass(frozen=True)
class EventSeen:
    """One event of the trail as staff and the API see it."""

    number: int
    at: datetime
    actor: str
    kind: str
    data: Mapping[str, Any]
    tell: str


def events(session: Session, request_id: str) -> list[EventSeen]:
    """The whole trail of a request, with what only staff sees."""
    rows = _trail(session, request_id)
    return [EventSeen(row.number, row.at, row.actor, row.kind, row.data, row.tell) for row in rows]


def told_events(session: Session, request: Request, reader_id: str) -> list[EventSeen]:
    """The events that the story tells to somebody whom the request concerns: when, of which kind, in the story's words;
    who did it and what was recorded are for staff, and what the story passes over is left out."""
    item = versions.pinned(session, request.item_version_id)
    to = _telling(session, request, item, reader_id)
    told = [(row, line(row.kind, row.at, to, row.data, row.tell)) for row in _trail(session, request.id)]
    return [EventSeen(row.number, row.at, "", row.kind, {}, said.title) for row, said in told if said is not None]


def _trail(session: Session, request_id: str) -> Iterable[AuditEvent]:
    about = sa.select(AuditEvent).where(AuditEvent.stream == f"request:{request_id}")
    return session.scalars(about.order_by(AuditEvent.number))


TALK = ("approval.question", "approval.answered")
"""Kinds of events: what approvers asked, and what they were answered."""


def talks(session: Session, request_ids: Sequence[str]) -> dict[str, list[EventSeen]]:
    """What was asked and answered about each of these requests so far, in its order; read in one go."""
    found: dict[str, list[EventSeen]] = {request_id: [] for request_id in request_ids}
    rows = session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.stream.in_([f"request:{each}" for each in request_ids]), AuditEvent.kind.in_(TALK))
        .order_by(AuditEvent.stream, AuditEvent.number)
    )
    for row in rows:
        seen = EventSeen(row.number, row.at, row.actor, row.kind, row.data, row.tell)
        found[row.stream.removeprefix("request:")].append(seen)
    return found


def for_customer(told: Story) -> Story:
    """The story without what only staff sees: arguments, evidence and reasons of steps."""
    return replace(
        told,
        steps=[replace(step, args={}, evidence={}, failure="", reason="", calls=0) for step in told.steps],
    )
