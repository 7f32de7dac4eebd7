"""The demo's sign-in in a real browser, against the embedded directory."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from selfserve.demo.company import FERNHILL
from selfserve.demo.directory import DemoDirectory
from selfserve.demo.identity_provider import Client, identity_provider
from selfserve.web.theme import STATIC
from tests.servers.processes import LOOPBACK, free_port

WELCOME = "<!doctype html><title>t</title><link rel=icon href='data:,'>welcome back"


@dataclass(frozen=True)
class Served:
    """A provider and a client's callback, each on its own port; `start` is where signing in begins."""

    start: str
    back: str
    directory: DemoDirectory


def _serve(app: Starlette, port: int) -> Callable[[], None]:
    """Serve in a thread; returns what stops it."""
    server = uvicorn.Server(uvicorn.Config(app, LOOPBACK, port, log_level="warning", lifespan="off"))
    started = threading.Event()
    original = server.startup

    async def startup(sockets: list[object] | None = None) -> None:
        await original(sockets)  # type: ignore[arg-type]
        started.set()

    server.startup = startup  # type: ignore[assignment,method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(10)

    def stop() -> None:
        server.should_exit = True
        thread.join(10)

    return stop


@pytest.fixture
def served() -> Iterator[Served]:
    """Everything running."""
    directory = DemoDirectory(FERNHILL)
    port, client_port = free_port(), free_port()
    back = f"http://{LOOPBACK}:{client_port}/callback"
    app = identity_provider(
        FERNHILL,
        f"http://{LOOPBACK}:{port}",
        (Client("selfserve", (back,)),),
        now=lambda: datetime.now(UTC),
        check=directory.check,
        groups=directory.groups,
        locked=directory.locked,
    )
    client = Starlette(routes=[Route("/callback", lambda _: HTMLResponse(WELCOME))])
    stops = [_serve(app, port), _serve(client, client_port)]
    asked = (
        f"client_id=selfserve&redirect_uri={back}&response_type=code&scope=openid&state=s&code_challenge_method=S256"
        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    yield Served(f"http://{LOOPBACK}:{port}/authorize?{asked}", back, directory)
    for stop in stops:
        stop()


def test_two_clicks_sign_in(served: Served, page: Page) -> None:
    """Pick a person, press the button; the browser's own form-action rule lets the redirect through."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(served.start)
    page.get_by_role("link", name="Ana Sousa").click()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(served.back + "**")
    assert page.inner_text("body") == "welcome back"
    assert said == []


def test_lock_in_the_directory_shows_at_sign_in(served: Served, page: Page) -> None:
    """Three wrong tries on the page lock the account; then the right password is refused as well."""
    for password in ("wrong-1", "wrong-2", "wrong-3", "fernhill-ana-1"):
        page.goto(served.start)
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        assert "That did not work." in page.get_by_role("alert").inner_text()
    assert served.directory.locked("ana")


def test_it_is_in_the_products_own_letters_and_colours(served: Served, page: Page) -> None:
    """The first page that is seen: the same font, really loaded, and the same values for what both of them name."""
    page.goto(served.start)
    loaded = page.evaluate(
        "document.fonts.ready.then(fonts => [...fonts].filter(f => f.status == 'loaded').map(f => f.family))"
    )
    assert loaded == ['"Inter Variable"'] or loaded == ["Inter Variable"]
    ours = (STATIC / "app.css").read_text()
    for place, scheme in enumerate(("light", "dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for name in ("ground", "surface", "raised", "line", "text", "muted", "ink", "on-ink", "bad", "violet-soft"):
            meant = re.search(rf"--{name}: light-dark\(([^,]+), ([^;]+)\);", ours)
            assert meant
            shown = page.evaluate(
                "name => getComputedStyle(document.documentElement).getPropertyValue(name)", f"--{name}"
            )
            assert shown.strip() == meant[1 + place], (scheme, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_page_is_accessible(
    served: Served, browser: Browser, axe: Callable[[Page], list[str]], scheme: str, width: int
) -> None:
    """No WCAG violation, light and dark, desk and phone, before and after a refusal; nothing wider than the screen."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # for axe itself; the journey above runs under the real policy
    )
    page = context.new_page()
    page.goto(served.start + "&login_hint=jonas")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert axe(page) == []
    context.close()
