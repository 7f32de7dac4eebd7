"""Lucide icons out of the bundled sprite: decoration, hidden from screen readers."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from selfserve.web.theme import STATIC, asset

STAND_IN = "package"
"""Drawn for an icon that is not in the sprite."""


@cache
def known() -> frozenset[str]:
    """The names of all icons in the sprite."""
    return frozenset(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / "icons.svg").read_text()))


def address(name: str) -> str:
    """Where the icon is drawn from, for `<use href>`."""
    return f"{asset('icons.svg')}#{name if name in known() else STAND_IN}"


def icon(name: str) -> Markup:
    """One icon, as tall as a line of text."""
    return Markup('<svg class="s-icon" aria-hidden="true"><use href="{}"/></svg>').format(address(name))
