"""What ends when the store is put back to a backup: it knows nothing of what ended, or was replaced, since then.

Somebody signed out since the backup would be inside again; an app that was started since would show a secret newer than
the one that the store knows, and be taken for a thief's; a token that was revoked would be in force. So all of them
end, each with a reason of its own, and whoever comes is told it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.people import signing_out
from selfserve.people.signing_out import SignedOut
from selfserve.store.tables import ApiToken, AuditEvent, DeviceCode, DeviceToken, Person, SignIn

WHY = "restored"
"""The trail's word for it, and an app's."""
STREAM, KIND = "store", "store.restored"
AT_ONCE = 500
"""People for one statement: databases limit how many values it may hold."""


@dataclass(frozen=True)
class Live:
    """A personal token that is in force, by its person's login and the label they gave it."""

    id: str
    person_id: str
    login: str
    label: str


@dataclass(frozen=True)
class Ended:
    """What the restore ended. `tokens` are those in force before; they still are where they were to be kept."""

    signed_out: SignedOut
    tokens: Sequence[Live]


def end_all(session: Session, now: datetime, *, actor: str, keep_tokens: bool = False) -> Ended:
    """End every session and app, void every code, revoke every personal token unless they are kept."""
    out = _sign_everybody_out(session, now, actor)
    tokens = _in_force(session, now)
    for one in () if keep_tokens else tokens:
        session.get_one(ApiToken, one.id).revoked_at = now
        Trail(session, f"token:{one.id}").tell("token.revoked", at=now, actor=actor, data={"why": WHY})
    told = {"sessions": out.sessions, "apps": out.apps, "tokens": 0 if keep_tokens else len(tokens)}
    Trail(session, STREAM).tell(KIND, at=now, actor=actor, data=told)
    return Ended(out, tokens)


def last(session: Session) -> datetime | None:
    """When the store was last put back to a backup; None where it never was."""
    of_store = (AuditEvent.stream == STREAM, AuditEvent.kind == KIND)
    return session.scalar(sa.select(AuditEvent.at).where(*of_store).order_by(AuditEvent.number.desc()).limit(1))


def _sign_everybody_out(session: Session, now: datetime, actor: str) -> SignedOut:
    inside = sa.union(
        sa.select(SignIn.person_id).where(SignIn.ended_at.is_(None)),
        sa.select(DeviceToken.person_id).where(DeviceToken.ended_at.is_(None)),
        sa.select(DeviceCode.person_id).where(DeviceCode.used_at.is_(None)),
    )
    people = sorted(session.scalars(inside).all())
    outs = [
        signing_out.sign_out(session, people[begin : begin + AT_ONCE], now, why=WHY, actor=actor)
        for begin in range(0, len(people), AT_ONCE)
    ]
    return SignedOut(
        sum(one.browsers for one in outs),
        sum(one.apps for one in outs),
        sum(one.windows for one in outs),
        sum(one.codes for one in outs),
    )


def _in_force(session: Session, now: datetime) -> list[Live]:
    rows = session.execute(
        sa.select(ApiToken.id, ApiToken.person_id, Person.login, ApiToken.label)
        .join(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.revoked_at.is_(None), ApiToken.ends_at > now)
        .order_by(Person.login, ApiToken.label)
    )
    return [Live(*row) for row in rows]
