"""What targets offered lately, so that what was chosen before an outage is still known during it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import timedelta

from selfserve.connectors.contract import Option

LASTS = timedelta(hours=2)
"""How long a choice is taken for one without a look: as long as a form is filled in, with a meeting in between."""
MOST = 5_000


class Lately:
    """Choices by the question they answered, as the target itself told them; thread-safe, and bounded. `ticks` gives
    seconds, of any clock that only goes on."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks, self._lock = ticks, threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[float, Option]] = OrderedDict()

    def offered(self, source: str, options: Iterable[Option]) -> None:
        """The target offers these now."""
        with self._lock:
            for one in options:
                self._known[source, one.value] = (self._ticks(), one)
                self._known.move_to_end((source, one.value))
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def gone(self, source: str, value: str) -> None:
        """The target was asked for this, and does not offer it."""
        with self._lock:
            self._known.pop((source, value), None)

    def find(self, source: str, value: str) -> Option | None:
        """The choice, if it was on offer a while ago."""
        with self._lock:
            at, option = self._known.get((source, value), (0.0, None))
            return option if option is not None and self._ticks() - at <= LASTS.total_seconds() else None
