"""`make screens`: every page with every state, light, dark and on a phone, into docs/screens."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from rich.console import Console
from tests.web.serving import Served, serving
from tests.web.stand import COOKIE
from tests.web.states import State, states

from screens.mails import mails

CHROMIUM = "/usr/bin/chromium"
FOLDER = Path("docs/screens")
CONSOLE = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at."""

    name: str
    size: ViewportSize
    dark: bool = False


DESKTOP, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
LOOKS = (Look("light", DESKTOP), Look("dark", DESKTOP, dark=True), Look("phone", PHONE))


def main() -> None:
    """Take those that are asked for, all by default."""
    parser = argparse.ArgumentParser(prog="make screens")
    parser.add_argument("--only", default="", help="states whose name begins with this")
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder; docs/screens by default")
    chosen = parser.parse_args()
    chosen.into.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="selfserve-screens-")))
        served, browser = stack.enter_context(serving(folder)), stack.enter_context(_browser())
        wanted = [state for state in [*states(served), *mails(folder)] if state.name.startswith(chosen.only)]
        for state in wanted:
            for look in LOOKS:
                _take(browser, served, state, look, chosen.into / f"{state.name}-{look.name}.png")
    CONSOLE.print(f"[dim]{len(wanted)} states, {len(wanted) * len(LOOKS)} pictures in {chosen.into}[/dim]")


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _take(browser: Browser, served: Served, state: State, look: Look, place: Path) -> None:
    context = browser.new_context(
        base_url=served.url,
        viewport=look.size,
        color_scheme="dark" if look.dark else "light",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    if state.login:
        context.add_cookies([{"name": COOKIE, "value": state.login, "url": served.url}])
    page: Page = context.new_page()
    state.open(page)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=place, animations="disabled", caret="hide")
    context.close()


if __name__ == "__main__":
    main()
