"""Seals small secrets at rest: AES-256-GCM under a key that lies elsewhere.

An envelope is `version (1 byte) · key id (8) · nonce (12) · ciphertext and tag`. Header and context are authenticated
with the text, so an envelope moved to another request's row does not open (NIST SP 800-38D).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES = 32
_ID, _NONCE = 8, 12
_HEAD = len(VERSION) + _ID


class CannotOpen(Exception):  # noqa: N818 - says what cannot be done
    """An envelope does not open; the text says why in one sentence and holds nothing of its content."""


def new_key() -> str:
    """A fresh key in its written form, base64."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_key(text: str) -> bytes:
    """The key that `new_key` wrote; raises ValueError with what is allowed."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a sealing key is {KEY_BYTES} random bytes as base64; `selfserve init` makes one")
    return key


class Sealer:
    """Seals with `key` and opens what `key` or one of `former` sealed. Keys are 32 bytes."""

    def __init__(self, key: bytes, former: Iterable[bytes] = ()) -> None:
        self.key_id, self._key = _key_id(key), key
        self._ciphers = {_key_id(one): AESGCM(one) for one in (*former, key)}

    def seal(self, plaintext: str, context: str) -> bytes:
        """An envelope of `plaintext` that opens only with the same `context` (`request:…`, `seat:…`)."""
        nonce, head = os.urandom(_NONCE), VERSION + self.key_id
        return head + nonce + self._ciphers[self.key_id].encrypt(nonce, plaintext.encode(), head + context.encode())

    def open(self, envelope: bytes, context: str) -> str:
        """What was sealed; raises CannotOpen for a changed envelope, another context or an unknown key."""
        head, nonce = envelope[:_HEAD], envelope[_HEAD : _HEAD + _NONCE]
        if len(nonce) < _NONCE or head[:1] != VERSION:
            raise CannotOpen("this is not an envelope of selfserve")
        cipher = self._ciphers.get(head[1:])
        if cipher is None:
            raise CannotOpen(f"it was sealed with key {head[1:].hex()}, which is not among the configured sealing keys")
        try:
            return cipher.decrypt(nonce, envelope[_HEAD + _NONCE :], head + context.encode()).decode()
        except InvalidTag:
            raise CannotOpen("it was changed, or belongs to something else") from None

    def fingerprint(self, text: str) -> str:
        """A digest under `key`, hexadecimal: equal texts are known by it, and none can be tried out without the key.
        It changes with the key, as `current` does."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def current(self, envelope: bytes) -> bool:
        """False for an envelope of a former key, which should be sealed anew."""
        return envelope[len(VERSION) : _HEAD] == self.key_id


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"selfserve sealing key id" + key).digest()[:_ID]
