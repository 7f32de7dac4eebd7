"""Seals: a durable link over all events written since the last seal, so that no transaction waits for another's
chain."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import START, link
from selfserve.store.tables import AuditEvent, AuditSeal

SETTLE = timedelta(seconds=2)
"""Events younger than this may still be followed by an older one whose transaction commits late."""
BATCH = 5_000
SEAL_LOCK = 7_305_882  # any constant


def due(session: Session, now: datetime) -> bool:
    """True where there is anything to be sealed."""
    return session.scalar(sa.select(AuditEvent.id).where(*_unsealed(now)).limit(1)) is not None


def _unsealed(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return AuditEvent.seal_id.is_(None), AuditEvent.at < now - SETTLE


def seal(session: Session, now: datetime) -> int:
    """Seal what is not sealed yet; returns how many events that were. Never two at once: the second leaves it to the
    first."""
    alone = sa.select(sa.func.pg_try_advisory_xact_lock(SEAL_LOCK))
    if session.get_bind().dialect.name == "postgresql" and not session.scalar(alone):
        return 0
    rows = session.execute(
        sa.select(AuditEvent.id, AuditEvent.hash).where(*_unsealed(now)).order_by(AuditEvent.id).limit(BATCH)
    ).all()
    if not rows:
        return 0
    previous = session.scalar(sa.select(AuditSeal.hash).order_by(AuditSeal.id.desc()).limit(1)) or START
    made = AuditSeal(at=now, events=len(rows), previous=previous, hash=_digest(previous, [row.hash for row in rows]))
    session.add(made)
    session.flush()
    session.execute(sa.update(AuditEvent).where(AuditEvent.id.in_([row.id for row in rows])).values(seal_id=made.id))
    return len(rows)


def _digest(previous: str, hashes: list[str]) -> str:
    return hashlib.sha256("\n".join([previous, *hashes]).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What a check of the trail found: how much was read, and each break in one sentence."""

    events: int
    seals: int
    breaks: list[str]


def verify(session: Session) -> Verdict:
    """Recompute every chain and every seal; `session` is a snapshot, for the trail grows meanwhile."""
    breaks: list[str] = []
    events = 0
    stream, number, previous = "", 0, START
    for event in session.scalars(
        sa.select(AuditEvent).order_by(AuditEvent.stream, AuditEvent.number).execution_options(yield_per=1000)
    ):
        events += 1
        if event.stream != stream:
            stream, number, previous = event.stream, 0, START
        expected = link(previous, stream, event.number, event.at, event.actor, event.kind, event.data, event.tell)
        if event.number != number + 1:
            breaks.append(f"{stream}: event {number + 1} is missing before {event.number}")
        elif event.previous != previous or event.hash != expected:
            breaks.append(f"{stream}: event {event.number} was changed")
        number, previous = event.number, event.hash
    seals = _verify_seals(session, breaks)
    return Verdict(events, seals, breaks)


def _verify_seals(session: Session, breaks: list[str]) -> int:
    previous, count = START, 0
    for made in session.scalars(sa.select(AuditSeal).order_by(AuditSeal.id)).all():
        count += 1
        hashes = list(
            session.scalars(sa.select(AuditEvent.hash).where(AuditEvent.seal_id == made.id).order_by(AuditEvent.id))
        )
        if len(hashes) != made.events or made.previous != previous or made.hash != _digest(previous, hashes):
            breaks.append(f"seal {made.id}: the {made.events} events it covers are not those it sealed")
        previous = made.hash
    return count
