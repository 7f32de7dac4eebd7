"""What was learnt from a directory a short while ago."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

KEEP = 10_000
"""Values kept in memory; the longest unused goes first."""
T = TypeVar("T")


class Known(Generic[T]):
    """Values by key, each with the instant it was learnt; thread-safe, bounded."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._values: OrderedDict[str, tuple[datetime, T]] = OrderedDict()

    def get(self, key: str, max_age: float) -> T | None:
        """What is known under `key` and was learnt less than `max_age` seconds ago, else None."""
        with self._lock:
            at, value = self._values.get(key, (None, None))
            if at is None or not 0 <= (self._now() - at).total_seconds() < max_age:
                return None
            self._values.move_to_end(key)
            return value

    def put(self, key: str, value: T) -> T:
        """Remember `value`, which is returned."""
        with self._lock:
            self._values[key] = (self._now(), value)
            self._values.move_to_end(key)
            while len(self._values) > KEEP:
                self._values.popitem(last=False)
        return value

    def forget(self, fits: Callable[[T], bool]) -> None:
        """Drop all values that fit."""
        with self._lock:
            for key in [key for key, (_, value) in self._values.items() if fits(value)]:
                del self._values[key]

    def drop(self, key: str) -> None:
        """Forget what is known under `key`."""
        with self._lock:
            self._values.pop(key, None)
