"""To have the same for longer: whether it would change anything yet, and what is to be asked anew for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from selfserve.catalog.form import AnswersInvalid, validate
from selfserve.catalog.grants import Ends
from selfserve.catalog.items import Item
from selfserve.fulfilment.house import House, zone_of
from selfserve.people import directory
from selfserve.store.tables import Person, Request

DAY = timedelta(days=1)


def ends_later(ends: Ends, ends_at: datetime | None, now: datetime, zone: tzinfo) -> bool:
    """True where the span of `ends`, begun anew, leads past `ends_at`: to a later day as `zone` has it, or, of spans
    below a day, past half of what was given."""
    if ends.span is None or ends_at is None:
        return False
    anew = now + ends.span
    if ends.span < DAY:
        return anew - ends_at > ends.span / 2
    return anew.astimezone(zone).date() > ends_at.astimezone(zone).date()


def still_asked(item: Item, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Of the answers of then, those whose questions the item of today still asks."""
    return {name: value for name, value in answers.items() if name in item.form}


def asked_anew(session: Session, house: House, request: Request) -> frozenset[str]:
    """The questions of today that the answers of then do not stand for: what came into the item since, an option that
    is gone, a day that is over, a colleague who left.

    Live choices are taken for given: no target is read.
    """
    item = house.catalog.current.items.get(request.item_id)
    if item is None:
        return frozenset()
    zone = zone_of(house, session.get_one(Person, request.customer_id))
    try:
        validate(item, still_asked(item, request.answers), now=house.now(), zone=zone, offered=_there(session, item))
    except AnswersInvalid as invalid:
        return frozenset(invalid.errors)
    return frozenset()


def _there(session: Session, item: Item) -> Callable[[str, str], bool]:
    return lambda name, value: item.form[name].type != "person" or directory.present(session, value) is not None
