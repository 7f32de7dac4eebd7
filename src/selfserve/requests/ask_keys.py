"""What became of an ask that was sent under an Idempotency-Key, and how long the key stands for that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment.house import House
from selfserve.store.forgetting import forget
from selfserve.store.tables import AskKey, Request

KEPT = timedelta(days=30)
"""After the request is over; who sends the same after that asks anew."""


def forget_keys(house: House) -> int:
    """Delete the keys of requests that were over long ago; returns how many."""
    over = sa.exists().where(Request.id == AskKey.request_id, Request.closed_at < house.now() - KEPT)
    return forget(house.database, AskKey, over)


def made(session: Session, asker_id: str, keys: Sequence[str]) -> str:
    """The short name of the latest request that this asker made under one of these keys; "" where none came of them."""
    under = sa.and_(AskKey.asked_by_id == asker_id, AskKey.key.in_(keys))
    found = sa.select(Request.name).join(AskKey, AskKey.request_id == Request.id).where(under)
    return session.scalar(found.order_by(Request.asked_at.desc()).limit(1)) or ""
