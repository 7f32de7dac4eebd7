"""The machine's keyring, by backends that really keep a secret."""

from __future__ import annotations

from collections.abc import Iterable

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

SERVICE = "selfserve"
ACCEPTED = {
    "keyring.backends.SecretService.Keyring": "Secret Service",
    "keyring.backends.libsecret.Keyring": "libsecret",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Locker",
    "keyrings.cryptfile.cryptfile.CryptFileKeyring": "encrypted file",
}
"""By name, as keyring takes whatever is installed: a plain-text file, or the null backend that silently forgets."""


class NoKeyring(Exception):  # noqa: N818 - a fact about the machine
    """No backend that keeps secrets is at hand; the text says what to use instead."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"this machine has no keyring that keeps secrets safely (found {found}); "
            "on a server use env:NAME or file:PATH, such as a systemd credential"
        )


def accepted_keyring(backend: KeyringBackend | None = None) -> KeyringBackend:
    """The machine's keyring, or the first accepted one of several; raises NoKeyring where none is accepted."""
    chosen = backend or keyring.get_keyring()
    for one in _each(chosen):
        if _name(one) in ACCEPTED:
            return one
    raise NoKeyring(_name(chosen))


def _each(backend: KeyringBackend) -> Iterable[KeyringBackend]:
    """A chain holds others; it would write to whichever comes first, so we look inside."""
    return getattr(backend, "backends", None) or [backend]


def _name(backend: KeyringBackend) -> str:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}"


def read_keyring(backend: KeyringBackend, name: str) -> str | None:
    """The secret kept as `name`; None where there is none. Raises NoKeyring where the keyring refuses (locked)."""
    try:
        return backend.get_password(SERVICE, name)
    except KeyringError as error:
        raise NoKeyring(f"{_name(backend)}, which answered {type(error).__name__}") from None


def write_keyring(backend: KeyringBackend, name: str, value: str) -> None:
    """Keep `value` as `name` and read it back; raises NoKeyring where it did not stay."""
    try:
        backend.set_password(SERVICE, name, value)
    except KeyringError as error:
        raise NoKeyring(f"{_name(backend)}, which answered {type(error).__name__}") from None
    if read_keyring(backend, name) != value:
        raise NoKeyring(f"{_name(backend)}, which did not give back what was written")
