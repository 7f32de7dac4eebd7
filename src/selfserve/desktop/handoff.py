"""Sign-in by the system's browser: it comes back to this machine with a one-time code that only this app can use.

RFC 8252 (native apps), RFC 7636 (PKCE). The app sees no password, and the browser keeps its own session.

What a browser is started with can be read by every account of the machine. So it is started with a page of ours on
this machine, `/go/…`, which leads on to the server: once, with a cookie that must come back, and, where the kernel says
who is at the other end, for a program of this account only. Who merely reads the address gets no further.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import secrets
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from selfserve.desktop import peers

LONGEST_NAME = 60
COOKIE = "app-sign-in"
BACK, GO = "/back", "/go/"
Owner = Callable[[int, int], int | None]
"""From the browser's port and ours to the account of the program there; None where the system does not tell."""


class HandOff:
    """One sign-in under way. `came` is called with the code, once; `page` is what the browser shows at the end.

    Listens on 127.0.0.1 alone, at a port the system chooses, from entering the context to leaving it. `sure`: the
    kernel vouched that all of it was done by programs of this account.
    """

    def __init__(
        self,
        origin: str,
        device: str,
        came: Callable[[str], None],
        page: Callable[[bool], bytes],
        owner: Owner = peers.owner,
    ) -> None:
        self._verifier, self._state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        self._origin, self._device, self._came, self._page = origin, device[:LONGEST_NAME], came, page
        self._owner, self._turn, self._done = owner, threading.Lock(), False
        self.sure = True
        self._begin()
        self._listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._answers())
        self._listener.daemon_threads = True

    @property
    def verifier(self) -> str:
        """What proves that the code is ours; never leaves this process but to the server."""
        return self._verifier

    @property
    def signs(self) -> str:
        """Six signs that the browser's page shows as well."""
        digits = base64.b32encode(hashlib.sha256(f"signs:{self._challenge}".encode()).digest()).decode()[:7]
        return f"{digits[:4]}-{digits[4:]}"

    @property
    def address(self) -> str:
        """Where the browser begins; all that anybody else may read of it."""
        return f"http://{self._host}{GO}{self._once}"

    def again(self) -> str:
        """Another such address, for another window of a browser; the one before leads nowhere any more."""
        with self._turn:
            self._begin()
        return self.address

    def _begin(self) -> None:
        self._once, self._cookie, self._opened = secrets.token_urlsafe(24), secrets.token_urlsafe(24), False

    @property
    def _host(self) -> str:
        return f"127.0.0.1:{self._listener.server_port}"

    @property
    def _onward(self) -> str:
        asked = {
            "port": str(self._listener.server_port),
            "state": self._state,
            "challenge": self._challenge,
            "name": self._device,
        }
        return f"{self._origin}/app/allow?{urlencode(asked)}"

    @property
    def _challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).rstrip(b"=").decode()

    def __enter__(self) -> Self:
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="hand-off", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def _ours(self, port: int) -> bool:
        """Whether a program of this account asks, as far as the system tells."""
        account = self._owner(port, self._listener.server_port)
        if account is None:
            self.sure = False
        return account is None or account == os.getuid()

    def _lead(self, path: str) -> str | None:
        """The cookie for the browser that begins; None for whoever comes second."""
        with self._turn:
            if self._opened or not _same(path, f"{GO}{self._once}"):
                return None
            self._opened = True
            return self._cookie

    def _take(self, path: str, shown: str) -> bool:
        """Whether this is our browser coming back; its code goes to the app the first time."""
        parts = urlsplit(path)
        told = parse_qs(parts.query, max_num_fields=5)
        states, codes = told.get("state", []), told.get("code", [])
        if parts.path != BACK or len(states) != 1 or len(codes) != 1:
            return False
        with self._turn:
            if not self._opened or not _same(states[0], self._state) or not _same(shown, self._cookie):
                return False
            first, self._done = not self._done, True
        if first:
            self._came(codes[0])
        return True

    def _answers(self) -> type[http.server.BaseHTTPRequestHandler]:
        hand_off = self

        class Answers(http.server.BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                shown, host = _cookie(self.headers.get("Cookie", "")), self.headers.get("Host", "")
                cookie, good = None, False
                if host == hand_off._host and hand_off._ours(self.client_address[1]):
                    cookie = hand_off._lead(self.path)
                    good = cookie is None and self._came_back(shown)
                if cookie is not None:
                    kept = f"{COOKIE}={cookie}; Path={BACK}; HttpOnly; SameSite=Lax"
                    self._answer(303, b"", {"Location": hand_off._onward, "Set-Cookie": kept})
                else:
                    self._answer(200 if good else 400, hand_off._page(good), {})

            def _came_back(self, shown: str) -> bool:
                try:
                    return hand_off._take(self.path, shown)
                except ValueError:
                    return False

            def _answer(self, status: int, content: bytes, more: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in (_HEADERS | more).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def version_string(self) -> str:
                return "app"

            def log_message(self, *_: Any) -> None:
                """Nothing: the address holds the code."""

        return Answers


def _same(shown: str, known: str) -> bool:
    return secrets.compare_digest(shown.encode(), known.encode())


def _cookie(header: str) -> str:
    """What our browser keeps; cookies of other programs of this machine come along, as ports do not part them."""
    named = (one.strip().partition("=") for one in header.split(";"))
    return next((value for name, _, value in named if name == COOKIE), "")


_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}
