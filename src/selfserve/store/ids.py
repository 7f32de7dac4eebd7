"""Identifiers: UUIDv7 for rows (RFC 9562, sorted by time), short names for people (`R-7K3F`)."""

from __future__ import annotations

import secrets
import threading
import time
import uuid

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0/O, 1/I/L and U: read aloud without a mistake


class _Ids:
    """Each id sorts after the one before it, also within a millisecond and where the clock is set back a little: a
    random step on from the last one (RFC 9562, 6.2, method 2). A clock that is set back further was wrong before."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), 0

    def next(self, milliseconds: int) -> int:
        """The moment and 74 bits that no earlier id of this process had, as one number."""
        fresh = (milliseconds & 0xFFFF_FFFF_FFFF) << _RANDOM | secrets.randbits(_RANDOM)
        with self._lock:
            if 0 <= (self._last >> _RANDOM) - milliseconds <= _BACK:
                fresh = self._last + 1 + secrets.randbits(_STEP)
            self._last = fresh
            return fresh


_RANDOM, _STEP = 74, 64
"""Bits of an id that are random, and of the step to the next one within a millisecond."""
_BACK = 1000
"""So many milliseconds a clock may go back, as time servers let it."""
_IDS = _Ids()


def new_id() -> str:
    """A fresh UUIDv7 in its usual text form; what a process makes later sorts later, of others to the millisecond."""
    return _id(_IDS.next(time.time_ns() // 1_000_000))


def _id(number: int) -> str:
    """The moment (48 bits), then 12 and 62 bits of the rest, around version and variant."""
    moment, high, low = number >> _RANDOM, number >> 62 & 0xFFF, number & (1 << 62) - 1
    return str(uuid.UUID(int=moment << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low))


def new_name(length: int = 5) -> str:
    """A short human name for a request, e.g. `R-7K3FM`; unique only together with the store's constraint."""
    return "R-" + "".join(secrets.choice(_ALPHABET) for _ in range(length))
