"""Keeps the ID token for sign-out without keeping it readable: the key is derived from the cookie we do not store."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


def seal(id_token: str, secret: str) -> str:
    """`id_token` encrypted with a key made from the session's secret (HKDF-SHA256, AES-256-GCM), as text."""
    if not id_token:
        return ""
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + AESGCM(_key(secret)).encrypt(nonce, id_token.encode(), None)).decode()


def unseal(sealed: str, secret: str) -> str:
    """The ID token again; empty where there is none or the secret is another session's."""
    try:
        content = base64.b64decode(sealed, validate=True)
        return AESGCM(_key(secret)).decrypt(content[:_NONCE], content[_NONCE:], None).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return ""


def _key(secret: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"selfserve: ID token for sign-out").derive(secret.encode())
