"""What a customer can do with a request of theirs: cancel, answer a question, give back, extend, and see a secret
until they have kept it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment import ends, escalation, grants, parties, sealed, versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.requests import stages, stopping
from selfserve.requests.holding import still_held
from selfserve.requests.longer import still_asked
from selfserve.requests.refusals import NotFound, NotPossible, Unfit, words_of
from selfserve.requests.submit import Submitted, submit
from selfserve.store.states import HELD, RequestState, StageState
from selfserve.store.tables import Grant, Person, Request, Stage, StageApprover

NO_LATER = msg("That is what you have already; choose a later end.")
TOO_SOON = msg(
    "You asked for this only seconds ago, so it would end at the same time. Extend it when you need it for longer."
)
NOTHING_TO_SHOW = msg(
    "There is nothing to show (any more): a secret is shown until you have kept it, for a day at most, and only while "
    "you have what it belongs to."
)
SEE_IT_FIRST = msg("There is a secret that you have not seen yet. Look at it before you say that you have kept it.")
NOT_ALL_THEIRS = msg(
    "It was asked for otherwise too, and that is not yours to end. Your request for it can be given back by itself."
)


def own(session: Session, name_or_id: str, person_id: str, *, lock: bool = True) -> Request:
    """The person's own request, locked: asked for them, or by them for somebody they still lead. NotFound for anybody
    else's."""
    found = sa.select(Request).where(
        sa.or_(Request.id == name_or_id, Request.name == name_or_id.upper()),
        sa.or_(Request.customer_id == person_id, Request.asked_by_id == person_id),
    )
    request = session.scalar(found.with_for_update() if lock else found)
    if request is None or not parties.concerns(session, request, person_id):
        raise NotFound(msg("There is no such request of yours."))
    return request


def cancel(session: Session, house: House, name: str, person_id: str, now: datetime) -> Request:
    """Not wanted any more: possible while it waits for a decision, for a person, or for its target.

    What was brought already, or may have been, is taken back. NotPossible with a sentence where that cannot be.
    """
    request = own(session, name, person_id)
    if request.state in (RequestState.APPROVED, RequestState.FULFILLING):
        stopping.stop(session, house, request, now)
    elif request.state not in (RequestState.AWAITING_APPROVAL, RequestState.HANDED_OVER):
        raise NotPossible(msg("This is over already."))
    request.state, request.closed_at, request.question = RequestState.CANCELLED, now, ""
    request.version += 1
    for stage in session.scalars(
        sa.select(Stage).where(Stage.request_id == request.id, Stage.state == StageState.OPEN)
    ).all():
        stage.state, stage.closed_at = StageState.CANCELLED, now
        stages.settle(session, stage, now)
    Trail(session, f"request:{request.id}").tell(
        "request.cancelled", at=now, actor=f"person:{person_id}", data=_by(session, request, person_id)
    )
    _tell_the_other(session, request, person_id, now)
    escalation.withdrawn(session, f"request:{request.id}", person_id, now)
    ends.end_reason(session, house, request, "cancelled", now, f"person:{person_id}")
    return request


def _tell_the_other(session: Session, request: Request, person_id: str, now: datetime) -> None:
    """Whoever did not cancel it, though it was for them, or asked by them, hears that it does not come."""
    who = session.get_one(Person, person_id).name
    parties.tell(
        session,
        request,
        now=now,
        what="cancelled",
        title=lambda it: msg("{it}: {name} cancelled it", it=it, name=who),
        body=msg("Nothing more comes of it. What was there already is taken back."),
        by=person_id,
    )


def answer(session: Session, name: str, person_id: str, words: str, now: datetime) -> Request:
    """Answer an approver's question; those who may decide are told."""
    request, words = own(session, name, person_id), words_of("answer", words)
    if not request.question or request.state != RequestState.AWAITING_APPROVAL:
        raise NotPossible(msg("There is no open question here."))
    if not words or len(words) > 2_000:
        raise Unfit({"answer": msg("Write your answer, in 2,000 characters at most.")})
    request.question = ""
    request.version += 1
    stages.settle_question(session, request, now)
    by = _by(session, request, person_id)
    Trail(session, f"request:{request.id}").tell(
        "approval.answered", at=now, actor=f"person:{person_id}", tell=words, data={"answer": words} | by
    )
    for approver in session.scalars(
        sa.select(StageApprover.person_id)
        .join(Stage, Stage.id == StageApprover.stage_id)
        .where(Stage.request_id == request.id, Stage.state == StageState.OPEN)
    ).all():
        notices.tell(
            session,
            now=now,
            event=f"request:{request.id}:answered:{request.version}",
            person_id=approver,
            title=msg("Your question about “{item}” was answered", item=request.item_name),
            body=words,
            path="/approvals",
            needed=True,
        )
    return request


def _by(session: Session, request: Request, person_id: str) -> dict[str, str]:
    """Who acts, by the name the story tells, where that is not the customer."""
    if person_id == request.customer_id:
        return {}
    person = session.get_one(Person, person_id)
    return {"by": person.given_name or person.name}


def give_back(
    session: Session, house: House, name: str, person_id: str, now: datetime, *, wholly: bool = False
) -> Request:
    """Give back what the request brought; it is taken back in the target, and shown as ended only once that was
    seen.

    What is held because of further requests as well stays because of them; `wholly` gives it back for all of them, and
    raises NotPossible where one of them is not this person's, or is just being done. Nothing is given back then.
    """
    if not wholly:
        return _give_back(session, house, own(session, name, person_id), person_id, now)
    request, others = _all_locked(session, name, person_id)
    if not all(parties.concerns(session, other, person_id) for other in others):
        raise NotPossible(NOT_ALL_THEIRS)
    for other in others:
        if other.state == RequestState.FULFILLING:
            raise NotPossible(msg("{name} is just being done; give it all back when that is there.", name=other.name))
    going = frozenset({request.id, *(other.id for other in others)})
    for other in others:
        _give_back(session, house, other, person_id, now, going)
    return _give_back(session, house, request, person_id, now, going)


def _all_locked(session: Session, name: str, person_id: str) -> tuple[Request, list[Request]]:
    """The person's own request and the others because of which the same is held, all locked.

    By their ids, whichever of them was named: two who begin at different ends must not wait for each other. What comes
    in between, a further reason for holding it, is left as it is.
    """
    named = own(session, name, person_id, lock=False)
    ids = [named.id, *(other.id for other in still_held(session, named))]
    session.scalars(sa.select(Request).where(Request.id.in_(ids)).order_by(Request.id).with_for_update()).all()
    request = own(session, name, person_id)
    return request, [other for other in still_held(session, request) if other.id in ids]


def _give_back(
    session: Session,
    house: House,
    request: Request,
    person_id: str,
    now: datetime,
    going: frozenset[str] = frozenset(),
) -> Request:
    """Give one locked request back; `going` are the ids of those that end in the same act."""
    others = [other for other in still_held(session, request) if other.id not in going]
    if request.state == RequestState.HANDED_OVER:
        return cancel(session, house, request.name, person_id, now)
    if request.state == RequestState.FULFILLING:
        raise NotPossible(msg("This is just being done; give it back when it is all there."))
    reason = grants.reason_of(session, request.id)
    grant = session.get(Grant, reason.grant_id, with_for_update=True) if reason else None
    held = grant is not None and grant.state in HELD
    if not held or ends.end_reason(session, house, request, "given_back", now, f"person:{person_id}") is None:
        raise NotPossible(msg("There is nothing to give back here."))
    data = {"held": [other.name for other in others]} | _by(session, request, person_id)
    Trail(session, f"request:{request.id}").tell("grant.given_back", at=now, actor=f"person:{person_id}", data=data)
    return request


def extend(house: House, name: str, person_id: str, changed: Mapping[str, object]) -> Submitted:
    """Ask for the same for longer: a request of its own, by the rules and approvals of today, with the changed answers.

    What is held now stays; the new request becomes a further reason for it. NotPossible where the item does something
    else by now: that would come beside what is held, which would end all the same.
    """
    with house.database.read() as session:
        request = own(session, name, person_id)
        item = versions.pinned(session, request.item_version_id)
        if item.id not in house.catalog.current.items:
            raise NotPossible(msg("This is not offered any more, so it cannot be extended."))
        if grants.reason_of(session, request.id) is None:
            raise NotPossible(msg("There is nothing to extend here; ask for it anew."))
        if item.grant is None or not item.grant.renew:
            raise NotPossible(msg("This cannot be extended; ask for it anew when it has ended."))
        today = house.catalog.current.items.get(item.id, item)
        if not versions.gives_the_same(item, today):
            raise NotPossible(msg("What this gives has changed since, so it cannot be extended; ask for it anew."))
        answers = {**still_asked(today, request.answers), **changed}
        customer, asked_before, span = request.customer_id, request.id, item.grant.ends.span
    made = submit(
        house,
        customer_id=customer,
        asked_by_id=person_id,
        item_id=item.id,
        answers=answers,
        though_held=span is not None,  # the same span again ends later
    )
    if made.id == asked_before:
        raise NotPossible(NO_LATER if span is None else TOO_SOON)
    return made


def reveal(session: Session, house: House, name: str, person_id: str, now: datetime) -> dict[str, str]:
    """The secret results of a request, by step: shown to the customer until they `keep` them, so that no lost answer
    loses a secret; each showing is told. NotPossible once they are kept, a day after they were first shown, and where
    what they belong to is being taken back."""
    request = _theirs(session, name, person_id)
    again = sealed.until(request) is not None
    shown = sealed.show(session, house, request, now)
    if not shown:
        raise NotPossible(NOTHING_TO_SHOW)
    data = {"which": sorted(shown)} | ({"again": True} if again else {})
    Trail(session, f"request:{request.id}").tell("secret.shown", at=now, actor=f"person:{person_id}", data=data)
    return shown


def keep(session: Session, name: str, person_id: str, now: datetime) -> Request:
    """The customer has kept what was shown: it is wiped. Said once more, it changes nothing. NotPossible where there is
    something that was not shown yet."""
    request = _theirs(session, name, person_id)
    if request.sealed is None:
        return request
    if request.shown_at is None:
        raise NotPossible(SEE_IT_FIRST)
    sealed.kept(request)
    Trail(session, f"request:{request.id}").tell("secret.kept", at=now, actor=f"person:{person_id}")
    return request


def _theirs(session: Session, name: str, person_id: str) -> Request:
    """The request whose secrets are this person's, locked."""
    request = own(session, name, person_id)
    if request.customer_id != person_id:
        raise NotFound(msg("Only the person it is for can see this."))
    return request
