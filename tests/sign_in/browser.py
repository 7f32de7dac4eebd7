"""A browser that speaks to an ASGI application without a port, from synchronous tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp

PROXY = "10.9.0.1"


class Browser:
    """Keeps cookies, follows nothing by itself; an exception of the application is the test's."""

    def __init__(self, client: httpx.AsyncClient, portal: BlockingPortal) -> None:
        self._client, self._portal = client, portal

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._portal.call(lambda: self._client.request(method, path, **options))


@contextmanager
def browsing(app: ASGIApp, base_url: str) -> Iterator[Browser]:
    """A browser on `app`, seen as coming from `PROXY`; one event loop for all its requests."""
    transport = httpx.ASGITransport(app, client=(PROXY, 50_000))
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url=base_url)
        yield Browser(client, portal)
        portal.call(client.aclose)
