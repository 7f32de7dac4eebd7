"""The layers in place of NiceGUI's: the same answers, for less."""

from __future__ import annotations

import httpx
import pytest
from nicegui import __version__ as nicegui_version
from nicegui import core
from nicegui.middlewares import RedirectWithPrefixMiddleware, SetCacheControlMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from selfserve.web.layers import Compressed, LastingFiles, lighten

TEXT = "what stands in the answer, " * 200
OURS = f"/_nicegui/{nicegui_version}"


def browser(*layers: Middleware) -> httpx.AsyncClient:
    """A browser at an application behind the layers."""

    async def answer(_: Request) -> Response:
        return PlainTextResponse(TEXT, headers={"cache-control": "no-store"})

    made = Starlette(routes=[Route("/{path:path}", answer)], middleware=layers)
    return httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://test")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (f"{OURS}/static/vue.js", True),
        (f"{OURS}/components/x.js", True),
        (f"{OURS}/dynamic_resources/x", False),
        ("/_nicegui/0.0.0/static/vue.js", False),
        ("/", False),
        ("/mine", False),
    ],
)
async def test_only_files_of_this_version_may_be_kept(
    path: str, *, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As NiceGUI's own layer had it: a page must never come out of a browser's memory."""
    monkeypatch.setattr(core.app.config, "cache_control_directives", "public, max-age=9", raising=False)
    async with browser(Middleware(LastingFiles)) as client:
        answer = await client.get(path)
    assert answer.headers["cache-control"] == ("public, max-age=9" if kept else "no-store")
    assert answer.text == TEXT


@pytest.mark.parametrize("path", ["/", f"{OURS}/static/vue.js"])
async def test_pages_and_files_come_compressed_to_who_takes_it(path: str) -> None:
    """Whole either way; files harder, since they are compressed once for everybody."""
    async with browser(Middleware(Compressed)) as client:
        small = await client.get(path, headers={"accept-encoding": "gzip"})
        plain = await client.get(path, headers={"accept-encoding": "identity"})
    assert small.text == plain.text == TEXT
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(TEXT) // 4
    assert "content-encoding" not in plain.headers


def test_other_layers_than_those_known_stop_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade of NiceGUI that changes them must be looked at before it serves anybody."""
    known = [Middleware(SetCacheControlMiddleware), Middleware(RedirectWithPrefixMiddleware)]
    monkeypatch.setattr(core.app, "middleware_stack", None)  # as before anybody was served
    monkeypatch.setattr(core.app, "user_middleware", [*known])
    lighten()
    left: list[object] = [layer.cls for layer in core.app.user_middleware]
    assert left == [LastingFiles]
    monkeypatch.setattr(core.app, "user_middleware", known[:1])
    with pytest.raises(RuntimeError, match="other layers"):
        lighten()
