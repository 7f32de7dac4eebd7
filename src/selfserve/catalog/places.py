"""Where the words of an item stand, and what they weigh there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from selfserve.catalog.folding import Phrase, phrase, words
from selfserve.catalog.items import Item

NAME: Final = 10.0
KEYWORD: Final = 6.0
_SUMMARY, _SHELF = 2.0, 1.5


def weighted(item: Item) -> dict[str, float]:
    """Every word of the item, in all its languages, with the weight of the best place it stands in."""
    found: dict[str, float] = {}
    others = (item.languages or {}).values()
    places: tuple[tuple[float, Iterable[str | None]], ...] = (
        (NAME, (*_names(item), item.id)),
        (KEYWORD, _keywords(item)),
        (_SUMMARY, [item.summary, *(one.summary for one in others)]),
        (_SHELF, [item.category]),
    )
    for weight, texts in places:
        for text in texts:
            for word in words(text or ""):
                found.setdefault(word, weight)
    return found


def phrases(item: Item) -> set[Phrase]:
    """Its names and keywords as wholes, in all its languages."""
    return {one for one in map(phrase, (*_names(item), *_keywords(item))) if one is not None}


def _names(item: Item) -> tuple[str, ...]:
    return (item.name, *(one.name for one in (item.languages or {}).values() if one.name))


def _keywords(item: Item) -> tuple[str, ...]:
    return (*item.keywords, *(word for one in (item.languages or {}).values() for word in one.keywords))
