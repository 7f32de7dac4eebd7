"""The keys of a page, listed when `?` is pressed or the menu is asked, and a switch that turns single keys off."""

from __future__ import annotations

from nicegui.element import Element

from selfserve.web.speech import say


class Keys(Element, component="keys.js"):
    """One for each page, in its frame. What else has a key says so by `aria-keyshortcuts`, and is listed with it."""

    def __init__(self) -> None:
        super().__init__()
        self._props["words"] = {
            "title": say("Keys"),
            "on": say("Single keys do something"),
            "close": say("Close"),
            "always": [
                {"keys": "/", "does": say("Search the catalog")},
                {"keys": "?", "does": say("Show this list")},
                {"keys": "Tab", "does": say("Go to the next field or button")},
                {"keys": "Esc", "does": say("Close what is open")},
            ],
        }
