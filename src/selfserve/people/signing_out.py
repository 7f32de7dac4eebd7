"""Signing people out everywhere at once: browsers, apps with their windows, and codes that would let one in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.store.tables import DeviceCode, DeviceToken, Person, SignIn


@dataclass(frozen=True)
class SignedOut:
    """How many ended: browser sessions, apps, sessions of apps' windows, and one-time codes nobody had used."""

    browsers: int = 0
    apps: int = 0
    windows: int = 0
    codes: int = 0

    @property
    def sessions(self) -> int:
        """Sessions of either kind."""
        return self.browsers + self.windows

    def __bool__(self) -> bool:
        return self != SignedOut()


def sign_out(session: Session, person_ids: Sequence[str], now: datetime, *, why: str, actor: str) -> SignedOut:
    """End every live session and app of these persons, and void their codes; each that ended leaves an audit event
    with `why` (a stable word). Personal tokens of the API are no sign-in, and go on."""
    if not person_ids:
        return SignedOut()
    hold(session, person_ids)
    # Apps before their codes and windows, as wherever else one is ended or starts anew.
    apps = _end_apps(session, person_ids, now, why)
    codes = session.scalars(
        sa.delete(DeviceCode)
        .where(DeviceCode.person_id.in_(person_ids), DeviceCode.used_at.is_(None))
        .returning(DeviceCode.ends_at)
        .execution_options(synchronize_session=False)
    ).all()
    theirs = sa.or_(SignIn.person_id.in_(person_ids), SignIn.device_token_id.in_(apps))
    ended = _end_sign_ins(session, theirs, now)
    for sign_in_id, _ in ended:
        Trail(session, f"sign_in:{sign_in_id}").tell("sign_in.ended", at=now, actor=actor, data={"why": why})
    for token_id in apps:
        Trail(session, f"device:{token_id}").tell("device.ended", at=now, actor=actor, data={"why": why})
    windows = sum(app is not None for _, app in ended)
    return SignedOut(len(ended) - windows, len(apps), windows, sum(ends_at > now for ends_at in codes))


def hold(session: Session, person_ids: Sequence[str]) -> None:
    """Let nobody sign these persons out, nor a code of theirs be used, until this transaction is over: who comes second
    waits here, before either has anything that the other wants."""
    theirs = sa.select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)
    session.execute(theirs.with_for_update(key_share=True)).all()


def _end_sign_ins(session: Session, which: sa.ColumnElement[bool], now: datetime) -> Sequence[sa.Row[str, str | None]]:
    return session.execute(
        sa.update(SignIn)
        .where(which, SignIn.ended_at.is_(None))
        .values(ended_at=now, sealed_hint="")
        .returning(SignIn.id, SignIn.device_token_id)
    ).all()


def _end_apps(session: Session, person_ids: Sequence[str], now: datetime, why: str) -> Sequence[str]:
    return session.scalars(
        sa.update(DeviceToken)
        .where(DeviceToken.person_id.in_(person_ids), DeviceToken.ended_at.is_(None))
        .values(ended_at=now, ended_why=why, facts=None, facts_at=None)
        .returning(DeviceToken.id)
    ).all()
