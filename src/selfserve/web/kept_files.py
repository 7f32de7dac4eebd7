"""Files whose address changes with their content, read and compressed once for all browsers.

A first visit asks for some twenty of them at once, and compressing them anew for each visit took most of its time.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from nicegui import __version__ as nicegui_version
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = (*(f"/_nicegui/{nicegui_version}/{kind}/" for kind in ("static", "components", "libraries", "esm")), "/static/")
"""Where such files lie: NiceGUI's version, a digest or the time of the last change is part of each address."""
MOST = 16 * 2**20
"""Bytes kept in all."""
PARTIAL = ("range", "if-none-match", "if-modified-since")
"""What asks for less than the whole file is judged where the file lies."""


@dataclass(slots=True)
class _Answer:
    """A whole answer as it was sent."""

    start: Message
    body: bytearray = field(default_factory=bytearray)


class KeptFiles:
    """ASGI: the first whole answer for a file is kept in memory, and given again to whoever takes the same encoding.

    What it is put around must answer the same to everybody. Other spellings of a path, other paths, errors and what
    goes beyond `most` bytes are passed on as they are.
    """

    def __init__(self, app: ASGIApp, most: int = MOST) -> None:
        self.app, self._room = app, most
        self._kept: dict[tuple[str, bool], _Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and listen."""
        key = _key(scope)
        if key is None:
            await self.app(scope, receive, send)
        elif key in self._kept:
            await send(self._kept[key].start)
            await send({"type": "http.response.body", "body": bytes(self._kept[key].body)})
        else:
            await self._listen(key, scope, receive, send)

    async def _listen(self, key: tuple[str, bool], scope: Scope, receive: Receive, send: Send) -> None:
        heard: list[_Answer] = []

        async def hearing(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                heard.append(_Answer({**message, "headers": list(message["headers"])}))
            elif message["type"] == "http.response.body" and heard:
                heard[0].body += message.get("body", b"")
                if not message.get("more_body"):
                    self._keep(key, heard[0])
            await send(message)

        await self.app(scope, receive, hearing)

    def _keep(self, key: tuple[str, bool], answer: _Answer) -> None:
        if key not in self._kept and len(answer.body) <= self._room:
            self._room -= len(answer.body)
            self._kept[key] = answer


def _key(scope: Scope) -> tuple[str, bool] | None:
    """The file asked for and whether it may come compressed; None where the answer is not to be kept."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: str = scope["path"]
    if not path.startswith(KEPT) or posixpath.normpath(path) != path:
        return None
    headers = Headers(scope=scope)
    if any(name in headers for name in PARTIAL):
        return None
    return path, "gzip" in headers.get("accept-encoding", "")
