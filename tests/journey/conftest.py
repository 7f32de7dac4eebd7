"""A running demo, and people at their own browsers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.servers.processes import running

from selfserve.demo.company import FERNHILL

Visitor = Callable[[str], Page]
"""Somebody by login, signed in at a browser of their own."""
PATIENCE = 20_000
"""Milliseconds: the machine may be busy."""


def environment() -> dict[str, str]:
    """What a child process of a test finds: nothing of the test runner."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "SELFSERVE"))}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo whose patience with a target that is down is short."""
    folder = tmp_path_factory.mktemp("demo")
    root = Path(__file__).parents[2]
    told = folder / "url"
    paths = {"PYTHONPATH": os.pathsep.join((str(root / "src"), str(root)))}
    command = [sys.executable, "-m", "tests.journey.hurried", str(folder)]
    with running(command, folder / "log", told.exists, env={**environment(), **paths}, cwd=root):
        yield told.read_text()
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def visitor(browser: Browser, demo: str) -> Iterator[Visitor]:
    """Signs people in as they do it themselves; in the end nothing may have failed in any of their browsers."""
    with ExitStack() as open_ones:
        yield lambda login: open_ones.enter_context(_at_home(browser, demo, login))


@contextmanager
def _at_home(browser: Browser, demo: str, login: str) -> Iterator[Page]:
    context = browser.new_context(base_url=demo, viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    _sign_in(page, login)
    yield page
    context.close()
    assert wrong == [], login


def _sign_in(page: Page, login: str) -> None:
    person = FERNHILL.person(login)
    assert person is not None
    page.goto("/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name").fill(login)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("searchbox")).to_be_visible()
