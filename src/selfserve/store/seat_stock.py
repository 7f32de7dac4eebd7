"""What a pool gives follows its settings: keys come and go, what somebody has stays theirs, and no key has two rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from selfserve.settings.sealing import CannotOpen, Sealer
from selfserve.store.seat_pool import Pool
from selfserve.store.tables import Seat


def restock(rows: Pool, sealer: Sealer, keys: Iterable[str]) -> int:
    """Let the pool give exactly `keys` (none in a pool of a count); what former sealing keys sealed is sealed anew.

    A free seat that is not listed is gone; one that is held stays its holder's, and is gone when it comes back. A key
    that is held from another pool is not given a second time: it is this one's when it is looked at after that. Returns
    how many held keys no sealing key opens: while there are any, none is added, for it may be one of theirs.
    """
    unread = 0
    if rows.row.total is None:
        elsewhere = _held_elsewhere(rows, sealer)
        marks_of = ((sealer.fingerprint(key), key) for key in keys)
        listed = {mark: key for mark, key in marks_of if mark not in elsewhere}
        marks = {seat: _mark(seat, sealer) for seat in _keyed(rows)}
        unread = sum(mark is None and seat.holder is not None for seat, mark in marks.items())
        missing = _keep(rows, marks, listed)
        if not unread:
            _add(rows, sealer, missing)
    rows.withdraw()
    return unread


def _held_elsewhere(rows: Pool, sealer: Sealer) -> set[str]:
    """The fingerprints of keys that somebody holds from another pool: of this one under its former name, say."""
    found = sa.select(Seat).where(Seat.pool != rows.name, Seat.holder.is_not(None), Seat.sealed.is_not(None))
    return {mark for seat in rows.session.scalars(found) if (mark := _fingerprint(seat, sealer)) is not None}


def _fingerprint(seat: Seat, sealer: Sealer) -> str | None:
    """That of its key under today's sealing key, without a change to the seat; None where nothing opens it."""
    assert seat.sealed is not None
    if seat.fingerprint is not None and sealer.current(seat.sealed):
        return seat.fingerprint
    try:
        return sealer.fingerprint(sealer.open(seat.sealed, f"seat:{seat.id}"))
    except CannotOpen:
        return None


def _keyed(rows: Pool) -> list[Seat]:
    """The seats that have a key: those held before free ones, for theirs is the key where it has two rows."""
    order = (Seat.holder.is_(None), Seat.taken_at, Seat.number)
    found = sa.select(Seat).where(Seat.pool == rows.name, Seat.sealed.is_not(None)).order_by(*order)
    return list(rows.session.scalars(found))


def _mark(seat: Seat, sealer: Sealer) -> str | None:
    """The fingerprint of its key under today's sealing key, which seals it from now on; None where nothing opens it."""
    assert seat.sealed is not None
    mark = _fingerprint(seat, sealer)
    if mark is not None and not sealer.current(seat.sealed):
        seat.sealed = sealer.seal(sealer.open(seat.sealed, f"seat:{seat.id}"), f"seat:{seat.id}")
    return mark


def _keep(rows: Pool, marks: Mapping[Seat, str | None], listed: Mapping[str, str]) -> dict[str, str]:
    """Give each listed key its one seat, by its fingerprint, and no other seat any; the listed keys without one."""
    missing, kept = dict(listed), list[tuple[Seat, str]]()
    for seat, mark in marks.items():
        if mark is not None and missing.pop(mark, None) is not None:
            kept.append((seat, mark))
        else:
            seat.fingerprint = None
    rows.session.flush()
    for seat, mark in kept:
        seat.fingerprint = mark
    rows.session.flush()
    return missing


def _add(rows: Pool, sealer: Sealer, missing: Mapping[str, str]) -> None:
    for seat, (mark, key) in zip(rows.add(len(missing)), missing.items(), strict=True):
        seat.fingerprint, seat.sealed = mark, sealer.seal(key, f"seat:{seat.id}")
    rows.session.flush()
