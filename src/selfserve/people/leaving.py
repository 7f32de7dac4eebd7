"""What ends when a person is disabled or leaves: their sessions, apps and tokens, in the transaction that notes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import MACHINE, Trail
from selfserve.store.tables import ApiToken, DeviceToken, SignIn


@dataclass(frozen=True)
class CutOff:
    """How many sessions, tokens and apps ended."""

    sessions: int
    tokens: int
    devices: int = 0


def cut_off(session: Session, person_ids: Sequence[str], now: datetime, why: str, actor: str = MACHINE) -> CutOff:
    """End every live session, token and app of these persons; each leaves an audit event with `why` (a stable word)."""
    if not person_ids:
        return CutOff(0, 0)
    sign_ins = session.scalars(
        sa.update(SignIn)
        .where(SignIn.person_id.in_(person_ids), SignIn.ended_at.is_(None))
        .values(ended_at=now, sealed_hint="")
        .returning(SignIn.id)
    ).all()
    tokens = session.scalars(
        sa.update(ApiToken)
        .where(ApiToken.person_id.in_(person_ids), ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    ).all()
    devices = session.scalars(
        sa.update(DeviceToken)
        .where(DeviceToken.person_id.in_(person_ids), DeviceToken.ended_at.is_(None))
        .values(ended_at=now, ended_why=why, facts=None, facts_at=None)
        .returning(DeviceToken.id)
    ).all()
    for row_id in sign_ins:
        Trail(session, f"sign_in:{row_id}").tell("sign_in.ended", at=now, actor=actor, data={"why": why})
    for row_id in tokens:
        Trail(session, f"token:{row_id}").tell("token.revoked", at=now, actor=actor, data={"why": why})
    for row_id in devices:
        Trail(session, f"device:{row_id}").tell("device.ended", at=now, actor=actor, data={"why": why})
    return CutOff(len(sign_ins), len(tokens), len(devices))
