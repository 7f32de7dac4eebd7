"""The icons that ship with the pages, by name."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def icon_names() -> tuple[str, ...]:
    """The names that items and categories may give, sorted; `icons.txt` beside this file is the list."""
    text = (files("selfserve.catalog") / "icons.txt").read_text(encoding="utf-8")
    return tuple(sorted({line for line in text.splitlines() if line and not line.startswith("#")}))
