"""How much a caller may send: read as it comes, so that a lie about the length helps nobody."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 256 * 1024
"""Bytes of a request's body; answers and decisions are far smaller."""


class _TooLarge(Exception):  # noqa: N818
    """More came than is allowed."""


class BodyLimit:
    """ASGI middleware for `/api/`: 413 for a larger body, before a route sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a bounded body."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        taken, begun = 0, False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, bounded, noted)
        except _TooLarge:
            if not begun:
                detail = f"The request is larger than {LARGEST // 1024} KiB."
                content = {"type": "too-large", "title": "Content Too Large", "status": 413, "detail": detail}
                refusal = JSONResponse(content, status_code=413, media_type="application/problem+json")
                await refusal(scope, receive, send)
