"""Where the app's token is kept: the system's keyring, by backends that really keep a secret; else in memory only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

T = TypeVar("T")
ACCEPTED = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
"""By name, as keyring takes whatever is installed: a plain-text file, or the null backend that silently forgets."""
PATIENCE = 40.0
"""Seconds somebody has to unlock their keyring when it asks; after that the app goes on without."""


class State(StrEnum):
    """How it stands with the keyring; all but GOOD are keys of `words`."""

    GOOD = "good"
    NONE = "keyring_none"
    LOCKED = "keyring_locked"


class Keeper:
    """Keeps one token, named by `service` (the app's id) and `name` (the server). `state` is how the last act went."""

    def __init__(
        self,
        service: str,
        name: str,
        backend: KeyringBackend | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._service, self._name, self._patience = service, name, patience
        self._backend = backend
        self._memory: str | None = None
        self.state = State.GOOD

    def read(self) -> str | None:
        """The token; None where none is kept."""
        if self._memory is None:
            self._memory = self._do(lambda ring: ring.get_password(self._service, self._name))
        return self._memory

    def write(self, token: str) -> None:
        """Keep the token: in the keyring where that works, and in memory in any case."""
        self._memory = token

        def keep(ring: KeyringBackend) -> bool:
            ring.set_password(self._service, self._name, token)
            return ring.get_password(self._service, self._name) == token

        if self._do(keep) is False:
            self.state = State.NONE

    def forget(self) -> None:
        """Keep nothing any more."""
        self._memory = None
        self._do(self._delete)

    def _delete(self, ring: KeyringBackend) -> None:
        try:
            ring.delete_password(self._service, self._name)
        except PasswordDeleteError:
            return

    def _do(self, act: Callable[[KeyringBackend], T]) -> T | None:
        """What `act` gives; None, and `state` says why, where the keyring cannot be had."""
        if self.state is State.LOCKED:
            return None  # asked once; nobody is asked again and again
        try:
            done = _within(self._patience, lambda: act(accepted(self._backend)))
        except (KeyringLocked, TimeoutError):
            self.state = State.LOCKED
            return None
        except Exception:  # what a backend raises is anybody's guess (D-Bus, ctypes); it must not cost the start
            self.state = State.NONE
            return None
        self.state = State.GOOD
        return done


def accepted(backend: KeyringBackend | None = None) -> KeyringBackend:
    """The machine's keyring, or the first accepted one of several; KeyringError where none keeps secrets."""
    chosen = backend or keyring.get_keyring()
    for one in _each(chosen):
        kind = type(one)
        if f"{kind.__module__}.{kind.__qualname__}" in ACCEPTED:
            return one
    raise KeyringError(f"no keyring that keeps secrets (found {type(chosen).__module__})")


def _each(backend: KeyringBackend) -> Iterable[KeyringBackend]:
    """A chain holds others; it would write to whichever comes first, so we look inside."""
    return getattr(backend, "backends", None) or [backend]


def _within(seconds: float, act: Callable[[], T]) -> T:
    """`act` in a thread that is left alone after `seconds`: a prompt may stand open for ever."""
    found: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(act())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError
    return found[0]
