"""Puts the pages into NiceGUI's app: static files, head, the one page, and the watching that keeps pages true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request, Response
from nicegui import app, ui

from selfserve.web import shell
from selfserve.web.deck import Deck
from selfserve.web.layers import Compressed
from selfserve.web.live import Live
from selfserve.web.plain import LOGO, LOGO_DARK
from selfserve.web.theme import STATIC, head
from selfserve.web.visits import Parts

KEPT = 365 * 24 * 3600
"""Static files carry a digest of their content in their address: browsers may keep them a year."""

RECONNECT = 30.0
"""Seconds a page waits for its browser to come back: a busy second must not cost a page."""


def run_options(parts: Parts) -> dict[str, Any]:
    """What `ui.run_with(app, **run_options(parts))` needs for these pages.

    No loop that polls bindings, since there are none.
    """
    return {
        "title": parts.settings.brand.name,
        "favicon": STATIC / "favicon.svg",
        "dark": None,
        "language": "en-GB",
        "reconnect_timeout": RECONNECT,
        "binding_refresh_interval": None,
        "tailwind": False,
        "show_welcome_message": False,
        "gzip_middleware_factory": Compressed,
    }


def install(parts: Parts) -> Live:
    """Register everything the pages need; call once, after every plain route: the page answers all other paths."""
    live = Live(parts.house)
    deck = Deck(lambda use: _by_hand(parts, use))
    app.add_static_files("/static", STATIC, max_cache_age=KEPT)
    app.add_static_file(local_file=STATIC / "favicon.svg", url_path="/favicon.ico", max_cache_age=KEPT)
    if parts.settings.brand.logo is not None:
        _serve_logo(parts.settings.brand.logo, LOGO)
    if parts.settings.brand.logo_dark is not None:
        _serve_logo(parts.settings.brand.logo_dark, LOGO_DARK)
    ui.add_head_html(head(parts.settings.brand.accent), shared=True)
    app.on_startup(live.start)
    app.on_shutdown(live.stop)

    @ui.page("/", response_timeout=10)
    @ui.page("/{_:path}", response_timeout=10)
    async def page(request: Request) -> Response | None:
        return await shell.build(parts, live, deck, request)

    return live


def _serve_logo(logo: Path, path: str) -> None:
    app.add_static_file(local_file=logo, url_path=path, max_cache_age=3600)


def _by_hand(parts: Parts, use: str) -> bool:
    action = parts.house.connectors.lookup(use)
    return action is not None and action.human
