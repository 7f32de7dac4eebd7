"""NiceGUI's own layers around its pages, as plain ASGI.

It comes with two that are built on Starlette's `BaseHTTPMiddleware`, which sets up a task group and a stream for every
answer. One looks for a header that our wall takes away before, so nothing is left of it; the other is below. They are
no public names: the version is pinned, and with other layers the server does not start.
"""

from __future__ import annotations

from nicegui import __version__ as nicegui_version
from nicegui import core
from nicegui.middlewares import RedirectWithPrefixMiddleware, SetCacheControlMiddleware
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LASTING = f"/_nicegui/{nicegui_version}/"
FLEETING = f"{LASTING}dynamic_resources/"
THEIRS: tuple[object, ...] = (SetCacheControlMiddleware, RedirectWithPrefixMiddleware)
EAGER, EASY = 9, 4
"""How hard files are compressed, once for all browsers (see `kept_files`), and pages, each for one: a twentieth larger
for half the time."""


def lighten() -> None:
    """Take NiceGUI's two layers away and put ours in their place; to be called once, after NiceGUI was told to run.

    RuntimeError where it has others.
    """
    app = core.app
    found = [layer for layer in app.user_middleware if layer.cls in THEIRS]
    if len(found) != len(THEIRS):
        raise RuntimeError(f"NiceGUI has other layers than those known: {app.user_middleware}; see web/layers.py")
    app.user_middleware[:] = [layer for layer in app.user_middleware if layer not in found]
    app.add_middleware(LastingFiles)


class LastingFiles:
    """ASGI: lets browsers keep NiceGUI's own files, whose addresses change with its version."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; files get the header."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(LASTING) or path.startswith(FLEETING):
            await self.app(scope, receive, send)
            return

        async def lasting(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["cache-control"] = core.app.config.cache_control_directives
            await send(message)

        await self.app(scope, receive, lasting)


class Compressed(GZipMiddleware):
    """ASGI: compresses pages easily and files hard, for those who take it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, compresslevel=EASY)
        self._files = GZipMiddleware(app, compresslevel=EAGER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, compressed where the browser takes it."""
        if scope["type"] == "http" and scope["path"].startswith(("/_nicegui/", "/static/")):
            await self._files(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
