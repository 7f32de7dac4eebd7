"""A customer asks: stored once, however often it is sent, and done at once where policy allows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment import escalation, versions
from selfserve.fulfilment.fulfil import Job
from selfserve.fulfilment.house import House
from selfserve.fulfilment.promising import Wanted
from selfserve.languages.messages import msg
from selfserve.requests import asking, begin, stages
from selfserve.requests.asking import Ask, Prepared
from selfserve.requests.former import StillGoing
from selfserve.requests.refusals import AlreadyAsked, CannotWork, KeyReused
from selfserve.store.ids import new_id, new_name
from selfserve.store.rows import stored
from selfserve.store.statement import Statement, among
from selfserve.store.states import OPEN_REQUEST, GrantState, RequestState
from selfserve.store.tables import AskKey, Grant, GrantReason, Request
from selfserve.telemetry import figures

SAME_ASK = timedelta(seconds=30)
"""The same ask again within this time is a double click, even when the first is already done."""
TRIES = 3


@dataclass(frozen=True)
class Submitted:
    """The request an ask led to; `fresh` False where the same ask had been stored before."""

    id: str
    name: str
    state: RequestState
    fresh: bool


@dataclass(frozen=True)
class _Sent:
    """How an ask was sent: under which key and what, and whether to hold for longer what is held already."""

    key: str | None
    digest: str | None
    though_held: bool


def submit(
    house: House,
    *,
    customer_id: str,
    item_id: str,
    answers: Mapping[str, object],
    asked_by_id: str | None = None,
    idempotency_key: str | None = None,
    though_held: bool = False,
    app_id: str | None = None,
) -> Submitted:
    """Ask for an item. The same ask, or the same key, again gives the same request.

    `customer_id` may be a mail address where `asked_by_id` says who asks. Under a key only what was sent counts: who
    sends it again, as the answer was lost, is told of the request that is stored, whatever has changed since.
    `app_id` is the app it is asked from, whose machine may have said something about itself.
    `though_held`: what is held because of the very same ask is asked for once more, to hold it longer.
    Raises NotFound, NotAllowed, Unfit (answers), KeyReused, AlreadyAsked, CannotWork, NotPossible.
    """
    asker = asked_by_id or customer_id
    sent = _sent(idempotency_key, (customer_id, item_id, answers), though_held=though_held)
    with house.database.read() as session:
        repeated = _under_key(session, asker, sent)
        if repeated is not None:
            return repeated
        if asker != customer_id:
            customer_id = asking.for_whom(session, asker, customer_id)
        ask = asking.ask(
            session,
            house,
            item_id=item_id,
            customer_id=customer_id,
            asked_by_id=asker,
            answers=answers,
            app_id=app_id,
        )
    if asker != customer_id:
        asking.refuse_for_others(house, ask.item, ask.context)
    stage = asking.stage_of(house, ask.item, ask.context)
    wanted = asking.wanted(ask.item, ask.context, ask.answers, house)
    prepared = asking.prepare(house, ask.item, ask.context, look=stage is None, foresee=True)
    return _store(house, ask, prepared, wanted, sent)


def _sent(key: str | None, what: tuple[str, str, Mapping[str, object]], *, though_held: bool) -> _Sent:
    if key is None:
        return _Sent(None, None, though_held)
    written = json.dumps(what, sort_keys=True, default=str)
    return _Sent(key, hashlib.sha256(written.encode()).hexdigest(), though_held)


def _store(house: House, ask: Ask, prepared: Prepared, wanted: Wanted | None, sent: _Sent) -> Submitted:
    for remaining in reversed(range(TRIES)):
        try:
            with house.database.write() as session:
                submitted, job = _store_once(session, house, ask, prepared, wanted, sent)
            break
        except IntegrityError:
            # Another process stored the same ask, holding or short name in the same moment: look again.
            if not remaining:
                raise
    if submitted.fresh:
        figures.request_submitted(ask.item.id)
    if job is None:
        return submitted
    return replace(submitted, state=begin.try_at_once(house, job, prepared))


def _store_once(
    session: Session, house: House, ask: Ask, prepared: Prepared, wanted: Wanted | None, sent: _Sent
) -> tuple[Submitted, Job | None]:
    _one_at_a_time(session, house, ask)
    now = house.now()
    known = _known(session, ask, sent, now)
    if known is not None:
        return known, None
    if prepared.never:
        raise CannotWork(prepared.never)
    stage = ask.item.stage_for(ask.context)
    state = RequestState.AWAITING_APPROVAL if stage else RequestState.FULFILLING
    request = stored(
        session,
        Request,
        id=new_id(),
        name=new_name(),
        customer_id=ask.customer.id,
        asked_by_id=ask.asked_by.id,
        item_id=ask.item.id,
        item_version_id=versions.pin(session, ask.item, now),
        item_name=ask.item.name,
        answers=dict(ask.answers.values),
        answers_shown=dict(ask.shown),
        answers_digest=ask.answers.digest,
        zone=ask.answers.zone,
        device=None if ask.device is None else dict(ask.device),
        state=state,
        version=1,
        asked_at=now,
        promised_at=None if stage else escalation.promised(house, ask.item, now),
        closed_at=None,
        words="",
        question="",
        sealed=None,
    )
    _answered(session, ask.asked_by.id, sent, request)
    trail = Trail(session, f"request:{request.id}", fresh=True)
    trail.tell(
        "request.asked",
        at=now,
        actor=f"person:{ask.asked_by.id}",
        data={"item": ask.item.id, "version": ask.item.digest, "for": ask.customer.id},
    )
    if ask.asked_by.id != ask.customer.id:
        stages.tell_asked_for(session, request, ask.customer, ask.asked_by, now)
    job = None
    if stage is not None:
        stages.open_stage(session, house, request, ask.item, stage, wanted, trail, now)
    else:
        try:
            job = begin.begin(session, house, request, ask.item, prepared, wanted, now, trail.last)
        except StillGoing as refused:
            if ask.asked_by.id == ask.customer.id:
                raise
            raise refused.to_asker(ask.customer.name) from refused
    return Submitted(request.id, request.name, RequestState(request.state), fresh=True), job


def _one_at_a_time(session: Session, house: House, ask: Ask) -> None:
    """The same ask to two processes at once: the second waits here until the first is stored, and then finds it."""
    if house.database.sqlite:
        return
    place = f"{ask.customer.id}|{ask.item.id}|{ask.answers.digest}"
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(place, 0))))


def _known(session: Session, ask: Ask, sent: _Sent, now: datetime) -> Submitted | None:
    """The request this ask led to before: by its key, still open, just done, or still holding."""
    repeated = _under_key(session, ask.asked_by.id, sent)
    if repeated is not None:
        return repeated
    known = (_KNOWN_THOUGH_HELD if sent.though_held else _KNOWN).first(
        session,
        {
            "customer": ask.customer.id,
            "item": ask.item.id,
            "digest": ask.answers.digest,
            "lately": now - SAME_ASK,
        },
    )
    found = session.get_one(Request, known[0]) if known else None
    if found is not None and ask.asked_by.id not in (found.customer_id, found.asked_by_id):
        raise AlreadyAsked(ask.customer.name)  # theirs to read, not the further asker's
    if found is None:
        return None
    _answered(session, ask.asked_by.id, sent, found)
    return _found(found)


def _under_key(session: Session, asker_id: str, sent: _Sent) -> Submitted | None:
    """The request stored under this key before; KeyReused where something else was sent with it."""
    if sent.key is None:
        return None
    found = session.execute(_ANSWERED, {"asker": asker_id, "key": sent.key}).one_or_none()
    if found is None:
        return None
    request, digest = found
    if digest != sent.digest:
        raise KeyReused(msg("This Idempotency-Key was used for another ask; use a fresh one for each ask."))
    return _found(request)


_ANSWERED = (
    sa.select(Request, AskKey.digest)
    .join(AskKey, AskKey.request_id == Request.id)
    .where(AskKey.asked_by_id == sa.bindparam("asker"), AskKey.key == sa.bindparam("key"))
)


def _answered(session: Session, asker_id: str, sent: _Sent, request: Request) -> None:
    """From now on this request is the answer to what was sent under the key."""
    if sent.key is not None:
        stored(session, AskKey, asked_by_id=asker_id, key=sent.key, digest=sent.digest, request_id=request.id)


def _alike(*, held_too: bool) -> Statement:
    """The same ask stored before: still open, just done and not given back, or (`held_too`) still holding."""
    held = (
        sa.select(GrantReason.request_id)
        .join(Grant, Grant.id == GrantReason.grant_id)
        .where(GrantReason.request_id == Request.id, GrantReason.ended_at.is_(None), Grant.state == GrantState.ACTIVE)
        .exists()
    )
    over = sa.exists().where(GrantReason.request_id == Request.id, GrantReason.ended_at.is_not(None))
    lately = sa.and_(Request.asked_at > sa.bindparam("lately"), ~over)
    done = sa.and_(Request.state == RequestState.FULFILLED, sa.or_(lately, held) if held_too else lately)
    return Statement(
        sa.select(Request.id)
        .where(
            Request.customer_id == sa.bindparam("customer"),
            Request.item_id == sa.bindparam("item"),
            Request.answers_digest == sa.bindparam("digest"),
            sa.or_(among(Request.state, OPEN_REQUEST), done),
        )
        .order_by(Request.asked_at.desc())
        .limit(1)
    )


_KNOWN, _KNOWN_THOUGH_HELD = _alike(held_too=True), _alike(held_too=False)


def _found(request: Request) -> Submitted:
    return Submitted(request.id, request.name, RequestState(request.state), fresh=False)
