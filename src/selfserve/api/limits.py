"""What a caller may send: so much and no more, counted as it comes, so that a lie about the length helps nobody."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from selfserve.api.problems import problem

LARGEST = 256 * 1024
"""Bytes of a request's body; answers and decisions are far smaller."""


class _TooLarge(HTTPException):
    """More came than is allowed. FastAPI lets this kind pass; any other it would call a body it cannot parse."""

    def __init__(self) -> None:
        super().__init__(413, f"The request is larger than {LARGEST // 1024} KiB.")


class Limits:
    """ASGI middleware for `/api/`: 413 for a larger body, 400 for an address with a NUL in it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a bounded body."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self.app(scope, _bounded(receive), send)


def _refusal(scope: Scope) -> Response | None:
    if "\0" in scope["path"] or b"%00" in scope["query_string"] or b"\0" in scope["query_string"]:
        return problem(400, "An address cannot hold the sign NUL.", "malformed")
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > LARGEST:
        return problem(413, str(_TooLarge().detail), "too-large")
    return None


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise _TooLarge
        return message

    return bounded
