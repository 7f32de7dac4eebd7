"""What the catalog offers one person: what they may find, read and ask for."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from selfserve.catalog import others
from selfserve.catalog.facts import rule_context
from selfserve.catalog.items import Item
from selfserve.catalog.rules import Rule
from selfserve.connectors.guarded import Guarded
from selfserve.fulfilment import circuits
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.people import directory
from selfserve.requests.asking import claimed, entitled, facts_of, item_for, present, seen
from selfserve.requests.refusals import NotFound
from selfserve.store.tables import Person

OF_THE_ITEM = frozenset({"item", "form"})
"""What a rule may read that is another for each item."""


def sees(house: House, person_id: str, app_id: str | None = None) -> Callable[[Item], bool]:
    """Whether the person may see an item; a rule that fails hides it. `app_id` is the app they look from."""
    with house.database.read() as session:
        return finds(session, house, present(session, person_id), app_id)


def finds(session: Session, house: House, person: Person, app_id: str | None = None) -> Callable[[Item], bool]:
    """As `sees`, of somebody whose row is at hand."""
    facts, now, known = facts_of(session, person), house.now(), dict[Rule, bool]()
    device = claimed(session, app_id)

    def visible(item: Item) -> bool:
        rule = item.seen_by
        if not OF_THE_ITEM.isdisjoint(rule.program.variables()):
            return seen(house, item, rule_context(item, facts, now=now, device=device))
        if rule not in known:  # a catalog has few rules: what one says of a person, it says for all its items
            known[rule] = seen(house, item, rule_context(item, facts, now=now, device=device))
        return known[rule]

    return visible


def platform(session: Session, app_id: str | None) -> str:
    """What the machine of an app runs, as it says; "" where nobody knows. It narrows what is shown, never what may be
    asked for: people ask for their other devices too."""
    device = claimed(session, app_id)
    return device["platform"] if device is not None else ""


def barred(session: Session, house: House, person: Person) -> Callable[[Item], bool]:
    """Whether somebody finds an item that is not for them, whatever they would answer."""
    facts, now = facts_of(session, person), house.now()

    def never(item: Item) -> bool:
        if item.visible is None or "form" in item.who.names:
            return False
        return not entitled(house, item, rule_context(item, facts, now=now), session)

    return never


def short(house: House) -> Callable[[Item], bool]:
    """Whether whoever asks for an item now would have to wait until something comes free.

    Never asks a target: told by the connectors from our own store, one query for all items.
    """
    told = {name: Guarded(house.connectors.get(name), None).short() for name in house.connectors.connectors}

    def waits(item: Item) -> bool:
        for step in item.fulfil:
            connector, _, action = step.use.partition(".")
            if connector in told and told[connector](action, step.arguments.plain()):
                return True
        return False

    return waits


def delayed(session: Session, house: House) -> Callable[[Item], bool]:
    """Whether an item needs a target that is left in peace at the moment; one query for all items."""
    resting = circuits.names(session, house)
    return lambda item: any(step.use.partition(".")[0] in resting for step in item.fulfil)


def for_others(house: House, person_id: str, item: Item) -> bool:
    """Whether the person may ask for the item on behalf of somebody: the item allows it, and they lead somebody."""
    if others.for_others(item, house.connectors) == "nobody":
        return False
    with house.database.read() as session:
        return directory.leads(session, person_id)


def find(house: House, person_id: str, query: str = "") -> list[Item]:
    """The items the person finds by what they typed, best first; all of them, by name, for an empty query."""
    catalog, visible = house.catalog.current, sees(house, person_id)
    if not query.strip():
        return sorted((item for item in catalog.items.values() if visible(item)), key=lambda item: item.name.casefold())
    return [hit.item for hit in catalog.search.search(query, visible)]


def one(house: House, person_id: str, item_id: str, app_id: str | None = None) -> Item:
    """One item; NotFound for one that is not there or not for this person."""
    item = item_for(house, item_id)
    if not sees(house, person_id, app_id)(item):
        raise NotFound(msg("This is not in the catalog."))
    return item
