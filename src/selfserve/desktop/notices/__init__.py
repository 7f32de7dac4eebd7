"""Notices of the system, when a request moves; pressing one opens it in the app."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from selfserve.desktop.brand import Brand
from selfserve.desktop.server import Notice
from selfserve.desktop.words import Speaker

Pressed = Callable[[str], None]
"""Called with the path of the notice that was pressed."""


class Teller(Protocol):
    """Shows notices; never raises: a desktop without notices is no fault of the app."""

    def tell(self, notice: Notice) -> None:
        """Show one."""


def teller(brand: Brand, to: Speaker, pressed: Pressed, platform: str = sys.platform) -> Teller:
    """How this system shows notices."""
    if platform == "darwin":
        from selfserve.desktop.notices.macos import MacTeller

        return MacTeller()
    if platform == "win32":
        from selfserve.desktop.notices.windows import WindowsTeller

        return WindowsTeller(brand.id, brand.scheme)
    from selfserve.desktop.notices.linux import BusTeller

    return BusTeller(brand, to, pressed)
