"""Until when certificates hold, as a background look last saw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.insights.handshake import NotShown, Place, Shown, shown_at
from selfserve.store.database import Database
from selfserve.store.tables import Certificate

EVERY = timedelta(hours=1)
SOON, URGENT = timedelta(days=21), timedelta(days=7)
"""Left: time to renew it, time to drop everything else. Public authorities renew from 30 days before the end on."""
AT_ONCE = 4


def due(session: Session, now: datetime) -> bool:
    """True where the last look is `EVERY` ago, or there was none."""
    last = session.scalar(sa.select(sa.func.max(Certificate.looked_at)))
    return last is None or now - last >= EVERY


def look(
    database: Database, places: Iterable[Place], now: datetime, see: Callable[[Place], Shown] = shown_at
) -> list[Certificate]:
    """Look at each place once and keep what was seen; places that are not named any more are forgotten.

    A server that cannot be reached keeps the end that was last seen, with why it was not seen again.
    """
    wanted = list(dict.fromkeys(places))
    with ThreadPoolExecutor(AT_ONCE, "certificates") as threads:
        seen = list(threads.map(lambda place: _seen(place, see), wanted))
    with database.write() as session:
        known = {(row.of, row.address): row for row in session.scalars(sa.select(Certificate))}
        rows = [_kept(session, known.pop((place.of, place.address), None), place) for place in wanted]
        for gone in known.values():
            session.delete(gone)
        for row, one in zip(rows, seen, strict=True):
            row.looked_at = now
            if isinstance(one, Shown):
                row.subject, row.ends_at, row.problem = one.subject, one.ends_at, ""
            else:
                row.problem = one
    return rows


def _seen(place: Place, see: Callable[[Place], Shown]) -> Shown | str:
    try:
        return see(place)
    except NotShown as nothing:
        return str(nothing)


def _kept(session: Session, row: Certificate | None, place: Place) -> Certificate:
    if row is None:
        row = Certificate(of=place.of, address=place.address, subject="", ends_at=None)
        session.add(row)
    return row


def known(session: Session) -> Sequence[Certificate]:
    """All certificates, the first to end first; those never seen at the end."""
    order = (Certificate.ends_at.is_(None), Certificate.ends_at, Certificate.of, Certificate.address)
    return session.scalars(sa.select(Certificate).order_by(*order)).all()
