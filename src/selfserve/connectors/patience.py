"""A limit to how long a connector is waited for, also one that keeps none of its own.

Python cannot end a thread. What takes longer goes on in one that nobody waits for, and that holds up no end of the
process either.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")
NAME = "bounded"
"""What the threads are called in a dump of them."""


class TooSlow(Exception):  # noqa: N818  (a fact about a target, told in a sentence)
    """It did not come back in time; what it was called for may still happen."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` gives or raises; TooSlow where that takes longer than `seconds`: it then goes on by itself."""
    came: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            came.put((call(), None))
        except BaseException as error:
            came.put((None, error))

    here = contextvars.copy_context()
    threading.Thread(target=here.run, args=(work,), name=NAME, daemon=True).start()
    try:
        given, error = came.get(timeout=seconds)
    except Empty:
        raise TooSlow(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return given  # type: ignore[return-value]  # what `call` gave, None included
