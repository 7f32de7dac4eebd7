"""One-time codes of the app: one lets it in, one opens its window. Kept as hashes, each used up by one UPDATE."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.people import signing_out
from selfserve.people.directory import are_present
from selfserve.store.states import DeviceCodeKind
from selfserve.store.tables import DeviceCode, DeviceToken, Person, SignIn

GRANT_LASTS = timedelta(minutes=2)
"""From the customer's press in the browser to the app's trade; they are on one machine."""
ENTRY_LASTS = timedelta(minutes=1)
KEPT = timedelta(days=1)
"""How long a code that is worth nothing any more stays in the store."""
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


@dataclass(frozen=True)
class Consent:
    """What a customer agreed to in their browser: which app (by its challenge) on which machine, in which session,
    and how they had proved who they are."""

    challenge: str
    name: str
    sign_in_id: str
    issuer: str
    subject: str
    authenticated_at: datetime


def grant(session: Session, person: Person, to: Consent, now: datetime) -> str:
    """A code that lets one app in, for the browser to carry to it; worth nothing without the app's verifier."""
    return _keep(
        session,
        DeviceCode(
            kind=DeviceCodeKind.GRANT,
            person_id=person.id,
            challenge=to.challenge,
            name=to.name,
            sign_in_id=to.sign_in_id,
            issuer=to.issuer,
            subject=to.subject,
            authenticated_at=to.authenticated_at,
            ends_at=now + GRANT_LASTS,
        ),
        now,
    )


def entry(session: Session, token: DeviceToken, now: datetime, code: str = "") -> str:
    """A code by which the window of an app that is signed in gets a session of its own; those before are void.

    `code`: the one that an exchange which may be repeated gives; it is made once, and not made good again once used.
    """
    made = session.get(DeviceCode, _hash(code)) if code else None
    if made is not None:
        made.ends_at = now + ENTRY_LASTS
        return code
    session.execute(
        sa.delete(DeviceCode)
        .where(DeviceCode.token_id == token.id, DeviceCode.used_at.is_(None))
        .execution_options(synchronize_session=False)
    )
    return _keep(
        session,
        DeviceCode(
            kind=DeviceCodeKind.ENTRY,
            person_id=token.person_id,
            token_id=token.id,
            authenticated_at=token.authenticated_at,
            ends_at=now + ENTRY_LASTS,
        ),
        now,
        code,
    )


def take_grant(session: Session, code: str, verifier: str, now: datetime) -> DeviceCode | None:
    """Use up a code that lets an app in; None where it is unknown, old, used, another app's, or its person is gone, or
    the session in which it was agreed to has ended.

    A wrong verifier does not use it up: who overheard the code can keep nobody out (RFC 7636, section 4.6).
    """
    if not _VERIFIER.fullmatch(verifier):
        return None
    _hold(session, code)
    if not _agreed(session, code, now):
        return None
    return _take(session, DeviceCodeKind.GRANT, code, DeviceCode.challenge == challenge_of(verifier), now)


def used_grant(session: Session, code: str, verifier: str, now: datetime) -> DeviceCode | None:
    """The code that let an app in, while it might still have been used; None unless the app can ask for its answer
    again: by the verifier, within the code's time, while the session in which it was agreed to is live."""
    if not _VERIFIER.fullmatch(verifier) or not _agreed(session, code, now):
        return None
    return session.scalar(
        sa.select(DeviceCode).where(
            DeviceCode.secret_hash == _hash(code),
            DeviceCode.kind == DeviceCodeKind.GRANT,
            DeviceCode.used_at.is_not(None),
            DeviceCode.token_id.is_not(None),
            DeviceCode.ends_at > now,
            DeviceCode.challenge == challenge_of(verifier),
        )
    )


def _agreed(session: Session, code: str, now: datetime) -> bool:
    """Whether the session that a code came from is live; it stays so until this transaction is over.

    Whoever ends all sessions meanwhile waits for it, and then finds the new app to end as well.
    """
    which = sa.select(DeviceCode.sign_in_id).where(DeviceCode.secret_hash == _hash(code)).scalar_subquery()
    live = (SignIn.ended_at.is_(None), SignIn.ends_at > now)
    return session.scalar(sa.select(SignIn.id).where(SignIn.id == which, *live).with_for_update()) is not None


def take_entry(session: Session, code: str, now: datetime) -> DeviceCode | None:
    """Use up a code that opens a window; None where it is unknown, old, used, or its person is gone."""
    _hold(session, code)
    return _take(session, DeviceCodeKind.ENTRY, code, sa.true(), now)


def _hold(session: Session, code: str) -> None:
    """Before anything of a code's person is held, see `signing_out.hold`."""
    whose = session.scalar(sa.select(DeviceCode.person_id).where(DeviceCode.secret_hash == _hash(code)))
    if whose is not None:
        signing_out.hold(session, [whose])


def challenge_of(verifier: str) -> str:
    """What an app sends ahead of its verifier (PKCE S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def signs_of(challenge: str) -> str:
    """Six signs that app and browser show, so that a person sees that they belong together: `K7QF-2MD`."""
    digits = base64.b32encode(hashlib.sha256(f"signs:{challenge}".encode()).digest()).decode()[:7]
    return f"{digits[:4]}-{digits[4:]}"


def _keep(session: Session, row: DeviceCode, now: datetime, code: str = "") -> str:
    session.execute(sa.delete(DeviceCode).where(DeviceCode.ends_at < now - KEPT))
    code = code or secrets.token_urlsafe(32)
    row.secret_hash = _hash(code)
    session.add(row)
    session.flush()
    return code


def _take(
    session: Session, kind: DeviceCodeKind, code: str, fits: sa.ColumnElement[bool], now: datetime
) -> DeviceCode | None:
    here = sa.select(Person.id).where(Person.id == DeviceCode.person_id, *are_present()).exists()
    taken = session.execute(
        sa.update(DeviceCode)
        .where(
            DeviceCode.secret_hash == _hash(code),
            DeviceCode.kind == kind,
            DeviceCode.used_at.is_(None),
            DeviceCode.ends_at > now,
            fits,
            here,
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return None
    return session.get_one(DeviceCode, _hash(code), populate_existing=True)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
