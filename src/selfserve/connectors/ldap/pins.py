"""Which server was asked to write something whose answer was lost: it, and no replica behind it, tells what
happened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

KEEP = timedelta(minutes=5)
"""After so long a replica has caught up or the server is gone for good."""


class Pins:
    """Host by name of what was written; thread-safe."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._hosts: dict[str, tuple[datetime, str]] = {}

    def set(self, name: str, host: str) -> None:
        """From now on, ask `host` about `name`."""
        with self._lock:
            limit = self._now() - KEEP
            self._hosts = {key: pin for key, pin in self._hosts.items() if pin[0] > limit}
            self._hosts[name] = (self._now(), host)

    def get(self, name: str) -> str | None:
        """The host to ask about `name`; None where any will do."""
        with self._lock:
            at, host = self._hosts.get(name, (None, None))
            return host if at is not None and at > self._now() - KEEP else None

    def drop(self, name: str) -> None:
        """What happened is known now."""
        with self._lock:
            self._hosts.pop(name, None)
