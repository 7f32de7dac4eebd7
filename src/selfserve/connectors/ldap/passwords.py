"""Passwords: what may be sent as one, and temporary ones worth giving to a person."""

from __future__ import annotations

import secrets
import string

from selfserve.connectors.ldap.errors import PasswordError
from selfserve.languages.messages import msg

_LOWER, _UPPER, _DIGITS = "abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
_SIGNS = "-+=.!"
GROUP, GROUPS = 5, 4


def password_bytes(password: str) -> bytes:
    """The UTF-8 bytes of a password as typed, outer spaces and Unicode form included.

    Raises PasswordError for an empty one (RFC 3062 would have the server make one up, and a bind with it is anonymous),
    for one with control characters (not every client can type them), and for one that is no Unicode text.
    """
    if not password:
        raise PasswordError(msg("An empty password is not accepted."))
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in password):
        raise PasswordError(
            msg("A password with control characters is not accepted, since not every client can send it.")
        )
    try:
        return password.encode()
    except UnicodeEncodeError as error:
        raise PasswordError(
            msg("The password holds half a character (a lone surrogate) and cannot be sent.")
        ) from error


def temporary_password() -> str:
    """Twenty characters in four groups, ~116 bits, without look-alikes, with all four kinds that policies ask for."""
    alphabet = _LOWER + _UPPER + _DIGITS
    while True:
        text = "".join(secrets.choice(alphabet) for _ in range(GROUP * GROUPS))
        if _has_all(text):
            groups = [text[at : at + GROUP] for at in range(0, len(text), GROUP)]
            return secrets.choice(_SIGNS).join(groups)


def _has_all(text: str) -> bool:
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    return all(any(sign in kind for sign in text) for kind in kinds)
