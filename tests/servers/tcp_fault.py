"""A TCP proxy as a fixture that loses answers, cuts requests, slows down or goes away, as networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.servers.processes import LOOPBACK, free_port

BIND_REQUEST, BIND_RESPONSE = 0x60, 0x61


class FaultProxy:
    """Forwards to a loopback port and misbehaves once when told to; `connections` and `faults` count.

    Bind requests and answers of LDAP are always let through, so that a fault hits the operation after it. Over TLS the
    proxy cannot see them: arm it only once the connection is bound.
    """

    def __init__(self, target: int) -> None:
        """Listen on a free loopback port."""
        self.target, self.connections, self.faults = target, 0, 0
        self._lock = threading.Lock()
        self._lose_answers = self._cut_requests = 0
        self._delay = 0.0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = socket.create_server((LOOPBACK, free_port()))
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    def lose_next_answer(self, times: int = 1) -> None:
        """The next request reaches the target; its answer is swallowed and the connection closed."""
        self._lose_answers = times

    def cut_before_server(self, times: int = 1) -> None:
        """The next request never reaches the target; the connection is closed."""
        self._cut_requests = times

    def slow(self, seconds: float) -> None:
        """Every answer from now on comes so much later."""
        self._delay = seconds

    def offline(self) -> None:
        """Cut every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def online(self) -> None:
        """Accept again, on the same port, without faults."""
        self._lose_answers = self._cut_requests = 0
        self._delay = 0.0
        if self._listener is None:
            self._listener = socket.create_server((LOOPBACK, self.port))
            self._listen()

    def cut(self) -> None:
        """Close every connection that is open now."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _close(*pair)

    def close(self) -> None:
        """Go away for good."""
        self.offline()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        assert self._listener is not None
        self._run(self._accept, self._listener)

    def _run(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((LOOPBACK, self.target), 5)
        except OSError:
            client.close()
            return
        for one in (client, server):
            one.settimeout(None)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self.connections += 1
            self._pairs.append((client, server))
        self._run(self._requests, client, server)
        self._run(self._answers, client, server)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if _operation(data) != BIND_REQUEST and self._take("_cut_requests"):
                    break
                server.sendall(data)
        _close(client, server)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if _operation(data) != BIND_RESPONSE and self._take("_lose_answers"):
                    break
                if self._delay:
                    time.sleep(self._delay)  # the delay is what the test asked this proxy for
                client.sendall(data)
        _close(client, server)

    def _take(self, counter: str) -> bool:
        with self._lock:
            left: int = getattr(self, counter)
            if not left:
                return False
            setattr(self, counter, left - 1)
            self.faults += 1
            return True


def _operation(data: bytes) -> int:
    """The tag of the LDAP operation that starts `data`, 0 where it is none (RFC 4511, section 4.1.1)."""
    if len(data) < 2 or data[0] != 0x30:
        return 0
    at = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    if len(data) < at + 2 or data[at] != 0x02:
        return 0
    at += 2 + data[at + 1]
    return data[at] if at < len(data) else 0


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.fixture
def tcp_fault() -> Iterator[Callable[[int], FaultProxy]]:
    """A function that puts a proxy before a loopback port."""
    proxies: list[FaultProxy] = []

    def start(target: int) -> FaultProxy:
        proxies.append(FaultProxy(target))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.close()
