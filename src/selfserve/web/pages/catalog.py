"""`/`: what do you need?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from nicegui.events import GenericEventArguments
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.catalog.loading import Catalog
from selfserve.fulfilment.house import House
from selfserve.languages.reader import Reader
from selfserve.people import preferences
from selfserve.people.roles import Role
from selfserve.requests import asking, grant_rows, offers
from selfserve.settings.model import Settings
from selfserve.store.tables import Person, Preference
from selfserve.web.deck import Deck
from selfserve.web.parts.frame import Help
from selfserve.web.parts.grid import Grid, Held
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import heading, paragraph, show
from selfserve.web.parts.pieces import hero
from selfserve.web.speech import say
from selfserve.web.visits import Arrival, Visit, aside

MOST = 60
SUGGESTED = 3
"""So many of what is popular: a row of the grid."""
TO_SEARCH = "document.getElementById('s-search')?.focus()"
ON_BUTTON = "(event) => event.target.closest('button') && emit()"
"""A press on the button within tells the whole: one element costs a page less than three."""


async def build(visit: Visit) -> str:
    """The catalog as this customer may see it, with what they hold marked."""
    shelf = Shelf(visit.house, visit.deck, visit.person_id, visit.reader, visit.app_id)
    hand = await aside(shelf.cards, visit.arrival)
    lead = say("Most things are done the moment you ask. A person takes over when something gets stuck.")
    show(hero(say("What do you need?"), lead))
    if hand.new_here:
        _hint(visit)
    help_ = human(visit.parts.settings, visit.house.catalog.current, visit.reader)
    grid = Grid(hand.cards, hand.held, help_, hand.popular).mark("grid")

    async def search(event: GenericEventArguments) -> None:
        text = str(event.args)[:200]
        found = await aside(shelf.search, text)
        grid.answer(text, found.best, found.near, found.instead)

    async def renew() -> None:
        hand = await aside(shelf.cards)
        grid.deal(hand.cards, hand.held, hand.popular)

    grid.on("search", visit.acting(Role.CUSTOMER, search, visit.speak))
    visit.on_change(lambda change: change.catalog or change.concerns(visit.person_id), renew, on=grid)
    return say("Catalog")


def human(settings: Settings, catalog: Catalog, to: Reader) -> Help:
    """How to reach one: where the brand names no ways, by mail to the team that takes what has no other."""
    team = catalog.teams[catalog.policy.techops]
    links = {to.tell(name): url for name, url in settings.brand.ways.items()}
    links = links or {to.say("Write to {team}", team=team.name): f"mailto:{team.mail}"}
    return Help(to.tell(settings.company.help), links)


def _hint(visit: Visit) -> None:
    """What helps at the first visit, until it is closed: then it is gone for good, on every device."""
    words = say(
        "Say what you need in your own words. Before you ask, you see who decides and how long it takes. "
        "What you asked for stands under “My requests”, what you have under “Yours”."
    )
    inner = Markup('<div>{}<div>{}{}</div></div><button type="button" class="s-quiet">{}</button>').format(
        icon("info"), heading(say("New here?"), 2), paragraph(words, ""), say("Got it")
    )
    hint = show(inner, tag="section").classes("s-hint").mark("got-it")

    async def close(_: GenericEventArguments) -> None:
        await aside(_close_hint, visit)
        hint.delete()
        visit.client.run_javascript(TO_SEARCH)  # the focus was on what has just gone

    hint.on("click", visit.acting(Role.CUSTOMER, close, visit.speak), js_handler=ON_BUTTON)


def _close_hint(visit: Visit) -> None:
    with visit.house.database.write() as session:
        preferences.close_hint(session, visit.person_id, visit.now)


@dataclass(frozen=True, slots=True)
class Dealt:
    """The cards somebody may see, what is said of those they have or get, and the ids of what is popular around
    them. `new_here`: they have not closed what is said at the first visit."""

    cards: list[dict[str, Any]]
    held: Held
    popular: list[str]
    new_here: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of items: what fits what was typed, best first; where nothing does, what is `near`, and what is there to ask
    for `instead`, being for what the catalog does not have."""

    best: list[str]
    near: list[str] = field(default_factory=list)
    instead: list[str] = field(default_factory=list)


class Shelf:
    """The catalog for one customer, `to` whom it is told. From the app it shows what fits the machine, as that says.

    Blocking.
    """

    def __init__(self, house: House, deck: Deck, person_id: str, to: Reader, app_id: str | None = None) -> None:
        self._house, self._deck, self._person_id, self._to = house, deck, person_id, to
        self._app_id = app_id

    def _visible(self, session: Session, person: Person) -> Callable[[Item], bool]:
        seen = offers.finds(session, self._house, person, self._app_id)
        platform = offers.platform(session, self._app_id)
        return lambda item: item.fits(platform) and seen(item)

    def cards(self, arrival: Arrival | None = None) -> Dealt:
        """What the customer may see, in the catalog's order; `arrival` spares a look at who just came."""
        hand = self._deck.of(self._house.catalog.current, self._to)
        short = offers.short(self._house)
        with self._house.database.read() as session:
            person, chosen = (arrival.person, arrival.chosen) if arrival else self._present(session)
            visible, delayed = self._visible(session, person), offers.delayed(session, self._house)
            barred = offers.barred(session, self._house, person)
            found = grant_rows.marks(session, person.id)
            wanted = self._deck.popular.of(session, self._house, person, visible)

        def told(item: Item, card: dict[str, Any]) -> dict[str, Any]:
            """The card, with what keeps it from being had as fast as it says."""
            if item.id in found:
                return card
            if barred(item):
                return {**card, "takes": self._to.say("Not for you"), "human": True}
            if short(item):
                return {**card, "takes": self._to.say("Short of seats: you would wait")}
            return {**card, "takes": self._to.say("Delayed at the moment")} if delayed(item) else card

        held = {
            name: {"words": self._to.tell(row.state_words), "icon": "check" if row.there else "clock"}
            for name, row in found.items()
        }
        popular = [item_id for item_id in wanted if item_id not in found][:SUGGESTED]
        shown = [told(item, card) for item, card in hand if visible(item)]
        return Dealt(shown, held, popular, chosen.hint_closed_at is None)

    def _present(self, session: Session) -> tuple[Person, Preference]:
        return asking.present(session, self._person_id), preferences.of(session, self._person_id)

    def search(self, text: str) -> Found:
        """What fits what was typed, slips and sayings understood."""
        catalog = self._house.catalog.current
        with self._house.database.read() as session:
            visible = self._visible(session, asking.present(session, self._person_id))
        best = [hit.item.id for hit in catalog.search.search(text, visible, MOST)]
        if best or not text.strip():
            return Found(best)
        instead = [item.id for item in catalog.items.values() if item.when_nothing_fits and visible(item)]
        near = [hit.item.id for hit in catalog.search.nearest(text, visible)]
        return Found([], [item_id for item_id in near if item_id not in instead], instead)
