"""Where the app's token is kept: the system's keyring, by backends that really keep a secret; else in memory only.

A token changes at each start, and a keyring may be locked just then. It still holds the one before, which is worth
nothing any more: so the new one lies beside it in a file, sealed by the one in the keyring, until that can be written.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from selfserve.desktop import place
from selfserve.desktop.sealed import opened, seal

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
HEARD = frozenset({"keyring.backends.SecretService", "keyring.backends.libsecret"})
"""Ways to the Secret Service, which says whether it is locked without asking anybody to unlock it."""
PATIENCE = 40.0
"""Seconds somebody has to unlock their keyring when it asks; after that the app goes on without."""
QUIET = 3.0
"""Seconds to hear whether it is still locked, which asks nobody."""
MOST = 8
"""Tokens that a keyring may hold, as each write that was not answered may have been done or may be done later."""


class State(StrEnum):
    """How it stands with the keyring; all but GOOD are keys of `words`."""

    GOOD = "good"
    NONE = "keyring_none"
    LOCKED = "keyring_locked"


def locked() -> bool:
    """Whether the Secret Service says that its collection is locked, without asking anybody; True where it cannot."""
    service = importlib.import_module("secretstorage")
    with closing(service.dbus_init()) as connection:
        return bool(service.Collection(connection).is_locked())


class Keeper:
    """Keeps one token, named by `service` (the app's id) and `name` (the server). `state` is how the last act went.

    `aside` is the file for what the keyring could not take, `still` says whether a locked keyring is locked still.
    """

    def __init__(
        self,
        service: str,
        name: str,
        backend: KeyringBackend | None = None,
        patience: float = PATIENCE,
        aside: Path | None = None,
        still: Callable[[], bool] = locked,
    ) -> None:
        self._service, self._name, self._patience = service, name, patience
        self._backend, self._aside, self._still = backend, aside, still
        self._memory: str | None = None
        self._held: list[str] = []
        self._kept = True
        self.state = State.GOOD

    def read(self) -> str | None:
        """The token; None where none is kept."""
        if self._memory is None:
            held = self._do(lambda ring: ring.get_password(self._service, self._name))
            if held is not None:
                self._held, self._memory = [held], self._newer(held)
                self._kept = self._memory == held
        return self._memory

    def write(self, token: str) -> None:
        """Keep the token: in the keyring where that works, else beside it, and in memory in any case."""
        self._memory = token

        def keep(ring: KeyringBackend) -> bool:
            ring.set_password(self._service, self._name, token)
            return ring.get_password(self._service, self._name) == token

        done = self._do(keep)
        self._kept = done is True
        if self._kept:
            self._held = [token]
            self._forget_aside()
        else:
            self._lay_aside(token)
        if done is False:
            self.state = State.NONE

    def again(self) -> None:
        """Try to keep what could not be kept; nobody is asked to unlock anything for it."""
        if not self._kept and self._memory is not None:
            self.write(self._memory)

    def forget(self) -> None:
        """Keep nothing any more."""
        self._memory, self._held, self._kept = None, [], True
        self._forget_aside()
        self._do(self._delete)

    def _lay_aside(self, token: str) -> None:
        """Seal it by whatever the keyring may hold; where it never held one of ours, memory must do."""
        before = [one for one in self._held if one != token]
        if self._aside is not None and before:
            place.write(self._aside, {"sealed": [seal(token, one) for one in before]})
        if before or self.state is State.LOCKED:  # a prompt that stands open may be answered later
            self._held = [*before, token][-MOST:]

    def _newer(self, held: str) -> str:
        """What lies beside the keyring for the token that it holds; that token itself where there is nothing."""
        laid = place.read(self._aside).get("sealed") if self._aside is not None else None
        found = (opened(one, held) for one in (laid if isinstance(laid, list) else []))
        return next((token for token in found if token is not None), held)

    def _forget_aside(self) -> None:
        if self._aside is not None:
            place.forget(self._aside)

    def _delete(self, ring: KeyringBackend) -> None:
        try:
            ring.delete_password(self._service, self._name)
        except PasswordDeleteError:
            return

    def _do(self, act: Callable[[KeyringBackend], T]) -> T | None:
        """What `act` gives; None, and `state` says why, where the keyring cannot be had."""
        if self.state is State.LOCKED and self._stays_locked():
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

    def _stays_locked(self) -> bool:
        """Whether somebody would be asked again. Other keyrings than the Secret Service cannot be heard quietly."""
        try:
            return type(accepted(self._backend)).__module__ not in HEARD or _within(QUIET, self._still)
        except Exception:  # anything may come from a bus, or from none
            return True


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
