"""The token by which the app on a customer's machine stays signed in: hashed at rest, new at each start, ended by hand.

A start trades the secret for a new one. The former one can be traded until the new one was used, as the answer that
brought it may be lost. Shown after that, or once it is older still, somebody copied it, so the app is signed out for
everybody who holds it (RFC 9700, section 4.14.2).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import MACHINE, Trail
from selfserve.people import device_codes, device_secrets, restored
from selfserve.people.directory import are_present
from selfserve.people.principal import DevicePrincipal
from selfserve.store.ids import new_id
from selfserve.store.tables import DeviceCode, DeviceToken, Person, SignIn

SEEN_EVERY = timedelta(minutes=1)
GRACE = timedelta(minutes=1)
"""A call that was sent before a start may arrive after it; by then nobody is accused."""
UNHELD = timedelta(hours=1)
"""How long an app lives that has come in and was never used: the answer was lost, and nobody has its token."""
STOLEN = "stolen"
TRIES = 3
_SHAPE = re.compile(r"sd_([0-9a-f]{32})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True)
class DeviceRules:
    """How long an app stays signed in: unused, and at most."""

    idle: timedelta = timedelta(days=30)
    absolute: timedelta = timedelta(days=180)


@dataclass(frozen=True)
class Traded:
    """A new secret for an app, and the code that opens its window."""

    token: DeviceToken
    secret: str
    entry: str


@dataclass(frozen=True)
class Reused:
    """Somebody showed a secret that was replaced. `live`: the app is not yet ended for it."""

    token: DeviceToken
    live: bool


@dataclass(frozen=True)
class Restored:
    """Somebody showed a secret of an app that was signed in before the store was put back to a backup."""


def let_in(
    session: Session, code: DeviceCode, agent: str, rules: DeviceRules, now: datetime, *, shown: str = "", key: str = ""
) -> Traded:
    """A token for the app that showed a code which was just taken; an audit event rides along.

    `shown` is the code as it was shown: with the app's random `key` for this exchange, `let_in_again` gives the same.
    """
    family = secrets.token_urlsafe(32)
    secret = device_secrets.made(family, device_secrets.seed_of(shown, key))
    row = DeviceToken(
        id=new_id(),
        person_id=code.person_id,
        name=code.name,
        secret_hash=_hash(secret),
        family=family,
        issuer=code.issuer,
        subject=code.subject,
        authenticated_at=code.authenticated_at,
        agent=agent[:100],
        created_at=now,
        seen_at=now,
        ends_at=now + rules.absolute,
        settled=not key,
    )
    session.add(row)
    session.flush()
    code.token_id = row.id if key else None
    told = {"person": row.person_id, "name": row.name, "agent": row.agent}
    Trail(session, f"device:{row.id}", fresh=True).tell("device.signed_in", at=now, actor=row.person_id, data=told)
    return Traded(row, _clear(row, secret), device_codes.entry(session, row, now, device_secrets.code_of(secret, key)))


def let_in_again(
    session: Session, code: DeviceCode, rules: DeviceRules, now: datetime, *, shown: str, key: str
) -> Traded | Reused | None:
    """What `let_in` gave, for the same code and key: a network may tell an exchange twice, or lose its answer.

    Reused for another key: two have the code and its verifier, so the app that came in by it is to be ended (RFC 6749,
    section 4.1.2). None once it has started anew, as what it was given then is replaced, and once it has ended.
    """
    row = session.scalar(sa.select(DeviceToken).where(DeviceToken.id == code.token_id, *_alive(rules, now)))
    if row is None or row.replaced_at is not None:
        return None
    wanted = device_secrets.made(row.family, device_secrets.seed_of(shown, key))
    if not key or not hmac.compare_digest(row.secret_hash, _hash(wanted)):
        return Reused(row, live=True)
    return Traded(row, _clear(row, wanted), device_codes.entry(session, row, now, device_secrets.code_of(wanted, key)))


def trade(
    session: Session, presented: str, agent: str, rules: DeviceRules, now: datetime, key: str = ""
) -> Traded | Reused | Restored | None:
    """A new secret instead of `presented`; None where that is worth nothing (any more).

    The same exchange again, known by the app's random `key` for it, gives the same again, whenever it comes: a network
    may tell it twice. Reused for any other secret that was replaced and whose successor is in use, and for one that is
    older: one of the two who show it has stolen it, so the app is to be ended, see `find_out`. Restored where the store
    was put back to a backup meanwhile.
    """
    for _ in range(TRIES):
        row, live = _shown(session, presented, rules, now)
        if row is None or not live:
            return _found_out(session, row, presented, rules)
        wanted = device_secrets.made(row.family, device_secrets.seed_of(_secret(presented), key)) if key else ""
        if wanted and hmac.compare_digest(row.former_hash, _hash(wanted)):
            return None  # a start that was repeated after the next one; what it gave has been replaced
        if not (wanted and hmac.compare_digest(row.secret_hash, _hash(wanted))):
            if not _tradable(row, presented):
                return Reused(row, live=True)
            wanted = _replace(session, row, presented, agent, now, key)
        if wanted:
            session.refresh(row)
            code = device_codes.entry(session, row, now, device_secrets.code_of(wanted, key))
            return Traded(row, _clear(row, wanted), code)
    return None


def _replace(session: Session, row: DeviceToken, presented: str, agent: str, now: datetime, key: str) -> str:
    """A new secret in the place of the newest; empty where somebody else was first."""
    family = row.family or secrets.token_urlsafe(32)
    fresh = device_secrets.made(family, device_secrets.seed_of(_secret(presented), key))
    won = session.execute(
        sa.update(DeviceToken)
        .where(
            DeviceToken.id == row.id, DeviceToken.secret_hash == row.secret_hash, DeviceToken.settled.is_(row.settled)
        )
        .values(
            secret_hash=_hash(fresh),
            former_hash=_hash(_secret(presented)),
            family=family,
            settled=False,
            agent=agent[:100],
            seen_at=now,
            replaced_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    return fresh if won.rowcount else ""  # type: ignore[attr-defined]


def _tradable(row: DeviceToken, presented: str) -> bool:
    """Whether this is the newest secret, or the former one whose successor nobody has used."""
    return _newest(row, presented) or (not row.settled and _former(row, presented))


def _found_out(
    session: Session, row: DeviceToken | None, presented: str, rules: DeviceRules
) -> Reused | Restored | None:
    """What is told of an app that is not live: whether it ended as somebody copied it, or by a restore."""
    if row is None:
        return Restored() if _forgotten(session, presented, rules) else None
    if row.ended_why == STOLEN:
        return Reused(row, live=False)
    return Restored() if row.ended_why == restored.WHY else None


def _forgotten(session: Session, presented: str, rules: DeviceRules) -> bool:
    """Whether the store may have forgotten this app, as it came in after the backup and before the restore: by the
    moment in its number (RFC 9562, section 5.7), which proves nothing and opens nothing."""
    shape, at = _SHAPE.fullmatch(presented), restored.last(session)
    if shape is None or at is None or session.get(DeviceToken, _dashed(shape[1])) is not None:
        return False
    age = at.timestamp() - int(shape[1][:12], 16) / 1000
    return 0 <= age < rules.absolute.total_seconds()


def verify(
    session: Session, presented: str, rules: DeviceRules, now: datetime
) -> DevicePrincipal | Reused | Restored | None:
    """Whose app shows this, by its newest secret; None unless app and person are live. Nothing is written.

    Reused where the secret was replaced a while ago and its successor is in use: to be ended, see `find_out`.
    """
    row, live = _shown(session, presented, rules, now)
    if row is None or not live:
        return _found_out(session, row, presented, rules)
    if not _newest(row, presented):
        late = row.replaced_at is None or now - row.replaced_at >= GRACE
        return Reused(row, live=True) if row.settled and late else None
    person = session.get_one(Person, row.person_id)
    due = not row.settled or now - row.seen_at >= SEEN_EVERY
    return DevicePrincipal(person.id, person.name, person.language, row.id, settle_due=due)


def sign_out(
    session: Session, presented: str, rules: DeviceRules, now: datetime
) -> list[str] | Reused | Restored | None:
    """Sign an app out by its own token; the ids of the sessions that ended with it. Else as `trade`."""
    row, live = _shown(session, presented, rules, now)
    if row is None or not live:
        return _found_out(session, row, presented, rules)
    if not _tradable(row, presented):
        return Reused(row, live=True)
    return end(session, row.id, now, why="signed_out", actor=row.person_id)


def find_out(session: Session, found: Reused, now: datetime) -> bool:
    """End the app of which a replaced secret was shown; False where it had ended before."""
    return end(session, found.token.id, now, why=STOLEN) is not None


def used(session: Session, token_id: str, presented: str, now: datetime) -> None:
    """Note a use of the newest secret: from now on the former one is worth nothing."""
    session.execute(
        sa.update(DeviceToken)
        .where(DeviceToken.id == token_id, DeviceToken.secret_hash == _hash(_secret(presented)))
        .values(seen_at=now, settled=True)
        .execution_options(synchronize_session=False)
    )


def entered(session: Session, token_id: str, now: datetime) -> None:
    """Note that the window was opened with what came with the newest secret, which is a use of it."""
    session.execute(
        sa.update(DeviceToken)
        .where(DeviceToken.id == token_id)
        .values(seen_at=now, settled=True)
        .execution_options(synchronize_session=False)
    )


def listed(session: Session, person_id: str, rules: DeviceRules, now: datetime) -> list[DeviceToken]:
    """A person's apps that are signed in, the one used last first."""
    return list(
        session.scalars(
            sa.select(DeviceToken)
            .where(DeviceToken.person_id == person_id, *_alive(rules, now))
            .order_by(DeviceToken.seen_at.desc(), DeviceToken.id)
        )
    )


def end(session: Session, token_id: str, now: datetime, *, why: str, actor: str = MACHINE) -> list[str] | None:
    """Sign an app out: its token, its windows, and what the machine said about itself.

    The ids of the sessions that ended with it; None where it had ended before.
    """
    ended = _end(session, DeviceToken.id == token_id, now, why, actor)
    return ended if ended is None else _end_windows(session, ended, now, why, actor)


def end_all(session: Session, person_id: str, now: datetime, *, why: str, actor: str, keep: str | None = None) -> None:
    """Sign out every app of a person but `keep` (the one they ask from)."""
    others = DeviceToken.id != keep if keep is not None else sa.true()
    ended = _end(session, sa.and_(DeviceToken.person_id == person_id, others), now, why, actor)
    _end_windows(session, ended or [], now, why, actor)


def end_from_provider(session: Session, issuer: str, subject: str, issued_at: datetime, now: datetime) -> list[str]:
    """Sign out every app of a subject that the provider ends as a whole; the sessions that ended with them.

    A notice about one browser session ends no app: it was let in by it and lives by itself (OpenID Connect Back-Channel
    Logout 1.0, section 2.7, on tokens for offline access).
    """
    which = sa.and_(DeviceToken.issuer == issuer, DeviceToken.subject == subject, DeviceToken.created_at <= issued_at)
    ended = _end(session, which, now, "provider", MACHINE)
    return _end_windows(session, ended or [], now, "provider", MACHINE)


def _end(session: Session, which: sa.ColumnElement[bool], now: datetime, why: str, actor: str) -> list[str] | None:
    ended = session.scalars(
        sa.update(DeviceToken)
        .where(which, DeviceToken.ended_at.is_(None))
        .values(ended_at=now, ended_why=why, facts=None, facts_at=None)
        .returning(DeviceToken.id)
        .execution_options(synchronize_session=False)
    ).all()
    for row_id in ended:
        Trail(session, f"device:{row_id}").tell("device.ended", at=now, actor=actor, data={"why": why})
    return list(ended) or None


def _end_windows(session: Session, token_ids: list[str], now: datetime, why: str, actor: str) -> list[str]:
    ended = session.scalars(
        sa.update(SignIn)
        .where(SignIn.device_token_id.in_(token_ids), SignIn.ended_at.is_(None))
        .values(ended_at=now, sealed_hint="")
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    ).all()
    for row_id in ended:
        Trail(session, f"sign_in:{row_id}").tell("sign_in.ended", at=now, actor=actor, data={"why": why})
    return list(ended)


def _shown(
    session: Session, presented: str, rules: DeviceRules, now: datetime
) -> tuple[DeviceToken, bool] | tuple[None, bool]:
    """The row that `presented` is or ever was a secret of, and whether it and its person are live."""
    shape = _SHAPE.fullmatch(presented)
    if shape is None:
        return None, False
    found = session.execute(
        sa.select(DeviceToken, sa.and_(*_alive(rules, now), *are_present()))
        .join(Person, Person.id == DeviceToken.person_id)
        .where(DeviceToken.id == _dashed(shape[1]))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return None, False
    row, live = found
    ours = [_newest(row, presented), _former(row, presented), device_secrets.known(row.family, shape[2])]
    return (row, bool(live)) if any(ours) else (None, False)


def _dashed(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _newest(row: DeviceToken, presented: str) -> bool:
    return hmac.compare_digest(row.secret_hash, _hash(_secret(presented)))


def _former(row: DeviceToken, presented: str) -> bool:
    return hmac.compare_digest(row.former_hash or "-", _hash(_secret(presented)))


def _alive(rules: DeviceRules, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    held = sa.or_(DeviceToken.settled, DeviceToken.replaced_at.is_not(None), DeviceToken.created_at > now - UNHELD)
    return (DeviceToken.ended_at.is_(None), DeviceToken.ends_at > now, DeviceToken.seen_at > now - rules.idle, held)


def _secret(presented: str) -> str:
    shape = _SHAPE.fullmatch(presented)
    return shape[2] if shape else ""


def _clear(row: DeviceToken, secret: str) -> str:
    return f"sd_{row.id.replace('-', '')}_{secret}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
