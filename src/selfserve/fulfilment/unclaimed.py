"""Seats that are held with no grant and no request behind them, so that nobody will ever give them back: found, told to
the house's own team, and freed on a person's word."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment import sealed, seats
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg, msg_n
from selfserve.notify import notices
from selfserve.people.teams import members
from selfserve.store.seat_pool import FREEING, Pool
from selfserve.store.states import GOING, OPEN_REQUEST, GrantState, RequestState
from selfserve.store.tables import Grant, GrantReason, Request, Seat, SeatPool, Step


class StillClaimed(Exception):  # noqa: N818 - a fact, told in a sentence
    """The seat is somebody's by a grant or a request, or held by nobody; nothing was changed."""


@dataclass(frozen=True)
class Unclaimed:
    """One such seat: `holder` is a person's id, or the words for whoever is not known here."""

    id: str
    pool: str
    number: int
    holder: str
    since: datetime | None


def unclaimed(session: Session, pool: str | None = None, holder: str | None = None) -> list[Unclaimed]:
    """The seats that neither a grant that has not ended nor an open request rests on, by pool and number.

    What nobody can name yet may be any seat of its pool: while there is such a step, none of that pool is in doubt.
    """
    rows = sa.select(Seat).where(Seat.holder.is_not(None), sa.not_(_claimed())).order_by(Seat.pool, Seat.number)
    if pool is not None:
        rows = rows.where(Seat.pool == pool, Seat.holder == holder)
    found = session.scalars(rows.execution_options(populate_existing=True)).all()
    nameless = _nameless(session) if found else frozenset()
    return [
        Unclaimed(seat.id, seat.pool, seat.number, seat.holder or "", seat.taken_at)
        for seat in found
        if seat.pool not in nameless
    ]


def free(house: House, pool: str, holder: str, actor: str) -> None:
    """Free such a seat, whose pool's line is served where the pool is configured; raises StillClaimed.

    In two transactions. The first makes the seat one that is shown to nobody: whoever asks from then on takes it anew,
    by a call of their own, and whoever was shown it before has a request that the second sees. So nobody is told of a
    seat that goes away beneath them.
    """
    with house.database.write() as session:
        _, seat = _locked(session, pool, holder)
        under, seat.taken_under = seat.taken_under, FREEING
    claimed = None
    with house.database.write() as session:
        try:
            rows, seat = _locked(session, pool, holder)
        except StillClaimed as error:
            claimed = error
            _restore(session, pool, holder, under)
        else:
            _free(session, house, rows, seat, under, actor)
    if claimed is not None:
        raise claimed


def _locked(session: Session, pool: str, holder: str) -> tuple[Pool, Seat]:
    """The pool, locked, and the seat that is in doubt."""
    if session.get(SeatPool, pool) is None:
        raise StillClaimed(f"There is no pool {pool!r} in the store.")
    rows = Pool(session, pool)
    seat = rows.of(holder)
    if seat is None:
        raise StillClaimed(f"{holder!r} holds no seat of {pool!r}.")
    if not unclaimed(session, pool, holder):
        raise StillClaimed(f"A grant or a request rests on the seat of {holder!r} in {pool!r}; it is freed with that.")
    return rows, seat


def _free(session: Session, house: House, rows: Pool, seat: Seat, under: str, actor: str) -> None:
    now, holder, number = house.now(), seat.holder, seat.number
    sealed.freed(session, house, under)
    rows.take_back(seat)
    if rows.name in seats.configured(house):
        seats.wake(session, house, rows.serve_line(now), now)
    data = {"pool": rows.name, "holder": holder, "seat": number}
    Trail(session, f"pool:{rows.name}").tell("seat.freed", at=now, actor=actor, data=data)


def _restore(session: Session, pool: str, holder: str, under: str) -> None:
    """It is somebody's as it was; one that was taken anew meanwhile is theirs by that."""
    seat = Pool(session, pool).of(holder)
    if seat is not None and seat.taken_under == FREEING:
        seat.taken_under = under


def tell_unclaimed(session: Session, house: House, now: datetime) -> None:
    """Tell the house's own team of such seats: once, and again when they are others."""
    found = unclaimed(session)
    for pool, count in Counter(seat.pool for seat in found).items():
        _tell(session, house, pool, [seat.id for seat in found if seat.pool == pool], count, now)


def _tell(session: Session, house: House, pool: str, ids: Sequence[str], count: int, now: datetime) -> None:
    catalog = house.catalog.current
    team = catalog.teams[catalog.policy.techops]
    digest = hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]
    event = f"seats:{pool}:unclaimed:{digest}"
    title = msg_n(
        "One seat of {pool} is held, and no grant is behind it",
        "{count} seats of {pool} are held, and no grant is behind them",
        count,
        pool=pool,
    )
    body = msg(
        "Nothing gives it back by itself. `selfserve seats unclaimed` says who has it, `selfserve seats free` frees it."
    )
    notices.tell(session, now=now, event=event, mailbox=team.mail, title=title, body=body, path="/desk")
    for person in members(session, team):
        notices.tell(
            session, now=now, event=event, person_id=person.id, title=title, body=body, path="/desk", mail=False
        )


def _lives() -> sa.ColumnElement[bool]:
    """A request that is under way, or because of which something is held, for a time or for good."""
    reasons = sa.select(GrantReason.grant_id).where(GrantReason.request_id == Request.id)
    held = reasons.join(Grant, Grant.id == GrantReason.grant_id).where(Grant.state != GrantState.ENDED)
    for_good = sa.and_(
        Request.state.in_([RequestState.FULFILLED, RequestState.PARTLY_FULFILLED]), sa.not_(reasons.exists())
    )
    return sa.or_(Request.state.in_(OPEN_REQUEST), held.exists(), for_good)


def _claimed() -> sa.ColumnElement[bool]:
    """A step of a request that lives is about the seat, or about its coming back when what freed it ends."""
    seat = sa.literal("seat:").concat(Seat.pool).concat(":").concat(Seat.holder)
    freed = sa.literal("no-seat:").concat(Seat.pool).concat(":").concat(Seat.holder)
    steps = sa.select(Step.id).join(Request, Request.id == Step.request_id)
    ending = sa.select(GrantReason.grant_id).join(Grant, Grant.id == GrantReason.grant_id)
    going = ending.where(GrantReason.request_id == Request.id, Grant.state.in_(GOING)).exists()
    return sa.or_(
        steps.where(Step.resource == seat, _lives()).exists(),
        steps.where(Step.key == Seat.taken_under, _lives()).exists(),
        steps.where(Step.resource == freed, sa.or_(Request.state.in_(OPEN_REQUEST), going)).exists(),
    )


def _nameless(session: Session) -> frozenset[str]:
    """The pools of steps of which nobody can say yet whose seat they are about."""
    steps = sa.select(Step).join(Request, Request.id == Step.request_id)
    found = session.scalars(steps.where(Step.resource.startswith("?"), _lives()))
    return frozenset(str(step.args.get("pool", "")) for step in found)
