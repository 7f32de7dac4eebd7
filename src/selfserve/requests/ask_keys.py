"""How long an Idempotency-Key stands for the request that its sender was told of."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from selfserve.fulfilment.house import House
from selfserve.store.forgetting import forget
from selfserve.store.tables import AskKey, Request

KEPT = timedelta(days=30)
"""After the request is over; who sends the same after that asks anew."""


def forget_keys(house: House) -> int:
    """Delete the keys of requests that were over long ago; returns how many."""
    over = sa.exists().where(Request.id == AskKey.request_id, Request.closed_at < house.now() - KEPT)
    return forget(house.database, AskKey, over)
