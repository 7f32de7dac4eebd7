"""The keys of a page, listed when `?` is pressed or the menu is asked, and a switch that turns single keys off."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from nicegui.element import Element

from selfserve.languages.reader import Reader
from selfserve.web.speech import reader


class Keys(Element, component="keys.js"):
    """One for each page, in its frame. What else has a key says so by `aria-keyshortcuts`, and is listed with it."""

    def __init__(self) -> None:
        super().__init__()
        self._props["words"] = _words(reader().language)


@lru_cache
def _words(language: str) -> dict[str, Any]:
    say = Reader(language).say
    return {
        "title": say("Keys"),
        "on": say("Single keys do something"),
        "close": say("Close"),
        "ctrl": say("Ctrl"),
        "always": [
            {"keys": "/", "does": say("Search the catalog")},
            {"keys": "?", "does": say("Show this list")},
            {"keys": "Tab", "does": say("Go to the next field or button")},
            {"keys": "Esc", "does": say("Close what is open; on a card, leave the field")},
        ],
    }
