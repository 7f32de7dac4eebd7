"""Debian's Chromium, driven by Playwright, and axe-core on what it shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers.node import node_packages
from tests.servers.processes import LOOPBACK, program, running

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DevTools address of a headless browser that asks nobody but the tests' own servers."""
    profile = tmp_path_factory.mktemp("chromium")
    # Written by Chromium once it listens: the port it chose, and the path of its DevTools socket.
    told = profile / "DevToolsActivePort"
    command = [program("chromium", "chromium"), *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0"]

    def ready() -> bool:
        return told.exists() and len(told.read_text().splitlines()) == 2

    with running([*command, "about:blank"], profile / "log", ready):
        port, path = told.read_text().splitlines()
        yield f"ws://{LOOPBACK}:{port}{path}"


@dataclass(frozen=True)
class Driven:
    """The browser, and the event loop by which Playwright drives it."""

    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def driven(chromium: str) -> Iterator[Driven]:
    """The browser, connected once: to start Playwright takes half a second of work."""
    with sync_playwright() as playwright:
        made = Driven(playwright.chromium.connect_over_cdp(chromium), asyncio.get_running_loop())
        asyncio._set_running_loop(None)
        yield made
        asyncio._set_running_loop(made.loop)
        made.browser.close()


@pytest.fixture
def browser(driven: Driven) -> Iterator[Browser]:
    """The session's browser for one test, in the end without what the test opened in it.

    Between its calls Playwright says that its event loop is running. It says so here only within the test, since no
    coroutine could run in those after it.
    """
    asyncio._set_running_loop(driven.loop)
    before = driven.browser.contexts
    try:
        yield driven.browser
        for context in driven.browser.contexts:
            if context not in before:
                context.close()
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own (no cookies of other tests), which moves as for most people."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    yield context.new_page()
    context.close()


ALSO = {name: {"enabled": True} for name in ("target-size", "label-content-name-mismatch")}
"""Rules of WCAG 2.2 AA that axe-core leaves out unless asked for."""
HOW = {"resultTypes": ["violations"], "rules": ALSO, "preload": {"assets": ["media"]}}
"""Style sheets it would read for a rule alone that is an experiment and left out; media, to hear whether they sound."""


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """A function that gives the WCAG violations of a page, one line each: impact, rule, place."""
    script = (node_packages() / "axe-core" / "axe.min.js").read_text()

    def check(page: Page) -> list[str]:
        if page.evaluate("!window.axe"):
            page.evaluate(script)
        found = page.evaluate(f"axe.run(document, {json.dumps(HOW)})")
        return [
            f"{violation['impact']} {violation['id']}: {node['target']} {node['html'][:160]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return check
