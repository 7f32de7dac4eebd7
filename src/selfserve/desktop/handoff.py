"""Sign-in by the system's browser: it comes back to this machine with a one-time code that only this app can use.

RFC 8252 (native apps), RFC 7636 (PKCE). The app sees no password, and the browser keeps its own session.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import secrets
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

LONGEST_NAME = 60


class HandOff:
    """One sign-in under way. `came` is called with the code, once; `page` is what the browser shows at the end.

    Listens on 127.0.0.1 alone, at a port the system chooses, from entering the context to leaving it.
    """

    def __init__(self, origin: str, device: str, came: Callable[[str], None], page: Callable[[bool], bytes]) -> None:
        self._verifier, self._state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        self._origin, self._device, self._came, self._page = origin, device[:LONGEST_NAME], came, page
        self._done = threading.Event()
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
        """Where the browser begins."""
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

    def _take(self, path: str, host: str) -> bool:
        """Whether this is our browser coming back; its code goes to the app the first time."""
        parts = urlsplit(path)
        told = parse_qs(parts.query, max_num_fields=5)
        states, codes = told.get("state", []), told.get("code", [])
        ours = host == f"127.0.0.1:{self._listener.server_port}" and parts.path == "/back"
        if (
            not ours
            or len(states) != 1
            or len(codes) != 1
            or not secrets.compare_digest(states[0].encode(), self._state.encode())
        ):
            return False
        if not self._done.is_set():
            self._done.set()
            self._came(codes[0])
        return True

    def _answers(self) -> type[http.server.BaseHTTPRequestHandler]:
        take, page = self._take, self._page

        class Answers(http.server.BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                try:
                    good = take(self.path, self.headers.get("Host", ""))
                except ValueError:
                    good = False
                content = page(good)
                self.send_response(200 if good else 400)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def version_string(self) -> str:
                return "app"

            def log_message(self, *_: Any) -> None:
                """Nothing: the address holds the code."""

        return Answers


_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}
