"""What a call wants kept before it writes: stored while it is waited for, and refused afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable

from selfserve.connectors.answers import checked
from selfserve.connectors.contract import AlreadyDone, State


class GivenUp(Exception):  # noqa: N818  (a fact, told to a call that nobody hears any more)
    """The call is waited for no more; what it does now would be known to nobody."""


class Remembering:
    """`Context.remember` of one call: `keep` stores the state. BadAnswer for a state that cannot be stored."""

    def __init__(self, keep: Callable[[State], None]) -> None:
        self._keep, self._lock, self._over = keep, threading.Lock(), False

    def __call__(self, state: State) -> None:
        """Store the state; raises GivenUp, or what `keep` raises, where the call must not go on."""
        fit = dict(checked(AlreadyDone(state), AlreadyDone).state)
        with self._lock:
            if self._over:
                raise GivenUp
            self._keep(fit)

    def over(self) -> None:
        """The call came back, or is waited for no more: its result is written next, and nothing of it after that."""
        with self._lock:
            self._over = True
