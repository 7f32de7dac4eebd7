"""The app in a real window, with Debian's WebKitGTK: signed in by a browser, used, told, signed out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.demo.process import Started, demo, environment
from tests.desktop.session import Session, Shown, app, brand_of, desktop, from_sources, vendored

LOGIN = "mei"
PASSWORD = "fernhill-mei-1"
Start = Callable[[Path, str], list[str]]
"""From a folder and the server's address to the command that starts the app."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The demo, whose apps ask for notices every second."""
    folder = tmp_path_factory.mktemp("app") / "demo"
    with demo(folder, "--port", "0", env=environment(SELFSERVE__DESKTOP__ASK_EVERY="1s")) as started:
        yield started


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """From our sources."""
    library = vendored(tmp_path_factory.mktemp("library"))
    return lambda folder, server: from_sources(library, brand_of(folder, server))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A desktop with an unlocked keyring."""
    with desktop(tmp_path / "session") as made:
        yield made


def sign_in(page: Page, address: str, login: str = LOGIN) -> None:
    """What the customer does in their browser: sign in at the provider, and let the app in."""
    page.goto(address)
    page.get_by_role("link", name="Sign in").click()
    page.locator("#login").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.get_by_role("heading", name="Sign in this app on").wait_for()


def let_in(shown: Shown, page: Page) -> None:
    """From the first page to the catalog: by browser, and without telling about the machine."""
    shown.sees("Welcome")
    shown.press("Sign in")
    address = shown.session.address()
    sign_in(page, address)
    signs = page.locator("dd").nth(1).inner_text()
    shown.sees(signs)
    page.get_by_role("button", name="Sign in the app").click()
    page.get_by_role("heading", name="You can close this page").wait_for()


def test_the_whole_way(session: Session, house: Started, start: Start, page: Page) -> None:
    """Start, sign in by the browser, ask by a link, hear of it, be signed out by the server."""
    command = start(session.folder, house.url)
    with app(session, command) as shown:
        let_in(shown, page)
        shown.sees("This computer")
        shown.press("Do not send")
        shown.sees("What do you need?")
        assert subprocess.run([*command, "selfserve://items/vpn-access"], env=session.environment).returncode == 0
        shown.sees("VPN")
