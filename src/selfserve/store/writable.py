"""Whether the store can be written, looked at now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from selfserve.store.database import Database, StoreBusy, patient


class Writable:
    """Answers by a sentence where another process holds SQLite's write lock, else by an empty one.

    The lock is tried at most once in `every` seconds and waited for `patience` seconds: a monitor that asks often must
    not become a writer that others wait for. Between, and while somebody else looks, the last answer is given.
    PostgreSQL has no such lock.
    """

    def __init__(
        self,
        database: Database,
        *,
        every: float = 5.0,
        patience: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._every, self._patience, self._clock = database, every, patience, clock
        self._looking = threading.Lock()
        self._looked_at: float | None = None
        self._told = ""

    def __call__(self) -> str:
        """What is wrong with writing, in a sentence."""
        if self._database.sqlite and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._told

    def _look(self) -> None:
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < self._every:
            return
        self._told = self._tried()
        self._looked_at = now

    def _tried(self) -> str:
        try:
            with patient(self._patience), self._database.write():
                return ""
        except StoreBusy:
            return "The store cannot be written: another process holds its write lock."
