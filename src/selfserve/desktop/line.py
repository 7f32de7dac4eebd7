"""A limit for a whole call. A socket's own counts from byte to byte, and none at all while a name is looked up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Line:
    """The connection of one call, which can be cut while another thread waits at it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._twin: socket.socket | None = None
        self._over = False

    def opened(self, *told: Any, **options: Any) -> socket.socket:
        """As `socket.create_connection`; TimeoutError where the line was cut meanwhile."""
        made = socket.create_connection(*told, **options)
        with self._turn:
            if self._over:
                made.close()
                raise TimeoutError
            self._twin = made.dup()  # TLS takes the socket itself away
        return made

    def cut(self) -> None:
        """Whoever reads or writes there finds it closed."""
        self._ended(shut=True)

    def end(self) -> None:
        """It is used no more."""
        self._ended(shut=False)

    def _ended(self, *, shut: bool) -> None:
        with self._turn:
            self._over, twin, self._twin = True, self._twin, None
            if twin is None:
                return
            with suppress(OSError):
                if shut:
                    twin.shutdown(socket.SHUT_RDWR)
            twin.close()


def within(seconds: float, call: Callable[[], T], line: Line) -> T:
    """What `call` gives, which goes by `line`; TimeoutError where that takes longer, and the line is cut then."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except Exception as error:
            done.set_exception(error)
        finally:
            line.end()

    if seconds <= 0:
        raise TimeoutError
    threading.Thread(target=run, name="call", daemon=True).start()
    try:
        return done.result(seconds)
    finally:
        if not done.done():
            line.cut()
