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
from selfserve.store.states import HELD, GrantState
from selfserve.store.tables import Grant, Person


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


def refused(session: Session, house: House, item: Item, customer_id: str, *, settled: bool = False) -> Message | None:
    """Why the customer cannot have the item beside what they hold, or were promised; None where they can, or the policy
    only warns.

    `settled`: the answer stands until the transaction ends, since whoever else would promise this customer something
    that goes together with nothing has to wait for it.
    """
    if house.catalog.current.policy.conflicts != "refuse":
        return None
    wrong = against(house, item)
    if not wrong:
        return None
    if settled:
        # Keys stay free: everybody who stores a row about the customer holds on to theirs already.
        session.execute(sa.select(Person.id).where(Person.id == customer_id).with_for_update(key_share=True))
    found = session.execute(
        sa.select(Grant.item_name, Grant.state)
        .where(Grant.customer_id == customer_id, Grant.state != GrantState.ENDED, Grant.item_id.in_(wrong))
        .order_by(Grant.state == GrantState.PROMISED, Grant.item_name, Grant.id)
        .limit(1)
    ).first()
    if found is None:
        return None
    if found.state == GrantState.PROMISED:
        return msg(
            "It does not go together with what is just being given: “{item}”. "
            "Cancel that first, or give it back once it is there.",
            item=found.item_name,
        )
    return msg(
        "It does not go together with what is held already: “{item}”. Give that back first.", item=found.item_name
    )
