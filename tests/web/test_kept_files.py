"""Files whose address changes with their content are made once and given to everybody from memory."""

from __future__ import annotations

import gzip

import httpx
import pytest
from nicegui import __version__ as nicegui_version
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from selfserve.web.kept_files import KeptFiles

TEXT = "what stands in the file " * 100
FILE = f"/_nicegui/{nicegui_version}/static/vue.js"
Made = list[str]


def browser(made: Made, most: int = 100_000) -> httpx.AsyncClient:
    """A browser at an application that notes what it had to make."""

    async def answer(request: Request) -> Response:
        made.append(request.url.path)
        if "missing" in request.url.path:
            return PlainTextResponse("no", 404)
        return PlainTextResponse(TEXT, headers={"cache-control": "immutable"})

    inner = Starlette(routes=[Route("/{path:path}", answer)])
    inner.add_middleware(GZipMiddleware)
    return httpx.AsyncClient(transport=httpx.ASGITransport(KeptFiles(inner, most)), base_url="http://test")


@pytest.mark.parametrize("path", [FILE, "/static/app.css?v=1"])
async def test_a_file_is_made_once_for_each_encoding(path: str) -> None:
    """Whoever comes second gets the same bytes and headers, compressed only where they take it so."""
    made: Made = []
    async with browser(made) as client:
        for accepted, count in (("gzip", 1), ("identity", 2)):
            first, second = [await client.get(path, headers={"accept-encoding": accepted}) for _ in range(2)]
            assert first.text == second.text == TEXT
            assert first.headers == second.headers
            assert second.headers.get("content-encoding") == ("gzip" if accepted == "gzip" else None)
            assert len(made) == count
        assert int(first.headers["content-length"]) > len(gzip.compress(TEXT.encode()))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/mine",
        "/auth/login",
        f"/_nicegui/{nicegui_version}/dynamic_resources/x",
        "/static//app.css",
        "/static/missing",
    ],
)
async def test_what_may_change_is_made_anew(path: str) -> None:
    """Pages, what NiceGUI makes on the fly, other spellings of a path, and errors."""
    made: Made = []
    async with browser(made) as client:
        assert [(await client.get(path)).text for _ in range(2)] in ([TEXT, TEXT], ["no", "no"])
    assert len(made) == 2


async def test_less_than_the_whole_file_is_passed_on() -> None:
    """Ranges, questions whether it changed, and other methods are answered where the file lies, kept or not."""
    made: Made = []
    async with browser(made) as client:
        await client.get(FILE)
        for header in ("range", "if-none-match", "if-modified-since"):
            await client.get(FILE, headers={header: "x"})
        await client.head(FILE)
    assert len(made) == 5


async def test_memory_for_kept_files_has_an_end() -> None:
    """What goes beyond it is answered all the same."""
    made: Made = []
    async with browser(made, most=len(TEXT) + 10) as client:
        for path in ("/static/one", "/static/two", "/static/one", "/static/two"):
            assert (await client.get(path, headers={"accept-encoding": "identity"})).text == TEXT
    assert made == ["/static/one", "/static/two", "/static/two"]
