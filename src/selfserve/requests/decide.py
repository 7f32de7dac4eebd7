"""An approver decides: once, rightfully, and with the request done at once where it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.facts import Context
from selfserve.catalog.form import CleanAnswers, revive
from selfserve.catalog.items import Item
from selfserve.fulfilment import conflicts, eligibility, escalation, parties, versions
from selfserve.fulfilment.fulfil import Job
from selfserve.fulfilment.house import House
from selfserve.fulfilment.promising import Wanted
from selfserve.languages.messages import msg, msg_n
from selfserve.requests import asking, begin, stages
from selfserve.requests.asking import Prepared
from selfserve.requests.former import StillGoing
from selfserve.requests.refusals import AlreadyDecided, NotAllowed, NotFound, NotPossible, Refusal, Unfit, words_of
from selfserve.store.ids import new_id
from selfserve.store.states import RequestState, StageState
from selfserve.store.tables import Decision, Person, Request, Stage, StageApprover

LONGEST_REASON = 2_000
"""Characters."""


class Say(StrEnum):
    """What an approver can say."""

    APPROVE = "approve"
    DENY = "deny"
    ASK = "ask"


@dataclass(frozen=True)
class Ready:
    """What an approval needs to know about targets before it is written."""

    item: Item
    prepared: Prepared
    wanted: Wanted | None
    shortened: datetime | None = None
    """The end that the approver named, where it is earlier than the one asked for."""


def decide(
    house: House, *, stage_id: str, person_id: str, say: Say, reason: str = "", until: datetime | None = None
) -> RequestState:
    """Decide a stage. `until` shortens what was asked for. Returns the request's state.

    Raises NotFound, NotAllowed (not yours to decide), AlreadyDecided (somebody was first), NotPossible, Unfit.
    """
    reason = reason_of(reason)
    if say is not Say.APPROVE and not reason:
        raise Unfit({"reason": msg("Say why, in a sentence.") if say is Say.DENY else msg("Write your question.")})
    ready = _ready(house, stage_id, person_id, until) if say is Say.APPROVE else None
    try:
        with house.database.write() as session:
            state, job, refused = _decide(session, house, stage_id, person_id, say, reason, ready)
    except IntegrityError:
        # The same holding was promised by another decision in this very moment: now it is there to be shared.
        with house.database.write() as session:
            state, job, refused = _decide(session, house, stage_id, person_id, say, reason, ready)
    if refused is not None:
        raise refused
    if job is not None and ready is not None:
        return begin.try_at_once(house, job, ready.prepared)
    return state


def reason_of(raw: str) -> str:
    """What a person typed as a reason, without outer spaces; Unfit where it cannot be one."""
    reason = words_of("reason", raw)
    if len(reason) > LONGEST_REASON:
        words = msg_n(
            "This has {count} character; write at most {most}.",
            "This has {count} characters; write at most {most}.",
            len(reason),
            most=LONGEST_REASON,
        )
        raise Unfit({"reason": words})
    return reason


def decide_as_asked(
    house: House, *, stage_id: str, person_id: str, say: Say, reason: str = "", until: datetime | None = None
) -> RequestState:
    """`decide` for faces: whoever was not asked is told that there is nothing for them, whatever else is the case, and
    so learns nothing of a stage from guessing its id."""
    with house.database.read() as session:
        asked = session.get(StageApprover, (stage_id, person_id)) is not None
    try:
        return decide(house, stage_id=stage_id, person_id=person_id, say=say, reason=reason, until=until)
    except Refusal as refused:
        if asked:
            raise
        raise NotFound(msg("There is nothing for you to decide here (any more).")) from refused


def expected(house: House, *, stage_id: str, person_id: str, until: datetime | None = None) -> Wanted | None:
    """Until when it would be held if this person approved it now, with `until` as in `decide`; None where there is
    nothing to hold, or nothing (any more) for them to decide. Raises as `decide` does."""
    found = _found(house, stage_id, person_id)
    return None if found is None else _shortened(_wanted(house, found), until, house.now())


@dataclass(frozen=True)
class _Found:
    item: Item
    context: Context
    answers: CleanAnswers


def _found(house: House, stage_id: str, person_id: str) -> _Found | None:
    """What was asked for; None where there is nothing (any more) for this person to decide."""
    with house.database.read() as session:
        stage = session.get(Stage, stage_id)
        if stage is None or stage.state != StageState.OPEN:
            return None
        request = session.get_one(Request, stage.request_id)
        if person_id not in {person.id for person, _ in stages.resolve(session, house, stage, request)}:
            return None
        item = versions.pinned(session, request.item_version_id)
        context = eligibility.context_of(session, house, request, item)
        return _Found(item, context, revive(item, request.answers, ZoneInfo(request.zone)))


def _wanted(house: House, found: _Found) -> Wanted | None:
    try:
        return asking.wanted(found.item, found.context, found.answers, house)
    except NotAllowed as over:
        raise NotPossible(msg("{why} It cannot be approved any more.", why=over.words)) from over


def _ready(house: House, stage_id: str, person_id: str, until: datetime | None) -> Ready | None:
    """What an approval needs; None where there is nothing (any more) for this person to decide."""
    found = _found(house, stage_id, person_id)
    if found is None:
        return None
    wanted = _wanted(house, found)
    prepared = asking.prepare(house, found.item, found.context, look=True)
    shorter = until is not None and wanted is not None and until != wanted.ends_at
    return Ready(found.item, prepared, _shortened(wanted, until, house.now()), until if shorter else None)


def _shortened(wanted: Wanted | None, until: datetime | None, now: datetime) -> Wanted | None:
    if until is None:
        return wanted
    if wanted is None:
        raise Unfit({"until": msg("There is nothing that ends here.")})
    if until <= now:
        raise Unfit({"until": msg("Choose a time that is still to come.")})
    expected = wanted.ends_at or (now + wanted.lasts if wanted.lasts else None)
    if expected is not None and until > expected:
        raise Unfit({"until": msg("You can shorten what was asked for, not make it longer.")})
    return replace(wanted, ends_at=until, lasts=None, meant="")


def _decide(
    session: Session, house: House, stage_id: str, person_id: str, say: Say, reason: str, ready: Ready | None
) -> tuple[RequestState, Job | None, Exception | None]:
    """The transaction of a decision. A refusal that itself changed something is returned, so that the change is
    kept."""
    now = house.now()
    stage = stages.locked(session, stage_id)
    if stage is None:
        raise NotFound(msg("There is nothing to decide here."))
    request = session.get_one(Request, stage.request_id)
    if stage.state != StageState.OPEN:
        raise was_first(session, stage)
    entitled = {person.id: person for person, _ in stages.refresh(session, house, stage, now)}
    decider = entitled.get(person_id)
    if decider is None:
        return (
            RequestState(request.state),
            None,
            NotAllowed(msg("This is not yours to decide (any more). Those who can have been told.")),
        )
    if stage.due_at is not None and now >= stage.due_at:
        stages.expire(session, house, stage, now)
        return (
            RequestState(request.state),
            None,
            NotPossible(msg("The time to decide this is over; it has to be asked for again.")),
        )
    if say is Say.ASK:
        _question(session, request, decider, reason, now)
        return RequestState(request.state), None, None
    if say is Say.DENY:
        _close(session, stage, request, decider, Say.DENY, reason, now)
        return RequestState(request.state), None, None
    return _approve(session, house, stage, request, decider, reason, ready, now)


def _approve(
    session: Session,
    house: House,
    stage: Stage,
    request: Request,
    decider: Person,
    reason: str,
    ready: Ready | None,
    now: datetime,
) -> tuple[RequestState, Job | None, Exception | None]:
    if ready is None:  # they became entitled in this very moment
        raise NotPossible(msg("Who may decide has just changed. Please try again."))
    refusal = eligibility.refusal(session, house, request, ready.item) or conflicts.refused(
        session, house, ready.item, request.customer_id, settled=True
    )
    if refusal is not None:
        _close(session, stage, request, decider, Say.DENY, refusal, now, by_rule=True)
        return RequestState(request.state), None, NotPossible(msg("It could not be approved: {why}", why=refusal))
    _close(session, stage, request, decider, Say.APPROVE, reason, now, shortened=ready.shortened)
    request.state = RequestState.FULFILLING
    request.promised_at = escalation.promised(house, ready.item, now)
    try:
        job = begin.begin(session, house, request, ready.item, ready.prepared, ready.wanted, now)
    except StillGoing as refused:
        raise refused.to_approver(session.get_one(Person, request.customer_id).name) from refused
    return RequestState.FULFILLING, job, None


def _close(
    session: Session,
    stage: Stage,
    request: Request,
    decider: Person,
    say: Say,
    reason: str,
    now: datetime,
    *,
    by_rule: bool = False,
    shortened: datetime | None = None,
) -> None:
    approved = say is Say.APPROVE
    stage.state, stage.closed_at = StageState.APPROVED if approved else StageState.DENIED, now
    stages.settle(session, stage, now)
    request.version += 1
    request.question = ""
    if not by_rule:
        session.add(
            Decision(
                id=new_id(), stage_id=stage.id, person_id=decider.id, decision=say.value, reason=reason, decided_at=now
            )
        )
    Trail(session, f"request:{request.id}").tell(
        f"approval.{'approved' if approved else 'denied'}",
        at=now,
        actor="machine" if by_rule else f"person:{decider.id}",
        tell=reason,
        data={
            "by": "" if by_rule else decider.name,
            "reason": reason,
            **({"until": shortened.astimezone(ZoneInfo(request.zone)).date().isoformat()} if shortened else {}),
        },
    )
    escalation.close_subject(session, f"request:{request.id}", now)
    if approved:
        return
    request.state, request.closed_at, request.words = RequestState.DENIED, now, reason
    parties.tell(session, request, now=now, what="denied", title=_not_approved, body=reason)


def _not_approved(it: str) -> str:
    return msg("{it} was not approved", it=it)


def _question(session: Session, request: Request, decider: Person, question: str, now: datetime) -> None:
    request.question = question
    request.version += 1
    Trail(session, f"request:{request.id}").tell(
        "approval.question", at=now, actor=f"person:{decider.id}", tell=question, data={"by": decider.name}
    )
    what = f"question:{request.version}"

    def title(it: str) -> str:
        return msg("{name} has a question about {it}", name=decider.name, it=it)

    parties.tell(session, request, now=now, what=what, title=title, body=question, needed=True)


def was_first(session: Session, stage: Stage) -> NotPossible:
    """Who or what closed a stage that does not wait any more, in a sentence."""
    made = session.execute(
        sa.select(Decision.decision, Decision.decided_at, Person.name)
        .join(Person, Person.id == Decision.person_id)
        .where(Decision.stage_id == stage.id)
    ).first()
    if made is not None:
        return AlreadyDecided(made.name, made.decided_at, approved=made.decision == Say.APPROVE)
    words = {
        StageState.EXPIRED: msg("The time to decide this is over."),
        StageState.CANCELLED: msg("The customer does not want this any more."),
    }
    return NotPossible(words.get(StageState(stage.state), msg("This was closed by a rule that changed meanwhile.")))
