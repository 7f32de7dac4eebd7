"""The secrets of one app, each of which the next replaces: known as the app's own for ever, by a mark, not by a list.

The first half is random, the second a keyed hash of it (HMAC-SHA256, cut to 128 bits) under a key that only the app's
row holds. So a secret that was replaced a year ago still tells that it was copied, and nobody can make one up.

Where the app brings a key of its own for an exchange, the random half is what secret and key give (HMAC-SHA256): the
same exchange, told twice by a network, gives the same secret, and nobody without the key can ask for that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

HALF = 16
"""Bytes: 128 random bits, and as many of the mark."""


def made(family: str, seed: bytes = b"") -> str:
    """A new secret, 43 characters, marked with the key `family` of its app; random but for a given `seed`."""
    seed = seed or secrets.token_bytes(HALF)
    return _text(seed + _mark(family, seed))


def seed_of(secret: str, key: str) -> bytes:
    """What the exchange of `secret` under the app's `key` makes the next one of; empty without a key."""
    return hmac.digest(secret.encode(), f"next:{key}".encode(), hashlib.sha256)[:HALF] if key else b""


def code_of(secret: str, key: str) -> str:
    """The code for a window that comes with the new `secret` of that exchange; empty without a key."""
    return _text(hmac.digest(secret.encode(), f"window:{key}".encode(), hashlib.sha256)) if key else ""


def known(family: str, secret: str) -> bool:
    """Whether `secret` (of the shape that `made` gives) was ever made for this app; an app without a key has none."""
    content = base64.urlsafe_b64decode(secret + "=")
    return bool(family) and hmac.compare_digest(_mark(family, content[:HALF]), content[HALF:])


def _mark(family: str, seed: bytes) -> bytes:
    return hmac.digest(family.encode(), seed, hashlib.sha256)[:HALF]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
