"""The catalog's cards, made once for each version of the catalog and shared by all pages of the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from selfserve.catalog.items import Item
from selfserve.catalog.loading import Catalog
from selfserve.languages.reader import Reader
from selfserve.requests.popular import Popular
from selfserve.web.parts.icons import known
from selfserve.web.parts.pieces import tint


@dataclass(frozen=True, slots=True)
class Hand:
    """Items in the order they are shown, each with its card: the cards of each language are made once."""

    catalog: Catalog
    items: dict[str, list[tuple[Item, dict[str, Any]]]] = field(default_factory=dict)


class Deck:
    """`human(use)` tells whether an action is done by a person by design."""

    def __init__(self, human: Callable[[str], bool]) -> None:
        self._human = human
        self._hand: Hand | None = None
        self.popular = Popular()

    def of(self, catalog: Catalog, to: Reader) -> list[tuple[Item, dict[str, Any]]]:
        """The items of this version with their cards in the reader's language; made at the first look. Any thread may
        ask: at worst two make the same."""
        hand = self._hand
        if hand is None or hand.catalog is not catalog:
            hand = self._hand = Hand(catalog)
        found = hand.items.get(to.language)
        if found is None:
            found = hand.items[to.language] = self._dealt(catalog, to)
        return found

    def by_hand(self, item: Item) -> bool:
        """True where a person does a part of it by design."""
        return any(self._human(step.use) for step in item.fulfil)

    def _dealt(self, catalog: Catalog, to: Reader) -> list[tuple[Item, dict[str, Any]]]:
        place = {category.name: at for at, category in enumerate(catalog.policy.categories)}
        shelves = {category.name: to.tell(category.name) for category in catalog.policy.categories}
        ordered = sorted(
            catalog.items.values(), key=lambda item: (place.get(item.category, 99), to.tell(item.name).casefold())
        )
        return [
            (item, {**self._card(catalog, item, to), "category": shelves.get(item.category, item.category)})
            for item in ordered
        ]

    def _card(self, catalog: Catalog, item: Item, to: Reader) -> dict[str, Any]:
        asks = any(stage.when is None for stage in item.approve)
        by_hand = self.by_hand(item)
        takes = to.about(item.expect, working=by_hand and catalog.desk_team(item).hours is not None)
        return {
            "id": item.id,
            "shelf": item.category,
            "name": to.tell(item.name),
            "summary": to.tell(item.summary),
            "icon": item.icon if item.icon in known() else "package",
            "tint": tint(catalog.policy, item.category),
            "words": _words(item),
            "human": all(self._human(step.use) for step in item.fulfil),
            "asks": asks,
            "takes": to.say("{span} after approval", span=takes)
            if asks
            else to.say("Instant")
            if item.expect.total_seconds() <= 60
            else takes,
        }


def _words(item: Item) -> list[str]:
    """What else an item is found by: its keywords in every language, and its name in those that are not shown."""
    others = (item.languages or {}).values()
    names = [str(item.name), *(one.name for one in others if one.name)] if others else []
    return [*item.keywords, *(word for one in others for word in one.keywords), *names]
