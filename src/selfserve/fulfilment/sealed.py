"""What is sealed to a customer: shown until they have kept it, and no longer than what it belongs to is held."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from selfserve.audit.trail import Trail
from selfserve.fulfilment.house import House
from selfserve.fulfilment.living import held_otherwise
from selfserve.settings.sealing import CannotOpen
from selfserve.store.states import LIVING
from selfserve.store.tables import Grant, GrantReason, Request, Step

LASTS = timedelta(days=1)
"""So long after it was first shown it can be shown again, where nobody said that it is kept."""
_MINE, _THEIRS = aliased(Step), aliased(Step)


def add(session: Session, house: House, request: Request, secrets: dict[str, str]) -> None:
    """Seal secrets to the request's customer, by the name of the step or of the desk's field they came from; what is
    being taken back meanwhile is not kept. What was shown before counts as not shown, together with what is new."""
    held = _held(session, house, request, secrets)
    if held:
        request.shown_at = None
        known = json.loads(house.sealer.open(request.sealed, request.id)) if request.sealed else {}
        _seal(house, request, {**known, **{name: secrets[name] for name in held}})


def until(request: Request) -> datetime | None:
    """Until when what was shown can be shown again; None where there is nothing, or where not all was shown yet."""
    return request.shown_at + LASTS if request.sealed is not None and request.shown_at is not None else None


def showable(request: Request, now: datetime) -> bool:
    """True while there is something to show: it lies there until it is first shown, then for a day at most."""
    end = until(request)
    return request.sealed is not None and (end is None or now < end)


def show(session: Session, house: House, request: Request, now: datetime) -> dict[str, str]:
    """All that there is to show, which stays sealed until it is `kept`; empty where there is nothing (any more).

    Raises CannotOpen for what was sealed to another request, or with a key that is not known.
    """
    if request.sealed is None or not showable(request, now):
        return {}
    known: dict[str, str] = json.loads(house.sealer.open(request.sealed, request.id))
    shown = {name: known[name] for name in _held(session, house, request, known)}
    if shown:
        request.shown_at = request.shown_at or now
    return shown


def kept(request: Request) -> None:
    """The customer has it: nothing is sealed any more."""
    request.sealed = request.shown_at = None


def wipe_unkept(house: House) -> int:
    """Wipe what was shown more than a day ago and never said to be kept, and tell so; returns in how many requests."""
    now = house.now()
    with house.database.write() as session:
        found = _sealed(session, Request.shown_at <= now - LASTS, passing=True)
        for request in found:
            kept(request)
            Trail(session, f"request:{request.id}").tell("secret.over", at=now)
    return len(found)


def forget(session: Session, house: House, grant: Grant, *, patiently: bool = False) -> None:
    """The grant is being taken back: what was sealed for it is wiped, wherever nothing else holds the same.

    So is what an earlier grant left to this one, which had given the same thing and was the first to end. A request
    that somebody is at is passed over, for whoever has the grant must not wait for it: each of two that end at once has
    what the other comes for. `patiently` waits, in a transaction that holds nothing else. `show` shows it to nobody in
    between.
    """
    session.flush()
    own = sa.select(GrantReason.request_id).where(GrantReason.grant_id == grant.id)
    shared = (
        sa.select(_THEIRS.request_id)
        .join(_MINE, sa.and_(_MINE.resource == _THEIRS.resource, _MINE.connector == _THEIRS.connector))
        .where(_MINE.request_id.in_(own))
    )
    which = sa.or_(Request.id.in_(own), Request.id.in_(shared))
    for request in _sealed(session, which, passing=not patiently):
        if request.customer_id == grant.customer_id:
            known = _opened(house, request)
            _seal(house, request, {name: known[name] for name in _held(session, house, request, known)})


def freed(session: Session, house: House, key: str) -> None:
    """What was given under this key is somebody else's now, whichever request holds it: nobody is shown it any more."""
    step = session.scalar(sa.select(Step).where(Step.key == key))
    if step is None:
        return
    same = sa.and_(Step.resource == step.resource, Step.connector == step.connector)
    for request in _sealed(session, Request.id.in_(sa.select(Step.request_id).where(same))):
        names = set(session.scalars(sa.select(Step.name).where(Step.request_id == request.id, same)))
        _seal(house, request, {name: word for name, word in _opened(house, request).items() if name not in names})


def _sealed(session: Session, which: sa.ColumnElement[bool], *, passing: bool = False) -> list[Request]:
    found = sa.select(Request).where(which, Request.sealed.is_not(None)).order_by(Request.id)
    locked = found.with_for_update(skip_locked=passing)
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _opened(house: House, request: Request) -> dict[str, str]:
    """What is sealed; nothing where no key opens it, for then nobody can be shown it either."""
    try:
        return dict(json.loads(house.sealer.open(request.sealed or b"", request.id)))
    except CannotOpen:
        return {}


def _seal(house: House, request: Request, secrets: dict[str, str]) -> None:
    if secrets:
        request.sealed = house.sealer.seal(json.dumps(secrets), request.id)
    else:
        kept(request)


def _held(session: Session, house: House, request: Request, names: Collection[str]) -> list[str]:
    """Those of `names` whose secret is still the customer's: of a one-off, which is never taken back, and of what a
    living grant holds."""
    if not names or _lives(session, request):
        return list(names)
    steps = {
        step.name: step
        for step in session.scalars(sa.select(Step).where(Step.request_id == request.id, Step.name.in_(names)))
    }
    return [name for name in names if name in steps and _stays(session, house, steps[name])]


def _lives(session: Session, request: Request) -> bool:
    """True where nothing is to be taken back at all, or not yet."""
    states = session.scalars(
        sa.select(Grant.state)
        .join(GrantReason, GrantReason.grant_id == Grant.id)
        .where(GrantReason.request_id == request.id)
    ).all()
    return not states or any(state in LIVING for state in states)


def _stays(session: Session, house: House, step: Step) -> bool:
    action = house.connectors.lookup(f"{step.connector}.{step.action}")
    return (action is not None and not action.lasting) or held_otherwise(session, step)
