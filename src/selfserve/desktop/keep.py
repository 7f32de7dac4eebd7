"""Where the app's token is kept: the system's keyring, by backends that really keep a secret; else in memory only.

A token changes at each start, and a keyring may be locked just then. It still holds the one before, which is worth
nothing any more: so the new one lies beside it in a file, sealed by the one in the keyring, until that can be written.
Nor can a locked keyring be emptied: signing out is noted beside it, and what it holds is signed out when it opens.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from contextlib import closing, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from selfserve.desktop.beside import MOST, Beside

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
"""Seconds to hear whether it is still locked, which asks nobody; a keyring that asks nobody answers in as many."""


class State(StrEnum):
    """How it stands with the keyring; all but GOOD are keys of `words`."""

    GOOD = "good"
    NONE = "keyring_none"
    LOCKED = "keyring_locked"


class Remains(StrEnum):
    """What signing out has to leave in a keyring that cannot be asked; all but NOTHING are keys of `words`."""

    NOTHING = ""
    UNTIL_UNLOCKED = "bye_locked"
    """It is signed out as soon as the keyring is read."""
    UNNOTED = "bye_kept"
    """It counts again at the next start, as a full disk takes no note."""


def locked() -> bool:
    """Whether the Secret Service says that its collection is locked, without asking anybody; True where it cannot."""
    service = importlib.import_module("secretstorage")
    with closing(service.dbus_init()) as connection:
        return bool(service.Collection(connection).is_locked())


class Keeper:
    """Keeps one token, named by `service` (the app's id) and `name` (the server). `state` is how the last act went.

    `aside` is the file for what the keyring could not take, `still` says whether a locked keyring is locked still.
    `left` is a token that was found although it was to be signed out: the server is to be told, then `parted` called.
    `lasts` is whether the next start will find the token; `lost` where it will find a former one instead.
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
        self._backend, self._beside, self._still = backend, Beside(aside, name), still
        self._memory: str | None = None
        self._held: list[str] = []
        self._ours: set[str] = set()
        self._kept = True
        self._known = self._out = False
        self._hurry: Future[None] = Future()
        self._turn = threading.Lock()
        self._written: str | None = None
        """What the keyring was last found to hold."""
        self.left: str | None = None
        self.lasts, self.lost = True, False
        self.state = State.GOOD

    def hasten(self) -> None:
        """Nobody looks at the app any more, who could unlock a keyring: from now on it is waited for QUIET seconds."""
        with suppress(InvalidStateError):  # told already
            self._hurry.set_result(None)

    def read(self) -> str | None:
        """The token; None where none is kept, or only one that was signed out, which is `left` then."""
        if self._memory is None:
            held = self._do(self._get)
            self.left = self._ended(held)
            if held is not None and self.left is None:
                self._written = held
                self._held, self._memory = [held], self._beside.newest(held) or held
                self._kept = self._memory == held
        return self._memory

    def write(self, token: str, *, fresh: bool = False) -> None:
        """Keep the token: in the keyring where that works, else beside it, and in memory in any case. `fresh`: of a new
        sign-in, not traded for the one before. Whatever sign-in the keyring holds instead, unread, is over then."""
        if fresh and not self._known and not self._nowhere():
            self._out = True
            self._beside.sign_out()
        self._memory = token
        self._ours.add(token)

        def keep(ring: KeyringBackend) -> bool:
            held = self._get(ring)  # where it asks, it asks here
            with self._turn:
                if token != self._memory:
                    return False  # answered late: a newer one counts by now, or none
                self.left = self._foreign(held, self._ours) or self.left
                ring.set_password(self._service, self._name, token)
                self._written = self._get(ring)
                return self._written == token

        done = self._do(keep)
        self._kept = done is True
        if self._kept:
            self._held, self._out = [token], False
            self._beside.forget()
        former = self._written in self._held and any(one != token for one in self._held)
        self.lasts = self._kept or self._lay_aside(token)
        self.lost = former and not self.lasts
        if done is False:
            self.state = State.NONE

    def again(self) -> None:
        """Try to keep what could not be kept; nobody is asked to unlock anything for it."""
        if not self._kept and self._memory is not None:
            self.write(self._memory)

    def let_go(self) -> bool:
        """The app closes: whether the next start will not find the token, so that it is to be ended. It is written by
        nobody any more then, a prompt that is answered just now included."""
        self.again()
        if self._memory is None or self.lasts:
            return False
        if not self._turn.acquire(timeout=QUIET):
            return self.lost  # it is being written
        try:
            if self._written == self._memory or (self._written in self._held and not self.lost):
                return False  # written late, after nobody waited for it any more
            self._memory = None
            return True
        finally:
            self._turn.release()

    def forget(self, *, told: bool = True) -> Remains:
        """Keep nothing any more. `told`: the server knows that the token has ended, whatever becomes of it here."""
        newest, kept, before, ours = self._memory, self._kept, self._held, {*self._held, *self._ours}
        left, self.left = self.left, None
        self._memory, self._held, self._ours, self._kept, self.lost = None, [], set(), True, False

        def delete(ring: KeyringBackend) -> bool:
            held = self._get(ring)  # where it asks, it asks here
            if self._memory is not None:
                return False  # answered late: somebody has signed in by now
            found = self._foreign(held, ours)
            self.left = found if found != left else None
            return held is None or self._delete(ring)

        if self._do(delete):
            self._out = False
            self._beside.forget()
            return Remains.NOTHING
        self._out = True
        if newest is not None and not kept:
            self._beside.lay(newest, before)
        noted = self._beside.sign_out()
        if told if self._known else self._nowhere():
            return Remains.NOTHING
        self._known = False
        return Remains.UNTIL_UNLOCKED if noted else Remains.UNNOTED

    def parted(self) -> None:
        """The server knows of what was `left`."""
        self.left = None
        if self._memory is None:
            self.forget()
            self.left = None  # it found the same once more

    def _signed_out(self) -> bool:
        return self._out or self._beside.signed_out()

    def _ended(self, held: str | None) -> str | None:
        """The last token of the sign-in that `held` is of, where that was signed out; None for one that counts."""
        return self._foreign(held, set()) if self._signed_out() else None

    def _foreign(self, held: str | None, ours: set[str]) -> str | None:
        """The last token of the sign-in that `held` is of, where that is another one than this app's: one of `ours`
        may have been written late, as may one for which something lies beside."""
        if held is None or held in ours or held in self._held or self._beside.newest(held) is not None:
            return None
        return self._beside.last(held)

    def _lay_aside(self, token: str) -> bool:
        """Seal it by whatever the keyring may hold; where it never held one of ours, memory must do. Whether that is
        done."""
        before, out = [one for one in self._held if one != token], self._signed_out()
        if not before and self.state is not State.LOCKED and not out:
            return False
        if before or self.state is State.LOCKED:  # a prompt that stands open may be answered later
            self._held = [*before[:1], *[*before[1:], token][1 - MOST :]]  # the first is what it was found to hold
        by = [*before, token] if out else before
        return bool(by) and self._beside.lay(token, by) and self._written in before

    def _get(self, ring: KeyringBackend) -> str | None:
        return ring.get_password(self._service, self._name)

    def _delete(self, ring: KeyringBackend) -> bool:
        try:
            ring.delete_password(self._service, self._name)
        except PasswordDeleteError:  # none there; or a backend that could not, and says no more
            return self._get(ring) is None
        return True

    def _do(self, act: Callable[[KeyringBackend], T]) -> T | None:
        """What `act` gives; None, and `state` says why, where the keyring cannot be had."""
        if self.state is State.LOCKED and self._stays_locked():
            return None  # asked once; nobody is asked again and again
        try:
            done = _within(self._patience, lambda: act(accepted(self._backend)), self._hurry)
        except (KeyringLocked, TimeoutError):
            self.state = State.LOCKED
            return None
        except Exception:  # what a backend raises is anybody's guess (D-Bus, ctypes); it must not cost the start
            self.state = State.NONE
            return None
        self.state, self._known = State.GOOD, True
        return done

    def _nowhere(self) -> bool:
        """Whether there is no keyring here that could hold a token of ours; one that only does not answer may."""
        try:
            accepted(self._backend)
        except KeyringError:
            return True
        except Exception:  # anything may come from a bus, or from none
            return False
        return False

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


def _within(seconds: float, act: Callable[[], T], hurry: Future[None] | None = None) -> T:
    """`act` in a thread that is left alone after `seconds`, or QUIET ones in a `hurry`: a prompt may stand open for
    ever. Raises TimeoutError."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(act())
        except Exception as error:
            done.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    awaited: list[Future[Any]] = [done, hurry] if hurry else [done]
    wait(awaited, seconds, FIRST_COMPLETED)
    if hurry and hurry.done():
        wait([done], min(QUIET, seconds))
    return done.result(0)
