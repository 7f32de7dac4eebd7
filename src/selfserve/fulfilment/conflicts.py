"""What a customer holds that does not go together with what is asked for: told to whoever decides, or refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, msg
from selfserve.store.states import HELD
from selfserve.store.tables import Grant


@dataclass(frozen=True)
class Held:
    """Something a customer holds, and since when; None where it is only promised yet."""

    item_id: str
    item_name: str
    since: datetime | None


def against(house: House, item: Item) -> frozenset[str]:
    """The items that do not go together with this one, whichever of both says so."""
    items = house.catalog.current.items.values()
    named = {other.id for other in items if item.id in (other.conflicts or ())}
    return frozenset({*(item.conflicts or ()), *named} - {item.id})


def holdings_of(session: Session, customers: Collection[str]) -> dict[str, list[Held]]:
    """What each of these customers holds, by name; read in one go."""
    rows = session.execute(
        sa.select(Grant.customer_id, Grant.item_id, Grant.item_name, Grant.started_at)
        .where(Grant.customer_id.in_(customers), Grant.state.in_(HELD))
        .order_by(Grant.item_name, Grant.id)
    )
    held: dict[str, list[Held]] = {}
    for customer_id, item_id, item_name, since in rows:
        held.setdefault(customer_id, []).append(Held(item_id, item_name, since))
    return held


def among(house: House, item: Item, held: Iterable[Held]) -> list[Held]:
    """Those of what is held that do not go together with the item, each item once."""
    wrong = against(house, item)
    return list({one.item_id: one for one in held if one.item_id in wrong}.values())


def refused(session: Session, house: House, item: Item, customer_id: str) -> Message | None:
    """Why the customer cannot have the item beside what they hold; None where they can, or the policy only warns."""
    if house.catalog.current.policy.conflicts != "refuse" or not against(house, item):
        return None
    found = among(house, item, holdings_of(session, [customer_id]).get(customer_id, []))
    if not found:
        return None
    return msg(
        "It does not go together with what is held already: {item}. Give that back first.", item=found[0].item_name
    )
