"""One line in the log and one figure for each HTTP request, and an id that ties a request's lines together."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from selfserve.telemetry import figures

log = structlog.get_logger("selfserve.http")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADER = b"x-request-id"
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class Telemetry:
    """ASGI middleware; goes outermost. Paths are logged without their query, which may hold codes and tokens."""

    def __init__(self, app: Asgi, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        answer = _Answer(send, request_id)
        began = self._clock()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, answer)
            finally:
                self._tell(scope, answer.status, self._clock() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        figures.http_request(method, _route(scope), status, seconds)
        if scope["path"] not in _QUIET:
            log.info("request", method=method, path=scope["path"][:200], status=status, ms=round(seconds * 1000, 1))


class _Answer:
    """Passes the answer on, with the request's id, and remembers its status; 500 where none was sent."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._id, self.status = send, request_id, 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", []), (HEADER, self._id.encode())]}
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The id a proxy gave, where it looks like one; else a new one."""
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return given.decode() if _GIVEN.fullmatch(given) else secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """The pattern of the route that answered: a path with ids in it would make a figure for each id."""
    return str(getattr(scope.get("route"), "path", "") or "other")
