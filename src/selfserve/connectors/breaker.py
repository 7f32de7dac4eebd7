"""A circuit breaker: after failures in a row a target is left in peace for a while, and tried again by one caller."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=1)
"""No target is left in peace for longer, whatever it asks for: somebody looks at it instead."""


class Circuit(StrEnum):
    """`closed` lets everything through, `open` nothing, `half_open` one trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Limits:
    """`failures` in a row open the circuit for `pause`, doubled each time a trial fails, up to `longest`.

    A trial that has not reported after `trial` is taken for dead, and the next caller may try.
    """

    failures: int = 5
    pause: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(minutes=5)
    trial: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Health:
    """What a breaker knows: `failures` in a row, how often it `opened`, since and until when it stays open, and the
    `reason` of the last failure."""

    circuit: Circuit
    failures: int
    opened: int
    until: datetime | None
    since: datetime | None = None
    reason: str = ""


class Breaker:
    """One per connector; thread-safe. `now` gives aware UTC and is only for display; `ticks` gives the seconds by which
    time is measured, so that a wall clock that is put forward and back again holds no circuit open."""

    def __init__(
        self,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now, self._limits, self._ticks = now, limits or Limits(), ticks
        self._lock = threading.Lock()
        self._failures = self._opened = 0
        self._until: float | None = None
        self._since: float | None = None
        self._reason = ""
        self._pause = self._limits.pause
        self._trial: float | None = None

    @property
    def health(self) -> Health:
        """The state now, for `/desk`, `/metrics` and `doctor`."""
        with self._lock:
            until, since = self._shown(self._until), self._shown(self._since)
            return Health(self._circuit(), self._failures, self._opened, until, since, self._reason)

    def _shown(self, at: float | None) -> datetime | None:
        return None if at is None else self._now() + timedelta(seconds=at - self._ticks())

    def allow(self) -> bool:
        """True where a call may be made now; in `half_open` only the first to ask may, and must report afterwards."""
        with self._lock:
            circuit = self._circuit()
            if circuit is not Circuit.HALF_OPEN:
                return circuit is Circuit.CLOSED
            now = self._ticks()
            if self._trial is not None and now < self._trial + self._limits.trial.total_seconds():
                return False
            self._trial = now
            return True

    def success(self) -> None:
        """The target answered: closed, and all is forgotten."""
        with self._lock:
            self._failures, self._until, self._since, self._trial, self._reason = 0, None, None, None, ""
            self._pause = self._limits.pause

    def failure(self, retry_after: timedelta | None = None, *, reason: str = "", at_once: bool = False) -> None:
        """The target did not answer as it should. `retry_after`, where the target named it, opens the circuit at once
        for so long, a day at most; so does `at_once`, for what every other call would meet as well."""
        with self._lock:
            self._failures += 1
            again = self._until is not None
            if again and self._circuit() is Circuit.OPEN:
                return
            self._reason = reason or self._reason
            if again or at_once or retry_after is not None or self._failures >= self._limits.failures:
                self._open(retry_after, again=again)

    def _open(self, retry_after: timedelta | None, *, again: bool) -> None:
        if again:
            self._pause = min(self._pause * 2, self._limits.longest)
        now = self._ticks()
        self._until = now + min(retry_after or self._pause, LONGEST).total_seconds()
        self._since = now if self._since is None else self._since
        self._opened += 1
        self._trial = None

    def _circuit(self) -> Circuit:
        if self._until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self._ticks() < self._until else Circuit.HALF_OPEN
