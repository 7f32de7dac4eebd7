"""What the app's course is handed, and what comes to it: the window it moves, the world around it, what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from selfserve.desktop import peers
from selfserve.desktop.brand import Brand
from selfserve.desktop.facts import Facts
from selfserve.desktop.former import Former
from selfserve.desktop.handoff import Owner
from selfserve.desktop.keep import Keeper
from selfserve.desktop.notices import Teller
from selfserve.desktop.pages import Page
from selfserve.desktop.server import Server
from selfserve.desktop.words import Speaker


class Window(Protocol):
    """The window, as far as the app moves it; each may be called from any thread."""

    def show(self, page: Page) -> None:
        """Show a page of the app's own."""

    def go(self, address: str) -> None:
        """Load a page of the server."""

    def script(self, text: str) -> None:
        """Run a script in the server's page."""

    def trust(self, certificate: bytes) -> None:
        """Believe this certificate of the server (DER), which was found good with the company's authority."""

    def front(self) -> None:
        """Come to the front."""

    def close(self) -> None:
        """End."""


@dataclass(frozen=True)
class Event:
    """Something that happened: `kind` is act, link, refused, at, failed, code or closed; `value` belongs to it."""

    kind: str
    value: str = ""


@dataclass
class Around:
    """What the app is handed: all that could differ in a test."""

    brand: Brand
    to: Speaker
    server: Server
    keeper: Keeper
    window: Window
    browse: Callable[[str], bool]
    facts: Callable[[], Facts]
    teller: Callable[[Callable[[str], None]], Teller]
    memory: Path
    host: str
    now: Callable[[], datetime]
    owner: Owner = peers.owner
    former: Former | None = None
