"""`/`: what do you need?"""

from __future__ import annotations

from typing import Any

from nicegui.events import GenericEventArguments

from selfserve.fulfilment.house import House
from selfserve.languages.reader import Reader
from selfserve.people.roles import Role
from selfserve.requests import lists, offers
from selfserve.web.deck import Deck
from selfserve.web.parts.grid import Grid, Held
from selfserve.web.parts.markup import show
from selfserve.web.parts.pieces import hero
from selfserve.web.speech import say
from selfserve.web.visits import Visit, aside

MOST = 60


async def build(visit: Visit) -> str:
    """The catalog as this customer may see it, with what they hold marked."""
    shelf = Shelf(visit.house, visit.deck, visit.person_id, visit.reader)
    cards, held = await aside(shelf.cards)
    lead = say("Most things are done the moment you ask. A person takes over when something gets stuck.")
    show(hero(say("What do you need?"), lead))
    grid = Grid(cards, held, visit.parts.settings.company.support).mark("grid")

    async def search(event: GenericEventArguments) -> None:
        text = str(event.args)[:200]
        grid.answer(text, await aside(shelf.search, text))

    async def renew() -> None:
        grid.deal(*await aside(shelf.cards))

    grid.on("search", visit.acting(Role.CUSTOMER, search, visit.speak))
    visit.on_change(lambda change: change.catalog or change.concerns(visit.person_id), renew, on=grid)
    return say("Catalog")


class Shelf:
    """The catalog for one customer, `to` whom it is told. Blocking."""

    def __init__(self, house: House, deck: Deck, person_id: str, to: Reader) -> None:
        self._house, self._deck, self._person_id, self._to = house, deck, person_id, to

    def cards(self) -> tuple[list[dict[str, Any]], Held]:
        """What the customer may see, in the catalog's order, and what is said of those they have, or get."""
        hand = self._deck.of(self._house.catalog.current, self._to)
        visible = offers.sees(self._house, self._person_id)
        with self._house.database.read() as session:
            found = lists.marks(session, self._person_id)
        held = {
            name: {"words": self._to.tell(row.state_words), "icon": "check" if row.there else "clock"}
            for name, row in found.items()
        }
        short, words = offers.short(self._house), self._to.say("Short of seats: you would wait")
        cards = (
            {**card, "takes": words} if item.id not in held and short(item) else card
            for item, card in hand
            if visible(item)
        )
        return list(cards), held

    def search(self, text: str) -> list[str]:
        """The ids of items that fit what was typed, best first: slips and sayings understood."""
        visible = offers.sees(self._house, self._person_id)
        found = self._house.catalog.current.search.search(text, visible, MOST)
        return [hit.item.id for hit in found]
