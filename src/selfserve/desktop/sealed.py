"""A token under the lock of another: what lies in a file opens only with the one in the keyring.

By what Python brings, as the app carries no library for it: a keyed stream (SHAKE-256 over a key and a fresh nonce) and
HMAC-SHA256 over the result, each with a key made from the token, which is random and never a word of a person's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_NONCE, _TAG = 16, 32


def seal(token: str, by: str) -> str:
    """`token` as text that says nothing without the token `by`, and differs each time."""
    content, nonce = token.encode(), secrets.token_bytes(_NONCE)
    hidden = _turned(content, by, nonce)
    return base64.b64encode(nonce + _tag(nonce + hidden, by) + hidden).decode()


def opened(sealed: object, by: str) -> str | None:
    """The token; None where it was sealed by another one, or changed."""
    try:
        whole = base64.b64decode(sealed, validate=True) if isinstance(sealed, str) else b""
    except (binascii.Error, ValueError):
        return None
    nonce, tag, hidden = whole[:_NONCE], whole[_NONCE : _NONCE + _TAG], whole[_NONCE + _TAG :]
    if not hmac.compare_digest(tag, _tag(nonce + hidden, by)):
        return None
    return _turned(hidden, by, nonce).decode()


def _turned(content: bytes, by: str, nonce: bytes) -> bytes:
    stream = hashlib.shake_256(_key(by, b"stream") + nonce).digest(len(content))
    return bytes(one ^ other for one, other in zip(content, stream, strict=True))


def _tag(content: bytes, by: str) -> bytes:
    return hmac.digest(_key(by, b"tag"), content, hashlib.sha256)


def _key(by: str, what: bytes) -> bytes:
    return hmac.digest(by.encode(), what, hashlib.sha256)
