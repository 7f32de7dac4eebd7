"""The catalog's grid, as one element: thousands of items cost the server no more than their JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from nicegui.element import Element

from selfserve.languages.reader import Reader
from selfserve.web.parts.frame import Help
from selfserve.web.speech import reader
from selfserve.web.theme import asset

Card = Mapping[str, Any]
"""One item as it is shown: id, name, summary, category, icon, tint, takes, words, asks, human."""
Held = Mapping[str, Mapping[str, str]]
"""What is said of the items that somebody has, or gets: `words` and `icon` by the item's id."""


class Grid(Element, component="catalog.js"):
    """Tells `search` with what was typed; the answer goes back by `answer`."""

    def __init__(self, cards: Sequence[Card], held: Held, help_: Help, popular: Sequence[str] = ()) -> None:
        super().__init__()
        # Tuples: what is in a list NiceGUI watches for changes, card by card, which took a third of the whole page.
        self._props.update(
            {
                "items": tuple(cards),
                "held": held,
                "popular": tuple(popular),
                "icons": asset("icons.svg"),
                "support": help_.support,
                "links": tuple(_link(name, address) for name, address in help_.links.items()),
                "words": _words(reader().language),
            }
        )

    def deal(self, cards: Sequence[Card], held: Held, popular: Sequence[str] = ()) -> None:
        """Show these items, mark those that somebody has, and put those first whose ids are `popular` around them."""
        new = {"items": tuple(cards), "held": held, "popular": tuple(popular)}
        if any(self._props[name] != value for name, value in new.items()):
            self._props.update(new)

    def answer(self, query: str, found: Sequence[str], near: Sequence[str] = (), instead: Sequence[str] = ()) -> None:
        """What the server found for `query`: item ids, best first; where nothing, what is near it and what there is
        instead."""
        # A method, since an update would send every card again.
        self.run_method("reply", query, list(found), list(near), list(instead))


def _link(name: str, address: str) -> dict[str, Any]:
    return {"name": name, "to": address, "outside": address.startswith("http")}


@lru_cache
def _words(language: str) -> dict[str, str]:
    """What the grid says by itself; it puts at `{query}` what was typed, at `{count}` how many it found."""
    say = Reader(language).say
    return {
        "search": say("Search the catalog"),
        "hint": say("Search access, software and devices"),
        "clear": say("Empty the search"),
        "steps": say("From the search to what it found, and back"),
        "shelves": say("Categories"),
        "all": say("Everything"),
        "best": say("Best matches"),
        "popular": say("Popular with your team"),
        "found": say("{count} found", count="{count}"),
        "nothing": say("Nothing fits “{query}”", query="{query}"),
        "empty": say("Nothing here for you yet"),
        "other": say("Try another word for it, or ask a human."),
        "near": say("What comes nearest"),
        "instead": say("For what is not in the catalog"),
        "elsewhere": say("In other categories"),
        "wordless": say("“{query}” has no word to search for; here is everything.", query="{query}"),
        "show": say("Show everything"),
    }
