"""Identifiers: UUIDv7 for rows (RFC 9562, sorted by time), short names for people (`R-7K3F`)."""

from __future__ import annotations

import secrets
import time
import uuid

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0/O, 1/I/L and U: read aloud without a mistake


def new_id() -> str:
    """A fresh UUIDv7 in its usual text form; ids made later sort later (to the millisecond)."""
    value = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def new_name(length: int = 5) -> str:
    """A short human name for a request, e.g. `R-7K3FM`; unique only together with the store's constraint."""
    return "R-" + "".join(secrets.choice(_ALPHABET) for _ in range(length))
