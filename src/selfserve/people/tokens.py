"""Personal tokens for the REST API: shown once, stored as a hash, limited by scopes, dead with their person."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.catalog.answers import AnswerRefused, plain_text
from selfserve.people.directory import are_present
from selfserve.people.principal import TokenPrincipal
from selfserve.people.roles import RoleRules
from selfserve.settings.durations import write_duration
from selfserve.store.ids import new_id
from selfserve.store.statement import Statement, among
from selfserve.store.tables import ApiToken, Person, PersonGroup

SCOPES = {
    "catalog:read": "read the catalog",
    "requests:read": "read requests and grants",
    "requests:write": "ask, cancel, extend and give back",
    "approvals:write": "decide what waits for an approval",
    "desk:write": "work on the desk",
    "people:read": "look people up",
    "audit:read": "read the trail",
    "admin": "run the installation",
}
LONGEST = timedelta(days=366)
SEEN_EVERY = timedelta(minutes=1)
_SHAPE = re.compile(r"ss_([0-9a-f]{32})_([A-Za-z0-9_-]{43})", re.ASCII)


class TokenRefusedError(ValueError):
    """A token that cannot be made as asked; the sentence is for the person asking."""


def create(
    session: Session, person: Person, label: str, scopes: Collection[str], lasts: timedelta, now: datetime
) -> tuple[ApiToken, str]:
    """A new token and its clear text `ss_<id>_<secret>`, which is nowhere kept.

    `label` is the person's own name for it, 1–100 characters, once per person; `lasts` at most 366 days.
    Raises `TokenRefusedError`.
    """
    label = _shown(label)
    _check(session, person, label, scopes, lasts)
    row_id, secret = new_id(), secrets.token_urlsafe(32)
    row = ApiToken(
        id=row_id,
        person_id=person.id,
        label=label,
        secret_hash=_hash(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
        ends_at=now + lasts,
    )
    session.add(row)
    session.flush()
    told = {"label": label, "scopes": row.scopes, "ends_at": row.ends_at.isoformat()}
    Trail(session, f"token:{row_id}", fresh=True).tell("token.created", at=now, actor=person.id, data=told)
    return row, f"ss_{row_id.replace('-', '')}_{secret}"


def _shown(label: str) -> str:
    try:
        return plain_text(label)
    except AnswerRefused as refused:
        raise TokenRefusedError(str(refused)) from refused


def _check(session: Session, person: Person, label: str, scopes: Collection[str], lasts: timedelta) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise TokenRefusedError(f"there is no scope {unknown[0]!r}; the scopes are {', '.join(SCOPES)}")
    if not scopes:
        raise TokenRefusedError(f"a token needs at least one scope; the scopes are {', '.join(SCOPES)}")
    if not 1 <= len(label) <= 100:
        raise TokenRefusedError("a token needs a label of 1 to 100 characters")
    if not timedelta(0) < lasts <= LONGEST:
        wanted, most = write_duration(lasts), write_duration(LONGEST)
        raise TokenRefusedError(f"a token lasts more than 0s and at most {most}, not {wanted}")
    if not person.present:
        raise TokenRefusedError(f"{person.name} is disabled or has left, so no token can be made for them")
    taken = sa.select(ApiToken.id).where(ApiToken.person_id == person.id, ApiToken.label == label)
    if session.scalar(taken) is not None:
        raise TokenRefusedError(
            f"there is a token {label!r} of {person.name} already (perhaps a revoked one); choose another label"
        )


def verify(session: Session, presented: str, now: datetime, rules: RoleRules) -> TokenPrincipal | None:
    """Who presents this token, with roles as the directory has them now; None unless token and person are live.

    One indexed query, nothing written: where the answer says `touch_due`, note it by `touch` when there is time.
    """
    shape = _SHAPE.fullmatch(presented)
    if shape is None:
        return None
    rows = [_Live(*row) for row in _live(rules.names).rows(session, {"token": _dashed(shape[1]), "now": now})]
    if not rows or not hmac.compare_digest(rows[0].secret_hash, _hash(shape[2])):
        return None
    first = rows[0]
    return TokenPrincipal(
        person_id=first.person_id,
        login=first.login,
        email=first.email,
        name=first.name,
        language=first.language,
        roles=rules.roles(row.group for row in rows if row.group is not None),
        token_id=first.id,
        scopes=frozenset(first.scopes),
        touch_due=first.seen_at is None or now - first.seen_at >= SEEN_EVERY,
    )


class _Live(NamedTuple):
    """A live token of a present person, once for each of their groups that gives a role."""

    id: str
    secret_hash: str
    scopes: list[str]
    seen_at: datetime | None
    person_id: str
    login: str
    email: str
    name: str
    language: str
    group: str | None


@cache
def _live(groups: frozenset[str]) -> Statement:
    """Made once for the groups that give a role: every call of the API asks this."""
    its_person = sa.and_(PersonGroup.person_id == Person.id, among(PersonGroup.group, sorted(groups)))
    columns = (
        ApiToken.id, ApiToken.secret_hash, ApiToken.scopes, ApiToken.seen_at, ApiToken.person_id,
        Person.login, Person.email, Person.name, Person.language, PersonGroup.group,
    )  # fmt: skip
    return Statement(
        sa.select(*columns)
        .join(Person, Person.id == ApiToken.person_id)
        .outerjoin(PersonGroup, its_person)
        .where(
            ApiToken.id == sa.bindparam("token"),
            ApiToken.revoked_at.is_(None),
            ApiToken.ends_at > sa.bindparam("now"),
            *are_present(),
        )
    )


_TOUCH = (
    sa.update(ApiToken.__table__)  # type: ignore[arg-type]
    .where(ApiToken.__table__.c.id == sa.bindparam("token"))
    .where(sa.or_(ApiToken.__table__.c.seen_at.is_(None), ApiToken.__table__.c.seen_at <= sa.bindparam("stale")))
    .values(seen_at=sa.bindparam("used"))
)


def touch(session: Session, used: Mapping[str, datetime]) -> None:
    """Note when each token was last used; at most once a minute has an effect, whoever else notes it."""
    if used:
        rows = [{"token": token, "used": at, "stale": at - SEEN_EVERY} for token, at in sorted(used.items())]
        session.connection().execute(_TOUCH, rows)


def listed(session: Session, person_id: str) -> list[ApiToken]:
    """A person's tokens, newest first, revoked and ended ones included."""
    return list(
        session.scalars(
            sa.select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.created_at.desc(), ApiToken.id)
        )
    )


def revoke(session: Session, token_id: str, now: datetime, actor: str) -> bool:
    """End a token now; False where it does not exist or was revoked before."""
    ended = session.execute(
        sa.update(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )
    if not ended.rowcount:  # type: ignore[attr-defined]
        return False
    Trail(session, f"token:{token_id}").tell("token.revoked", at=now, actor=actor)
    return True


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _dashed(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
