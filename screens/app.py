"""`python -m screens.app`: pictures of the app's own pages and of its way in, light and dark, into docs/screens."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.demo.process import Started, demo
from tests.desktop.session import Shown, app, brand_of, desktop, from_sources, until, vendored
from tests.desktop.test_server import answering, says
from tests.desktop.test_the_app_in_its_window import sign_in
from tests.servers.browser import FLAGS
from tests.servers.processes import free_port, program

FOLDER = Path("docs/screens")
COLOURS = 700
"""More than an empty window has, title bar and menu included."""


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory(prefix="selfserve-screens-") as place:
        folder = Path(place)
        library = vendored(folder / "library")
        with demo(folder / "demo", "--port", "0", within=120) as house:
            for look in ("light", "dark"):
                _inside(folder / look, library, house, look)
        wants = {"product": "selfserve", "minimum_version": "9.0", "update_url": "https://intranet.example.com/get"}
        for look in ("light", "dark"):
            with answering(says(wants)) as port:
                server = f"http://127.0.0.1:{port}"
                _only(folder / f"old-{look}", library, server, look, "This app is too old", "too-old")
            away = f"http://127.0.0.1:{free_port()}"
            _only(folder / f"off-{look}", library, away, look, "The server does not answer", "offline")


def _only(folder: Path, library: Path, server: str, look: str, text: str, name: str) -> None:
    with ExitStack() as stack:
        session = stack.enter_context(desktop(folder, dark=look == "dark"))
        shown = stack.enter_context(app(session, from_sources(library, brand_of(folder, server))))
        shown.sees(text)
        _shot(shown, name, look)


def _inside(folder: Path, library: Path, house: Started, look: str) -> None:
    with desktop(folder, dark=look == "dark") as session, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=FLAGS)
        scheme = "dark" if look == "dark" else "light"
        page = chromium.new_context(viewport={"width": 1280, "height": 860}, color_scheme=scheme).new_page()
        with app(session, from_sources(library, brand_of(folder, house.url))) as shown:
            shown.sees("Welcome")
            _shot(shown, "welcome", look)
            shown.press("Sign in")
            sign_in(page, session.address())
            shown.sees(page.locator("dd").nth(1).inner_text())
            _shot(shown, "waiting", look)
            page.screenshot(path=FOLDER / f"app-consent-{look}.png")
            page.get_by_role("button", name="Sign in the app").click()
            shown.sees("Serial number")
            _shot(shown, "device", look)
            shown.press("Do not send")
            shown.sees("What do you need?")
            shown.sees("VPN access")
            _shot(shown, "catalog", look)
        chromium.close()


def _shot(shown: Shown, name: str, look: str) -> None:
    """The picture, once the page is painted: a screen reader hears of it a moment before."""
    path = FOLDER / f"app-{name}-{look}.png"

    def painted() -> bool:
        shown.session.shot(path)
        told = subprocess.run([program("identify", "imagemagick"), "-format", "%k", str(path)], capture_output=True)
        return int(told.stdout) > COLOURS

    until(painted, f"{path} stays empty")


if __name__ == "__main__":
    main()
