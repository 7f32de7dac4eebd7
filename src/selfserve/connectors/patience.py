"""A limit to how long a connector is waited for, also one that keeps none of its own.

Python cannot end a thread. What takes longer goes on in one that nobody waits for, and that holds up no end of the
process either; how many a target may keep so is limited.
"""

from __future__ import annotations

import contextvars
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")
NAME = "bounded"
"""What the threads are called in a dump of them."""
CALL = timedelta(minutes=2)
"""How long a call is waited for where no person waits for it: twice what a durable walk tells a connector it has."""
MOST_LEFT = 8
"""Calls of one target that may be out without anybody waiting; until one comes back, no more are made."""
MOST_IDLE = 32
"""Threads kept for the next call."""


class TooSlow(Exception):  # noqa: N818  (a fact about a target, told in a sentence)
    """It did not come back in time. `sent`: what it was called for may still happen; else it was not called at all."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


def within(seconds: float, call: Callable[[], T], target: str = "") -> T:
    """What `call` gives or raises; TooSlow where that takes longer than `seconds`: it then goes on by itself.

    With `target`, TooSlow at once where too many calls of it are out already.
    """
    if target and out(target) >= MOST_LEFT:
        raise TooSlow(f"{MOST_LEFT} calls have not come back yet", sent=False)
    job = _Job(call, target)
    _hands.do(job)
    if not job.over.acquire(timeout=seconds) and job.leave():
        raise TooSlow(f"no answer within {seconds:g} s", sent=True)
    if job.error is not None:
        raise job.error
    return job.given  # type: ignore[return-value]  # what `call` gave, None included


def out(target: str) -> int:
    """How many calls of `target` have not come back, and are not waited for any more."""
    return _left.of(target)


class _Job(Generic[T]):
    """One call on its way: done by a thread, waited for by another."""

    def __init__(self, call: Callable[[], T], target: str) -> None:
        self.given: T | None = None
        self.error: BaseException | None = None
        self.over = threading.Semaphore(0)
        self._call, self._target = call, target
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._came = self._alone = False

    def work(self) -> None:
        """Make the call, in the thread that does it."""
        try:
            self.given = self._context.run(self._call)
        except BaseException as error:
            self.error = error
        with self._lock:
            self._came = True
            if self._alone:
                _left.add(self._target, -1)
        self.over.release()

    def leave(self) -> bool:
        """Wait no longer; False where it came back in this very moment."""
        with self._lock:
            if not self._came:
                self._alone = True
                _left.add(self._target, 1)
            return not self._came


class _Left:
    """How many calls of each target are out without anybody waiting."""

    def __init__(self) -> None:
        self._calls = Counter[str]()
        self._lock = threading.Lock()

    def of(self, target: str) -> int:
        with self._lock:
            return self._calls[target]

    def add(self, target: str, by: int) -> None:
        with self._lock:
            self._calls[target] += by


class _Hands:
    """Threads that make calls, one at a time each, and are kept: to start one for each call costs more than most calls.

    The pool of the standard library is none for this: it waits for its threads at the end of the process.
    """

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[_Job[Any]]] = []
        self._lock = threading.Lock()

    def do(self, job: _Job[Any]) -> None:
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is None:
            inbox = SimpleQueue()
            threading.Thread(target=self._work, args=(inbox,), name=NAME, daemon=True).start()
        inbox.put(job)

    def _work(self, inbox: SimpleQueue[_Job[Any]]) -> None:
        while True:
            inbox.get().work()
            with self._lock:
                if len(self._idle) >= MOST_IDLE:
                    return
                self._idle.append(inbox)


_left, _hands = _Left(), _Hands()
