"""The stand, people who look at its pages without a browser, and the stand served for Chromium."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from nicegui import Client, core, ui
from nicegui.element import Element
from nicegui.functions.download import download
from nicegui.functions.navigate import Navigate
from nicegui.functions.notify import notify
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals, prepare_simulation

from selfserve.web import install as pages
from selfserve.web.parts.dialog import Dialog
from selfserve.web.parts.form import Form
from selfserve.web.parts.frame import Frame
from selfserve.web.parts.grid import Grid
from selfserve.web.parts.together import Together
from tests.web.serving import Served, serving
from tests.web.stand import COOKIE, PageStand, build, fill

Calls = list[tuple[str, tuple[object, ...]]]
Visitor = Callable[[str], User]
"""Somebody by login, at a browser of their own."""


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the company of the demo, to copy."""
    path = tmp_path_factory.mktemp("filled") / "template.db"
    fill(path)
    return path


@pytest.fixture
def swept() -> None:
    """What the tests before left lying is gone, and what they left standing stays: NiceGUI's two looks for garbage in
    each test of a page are among what the test makes."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def stand(swept: None, tmp_path: Path, filled: Path) -> Iterator[PageStand]:
    """A house with the demo's catalog."""
    made = build(tmp_path, filled)
    yield made
    made.close()


@pytest.fixture
async def visitor(stand: PageStand, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visitor]:
    """The pages upon the stand, and people to look at them."""
    monkeypatch.setenv("NICEGUI_USER_SIMULATION", "true")
    with nicegui_reset_globals():
        prepare_simulation()
        pages.install(stand)
        options = pages.run_options(stand)
        ui.run(storage_secret="only for tests", reload=False, **options)
        clients: list[httpx.AsyncClient] = []
        try:
            async with core.app.router.lifespan_context(core.app):
                yield lambda login: User(_browser(clients, login))
                for client in clients:
                    await client.aclose()
        finally:
            # What NiceGUI does after a simulation would else take our modules out of Python's list of modules.
            Client.page_routes.clear()
            ui.navigate, ui.notify, ui.download = Navigate(), notify, download


async def _shown(response: httpx.Response) -> None:
    """A browser shows a page whatever its status; NiceGUI's `User` opens none but with 200."""
    if response.headers.get("X-Nicegui-Content") == "page" and response.status_code in (403, 404):
        response.status_code = 200


def _browser(clients: list[httpx.AsyncClient], login: str) -> httpx.AsyncClient:
    made = httpx.AsyncClient(
        transport=httpx.ASGITransport(core.app),
        base_url="http://test",
        cookies={COOKIE: login} if login else None,
        event_hooks={"response": [_shown]},
    )
    clients.append(made)
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The stand, lived in, on a loopback port; one for all tests of a module."""
    with serving(tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What the server told components in the browser to do: name of the method and its arguments, in order."""
    calls: Calls = []

    def note(_: Element, name: str, *args: object, timeout: float = 1) -> None:
        calls.append((name, args))

    for kind in (Form, Dialog, Frame, Grid, Together):
        monkeypatch.setattr(kind, "run_method", note)
    return calls
