"""An item that fails by its own rules or arguments: the team that owns it is told, before anybody reads that it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from selfserve.catalog.facts import Context
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.templates import Place
from selfserve.fulfilment.escalation import team_of
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.people.teams import members

log = structlog.get_logger(__name__)

DENIED = msg("This could not be worked out for you, so it is not given. The team has been told.")
"""What a customer reads whom a rule that failed denied something; said only after `tell`."""


@dataclass(frozen=True)
class Fault:
    """What failed: the `place` in the item's file and why, and the facts that it was to be worked out from.

    `does_not_fit`: a step with its arguments, else a rule.
    """

    item: Item
    place: Place
    why: str
    context: Context
    does_not_fit: bool = False

    @property
    def customer(self) -> str:
        """The name of whom it was to be worked out for."""
        return str(self.context["customer"]["name"])


def tell(session: Session, house: House, found: Fault, now: datetime) -> bool:
    """Tell the owning team, in the app and by mail; False where it was told of this fault today."""
    team = team_of(house, found.item.owner)[1]
    event, title = _event(found, now), msg("“{item}” does not work as its file says", item=found.item.name)
    body = msg(
        "{problem}\n{name} could not get it because of this; nor can anybody else it fails for, until it is mended.",
        problem=str(_problem(house, found)),
        name=found.customer,
    )
    fresh = notices.tell(
        session, now=now, event=event, mailbox=team.mail, title=title, body=body, path="/desk", urgent=True
    )
    for person in members(session, team):
        notices.tell(
            session, now=now, event=event, person_id=person.id, title=title, body=body, path="/desk", mail=False
        )
    log.error(
        "step_does_not_fit" if found.does_not_fit else "rule_failed",
        item=found.item.id,
        place=".".join(map(str, found.place)),
        error=found.why,
        told=fresh,
    )
    return fresh


def tell_apart(house: House, found: Fault, reading: Session | None = None) -> None:
    """The same in a transaction of its own, so that it stays told whatever becomes of what somebody was at.

    What was told today costs one look: into the session that is `reading`, where there is one.
    """
    now = house.now()
    mailbox, event = team_of(house, found.item.owner)[1].mail, _event(found, now)
    if reading is not None:
        known = notices.was_told(reading, event, mailbox)
    else:
        with house.database.read() as session:
            known = notices.was_told(session, event, mailbox)
    if not known:
        with house.database.write() as session:
            tell(session, house, found, now)


def _event(found: Fault, now: datetime) -> str:
    """The same for the same mistake in the same version, on one day."""
    what = "\n".join((found.item.id, found.item.digest, repr(found.place)))
    return f"item:fault:{hashlib.sha256(what.encode()).hexdigest()[:32]}:{now:%Y-%m-%d}"


def _problem(house: House, found: Fault) -> Problem | str:
    """Where it stands in today's file; of an older version, which file it stood in."""
    for source in house.catalog.current.draft.items:
        if source.model.id == found.item.id:
            if source.model.digest == found.item.digest:
                return source.at_value(found.place, found.why)
            return f"{source.file}: {found.why}"
    return f"{found.item.id}: {found.why}"
