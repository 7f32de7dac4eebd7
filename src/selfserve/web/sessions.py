"""Our own sessions, kept on the server: the browser holds one secret, the store only its hash.

The cookie proves nothing by itself: every look reads the row and the person, so a sign-out, a lock or a disabled person
counts at the next request, in every process. Nothing is cached.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import MACHINE, Trail
from selfserve.people import device_tokens, restored
from selfserve.people.directory import are_present
from selfserve.people.principal import Principal
from selfserve.people.roles import Role, RoleRules
from selfserve.store.ids import new_id
from selfserve.store.tables import Person, PersonGroup, SignIn
from selfserve.web.hint import seal, unseal

SEEN_EVERY = timedelta(minutes=1)
CLOCKS_DIFFER = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
SECRET_LENGTH = 43
"""32 random bytes in URL-safe base64."""


@dataclass(frozen=True)
class SessionRules:
    """How long a session lives, which groups give which role, and whether people come by TLS."""

    roles: RoleRules
    idle: timedelta = timedelta(hours=8)
    absolute: timedelta = timedelta(hours=24)
    secure: bool = True

    @property
    def cookie(self) -> str:
        """The cookie's name; `__Host-` makes browsers refuse it without TLS, from a subdomain or for a sub-path."""
        return "__Host-selfserve" if self.secure else "selfserve"


@dataclass(frozen=True)
class SignedIn:
    """What the identity provider said at one sign-in."""

    issuer: str
    subject: str
    authenticated_at: datetime
    sid: str = ""
    roles: frozenset[Role] = frozenset()
    agent: str = ""
    id_token: str = field(default="", repr=False)
    device_token_id: str | None = None


def open_session(
    session: Session, person: Person, by: SignedIn, rules: SessionRules, now: datetime
) -> tuple[SignIn, str]:
    """A new session for `person` and its secret for the cookie; an audit event rides along."""
    secret = secrets.token_urlsafe(32)
    row = SignIn(
        id=new_id(),
        secret_hash=_hash(secret),
        person_id=person.id,
        issuer=by.issuer,
        subject=by.subject,
        provider_sid=by.sid[:255],
        roles=sorted(by.roles),
        agent=by.agent[:255],
        sealed_hint=seal(by.id_token, secret),
        created_at=now,
        seen_at=now,
        authenticated_at=min(by.authenticated_at, now),
        ends_at=now + rules.absolute,
        device_token_id=by.device_token_id,
    )
    session.add(row)
    session.flush()
    told = {"person": person.id, "issuer": by.issuer, "agent": row.agent}
    Trail(session, f"sign_in:{row.id}", fresh=True).tell("sign_in.opened", at=now, actor=person.id, data=told)
    return row, secret


def rotate(session: Session, secret: str, now: datetime) -> str | None:
    """A new secret for a live session, the old one worth nothing from this transaction on; None if it was not live."""
    row = session.scalar(sa.select(SignIn).where(SignIn.secret_hash == _hash(secret), *_unended(now)))
    if row is None:
        return None
    fresh = secrets.token_urlsafe(32)
    won = session.execute(
        sa.update(SignIn)
        .where(SignIn.id == row.id, SignIn.secret_hash == _hash(secret))
        .values(secret_hash=_hash(fresh), sealed_hint=seal(unseal(row.sealed_hint, secret), fresh))
    )
    return fresh if won.rowcount else None  # type: ignore[attr-defined]


def current(session: Session, secret: str, rules: SessionRules, now: datetime) -> Principal | None:
    """Who holds this cookie; None unless the session is live and its person present. One indexed query."""
    if len(secret) != SECRET_LENGTH:
        return None
    known = {"secret": _hash(secret), "now": now, "idle": now - rules.idle, "groups": list(rules.roles.names)}
    rows = session.execute(_CURRENT, known).all()
    return _from_rows(rows, rules, now) if rows else None


def _holds() -> sa.Executable:
    # Made once: it is asked for every page, and to put it together takes as long as to run it.
    in_role_group = sa.and_(
        PersonGroup.person_id == Person.id, PersonGroup.group.in_(sa.bindparam("groups", expanding=True))
    )
    columns = (
        SignIn.id, SignIn.roles, SignIn.seen_at, SignIn.authenticated_at, SignIn.person_id, SignIn.device_token_id,
        PersonGroup.group,
    )  # fmt: skip
    live = (*_unended(sa.bindparam("now")), SignIn.seen_at > sa.bindparam("idle"), *are_present())
    return (
        sa.select(*columns, Person.login, Person.email, Person.name, Person.language)
        .join(Person, Person.id == SignIn.person_id)
        .outerjoin(PersonGroup, in_role_group)
        .where(SignIn.secret_hash == sa.bindparam("secret"), *live)
    )


def _from_rows(rows: Any, rules: SessionRules, now: datetime) -> Principal:
    first = rows[0]
    return Principal(
        person_id=first.person_id,
        login=first.login,
        email=first.email,
        name=first.name,
        language=first.language,
        roles=rules.roles.roles(row.group for row in rows if row.group is not None) | set(map(Role, first.roles)),
        sign_in_id=first.id,
        authenticated_at=first.authenticated_at,
        touch_due=now - first.seen_at >= SEEN_EVERY,
        device_token_id=first.device_token_id,
    )


def live(session: Session, sign_in_ids: Collection[str], rules: SessionRules, now: datetime) -> frozenset[str]:
    """Those of `sign_in_ids` that are live and whose person is present: for pages that stay open."""
    found = session.scalars(
        sa.select(SignIn.id)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.id.in_(sign_in_ids), *_unended(now), SignIn.seen_at > now - rules.idle, *are_present())
    )
    return frozenset(found)


def touch(session: Session, sign_in_ids: Collection[str], now: datetime) -> None:
    """Note a sign of life; at most once a minute has an effect, whoever else notes it."""
    stale = SignIn.seen_at <= now - SEEN_EVERY
    session.execute(sa.update(SignIn).where(SignIn.id.in_(sign_in_ids), stale).values(seen_at=now))


def ended_by_restore(session: Session, secret: str, rules: SessionRules, now: datetime) -> bool:
    """Whether this cookie was good until the store was put back to a backup, which may not even know it. A browser
    keeps it no longer than `rules.absolute`; one that somebody made up is told the same."""
    at = restored.last(session)
    if len(secret) != SECRET_LENGTH or at is None or now - at >= rules.absolute:
        return False
    row = session.scalar(sa.select(SignIn).where(SignIn.secret_hash == _hash(secret)))
    return row is None or row.ended_at == at


def listed(session: Session, person_id: str, rules: SessionRules, now: datetime) -> list[SignIn]:
    """A person's live sessions, the one used last first."""
    return list(
        session.scalars(
            sa.select(SignIn)
            .where(SignIn.person_id == person_id, *_unended(now), SignIn.seen_at > now - rules.idle)
            .order_by(SignIn.seen_at.desc(), SignIn.id)
        )
    )


def end(session: Session, sign_in_id: str, now: datetime, *, why: str, actor: str = MACHINE) -> bool:
    """End one session; False where it had ended before."""
    return bool(_end(session, SignIn.id == sign_in_id, now, why, actor))


def end_all(session: Session, person_id: str, now: datetime, *, why: str, actor: str, keep: str = "") -> list[str]:
    """End every session of a person but `keep` (the one they ask from); the ids of those ended."""
    return _end(session, sa.and_(SignIn.person_id == person_id, SignIn.id != keep), now, why, actor)


def end_windows(session: Session, device_token_id: str, now: datetime, *, why: str, actor: str) -> list[str]:
    """End the sessions of an app's windows, not the app itself; their ids."""
    return _end(session, SignIn.device_token_id == device_token_id, now, why, actor)


def end_from_provider(
    session: Session, issuer: str, subject: str, sid: str, issued_at: datetime, now: datetime
) -> list[str]:
    """End what a back-channel logout names: the session `sid` at the provider, or every session of `subject`.

    Only sessions older than the logout: a notice sent again later, by anybody, ends nothing that began since.
    OpenID Connect Back-Channel Logout 1.0, section 2.7.
    """
    named = [SignIn.provider_sid == sid] if sid else []
    named += [SignIn.subject == subject] if subject else []
    if not named:
        return []
    latest = issued_at + CLOCKS_DIFFER
    which = sa.and_(SignIn.issuer == issuer, SignIn.created_at <= latest, *named)
    ended = _end(session, which, now, "provider", MACHINE)
    return ended if sid else ended + device_tokens.end_from_provider(session, issuer, subject, latest, now)


def _end(session: Session, which: sa.ColumnElement[bool], now: datetime, why: str, actor: str) -> list[str]:
    ended = session.scalars(
        sa.update(SignIn)
        .where(which, SignIn.ended_at.is_(None))
        .values(ended_at=now, sealed_hint="")
        .returning(SignIn.id)
    ).all()
    for row_id in ended:
        Trail(session, f"sign_in:{row_id}").tell("sign_in.ended", at=now, actor=actor, data={"why": why})
    return list(ended)


def id_token(session: Session, sign_in_id: str, secret: str) -> str:
    """The ID token a session came from, to hand back at sign-out; empty where there is none."""
    sealed = session.scalar(sa.select(SignIn.sealed_hint).where(SignIn.id == sign_in_id))
    return unseal(sealed or "", secret)


def _unended(now: datetime | sa.BindParameter[datetime]) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return (SignIn.ended_at.is_(None), SignIn.ends_at > now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_CURRENT = _holds()
