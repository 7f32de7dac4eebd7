"""Which tokens were used lately, noted in the store by and by: a caller does not wait for a write that helps only the
list of tokens."""

from __future__ import annotations

import threading
from datetime import datetime

from selfserve.people import tokens
from selfserve.store.database import Database


class Seen:
    """Gathers uses in memory and writes them down in one transaction. Safe for threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._used: dict[str, datetime] = {}

    def note(self, token_id: str, now: datetime) -> None:
        """A token was used now."""
        with self._lock:
            self._used[token_id] = max(now, self._used.get(token_id, now))

    def write(self) -> int:
        """Write down what was gathered, each token as used at its own last moment; returns how many tokens.

        To be called every few seconds and before the end. What cannot be written is kept for the next time.
        """
        with self._lock:
            used, self._used = self._used, {}
        if not used:
            return 0
        try:
            with self._database.write() as session:
                tokens.touch(session, used)
        except BaseException:
            with self._lock:
                self._used = used | self._used
            raise
        return len(used)
