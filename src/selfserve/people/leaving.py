"""What ends when a person is disabled or leaves: their sessions, apps and tokens, in the transaction that notes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import MACHINE, Trail
from selfserve.people.signing_out import sign_out
from selfserve.store.tables import ApiToken


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
    out = sign_out(session, person_ids, now, why=why, actor=actor)
    tokens = session.scalars(
        sa.update(ApiToken)
        .where(ApiToken.person_id.in_(person_ids), ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    ).all()
    for row_id in tokens:
        Trail(session, f"token:{row_id}").tell("token.revoked", at=now, actor=actor, data={"why": why})
    return CutOff(out.sessions, len(tokens), out.apps)
