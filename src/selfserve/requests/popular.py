"""What those around somebody asked for lately, without a word about any one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.fulfilment.house import House
from selfserve.people import directory
from selfserve.store.states import RequestState
from selfserve.store.tables import Person, Request

WITHIN = timedelta(days=90)
ENOUGH = 3
"""So many different colleagues: of fewer, one could guess who it was."""
FRESH = timedelta(minutes=10)
"""How long a team's figures are taken as they are: what a team likes does not change with each page."""
NO_MORE = (
    RequestState.DENIED,
    RequestState.EXPIRED,
    RequestState.CANCELLED,
    RequestState.SUPERSEDED,
    RequestState.FAILED,
)
"""How requests end that nobody got anything from."""
Team = tuple[str, str | None]
"""Department and manager."""


@dataclass(frozen=True, slots=True)
class _Figures:
    at: datetime
    customers: Mapping[str, frozenset[str]]


class Popular:
    """For all pages of a process; any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[Team, _Figures] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, house: House, person: Person, visible: Callable[[Item], bool]) -> list[str]:
        """Ids of items that at least three of the person's colleagues have asked for in 90 days, the most wanted first.

        Colleagues share the department or the manager. Only items the person finds in the catalog (`visible`).
        """
        if not (person.department or person.manager_id):
            return []
        customers = self._figures(session, (person.department, person.manager_id), house.now())
        items = house.catalog.current.items
        counted = {item_id: len(theirs - {person.id}) for item_id, theirs in customers.items()}
        found = [
            item_id
            for item_id, count in counted.items()
            if count >= ENOUGH and item_id in items and visible(items[item_id])
        ]
        return sorted(found, key=lambda item_id: (-counted[item_id], items[item_id].name.casefold()))

    def _figures(self, session: Session, team: Team, now: datetime) -> Mapping[str, frozenset[str]]:
        with self._lock:
            known = self._known.get(team)
        if known is not None and known.at <= now < known.at + FRESH:
            return known.customers
        found = _asked(session, team, now - WITHIN)
        with self._lock:
            self._known = {one: each for one, each in self._known.items() if now < each.at + FRESH}
            self._known[team] = _Figures(now, found)
        return found


def _asked(session: Session, team: Team, since: datetime) -> dict[str, frozenset[str]]:
    department, manager_id = team
    around = [Person.department == department] if department else []
    around += [Person.manager_id == manager_id] if manager_id else []
    rows = session.execute(
        sa.select(Request.item_id, Request.customer_id)
        .distinct()
        .join(Person, Person.id == Request.customer_id)
        .where(sa.or_(*around), *directory.are_present(), Request.asked_at >= since, Request.state.not_in(NO_MORE))
    )
    found: dict[str, set[str]] = {}
    for item_id, customer_id in rows:
        found.setdefault(item_id, set()).add(customer_id)
    return {item_id: frozenset(customers) for item_id, customers in found.items()}
