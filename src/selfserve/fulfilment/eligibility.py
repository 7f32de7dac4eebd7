"""May this customer have this, by the rules of now and of then? The stricter wins; a rule that fails denies."""

from __future__ import annotations

from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from selfserve.catalog.facts import Context, DeviceFacts, rule_context
from selfserve.catalog.form import revive
from selfserve.catalog.items import Item
from selfserve.fulfilment import faults
from selfserve.fulfilment.faults import Fault
from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, msg
from selfserve.people import directory
from selfserve.store.tables import Person, Request


def not_for_you(house: House, item: Item) -> Message:
    """Why somebody does not get it, and whom they can ask: never a closed door without a bell."""
    owner = house.catalog.current.teams[item.owner]
    return msg(
        "This is not offered to you. If you think it should be, ask {team}: {mail}.", team=owner.name, mail=owner.mail
    )


def context_of(session: Session, house: House, request: Request, item: Item) -> Context:
    """Everything a rule of `item` may read about a request, as people and time are now; the device it was asked from is
    as it was then."""
    customer = session.get_one(Person, request.customer_id)
    zone = ZoneInfo(request.zone)
    form = revive(item, request.answers, zone).form
    facts = directory.facts(session, customer)
    device = cast("DeviceFacts | None", request.device)
    return rule_context(item, facts, now=house.now(), form=form, device=device, zone=zone)


def refusal(session: Session, house: House, request: Request, item: Item) -> str | None:
    """Why the request must not go on any more, in a sentence for the customer; None where it may.

    Checked against the version that was asked for and against today's catalog.
    """
    customer = session.get_one(Person, request.customer_id)
    if not customer.present:
        return msg("The account is not active any more.")
    current = house.catalog.current.items.get(request.item_id)
    if current is None:
        return msg("This is not offered any more.")
    for version in {item.digest: item, current.digest: current}.values():
        try:
            context = context_of(session, house, request, version)
        except ValueError:
            return msg("The item was changed since you asked, and your answers no longer fit it. Please ask again.")
        verdict = version.who.allows(context)
        if verdict.error is not None:
            faults.tell(session, house, Fault(version, ("who",), verdict.error, context), house.now())
            return faults.DENIED
        if not verdict.allowed:
            return msg("The rules for this changed since you asked, and it is not offered to you any more.")
    return None
