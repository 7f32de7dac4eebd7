"""What would happen if this were asked for now, as far as the answers given so far tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from selfserve.catalog.facts import rule_context
from selfserve.catalog.items import Item
from selfserve.catalog.rules import RuleFailed
from selfserve.fulfilment import escalation
from selfserve.fulfilment.house import House
from selfserve.people import directory
from selfserve.people.teams import UnknownApproverError, approvers
from selfserve.requests import asking, offers
from selfserve.requests.plan import called, in_words, plan
from selfserve.requests.refusals import Unfit
from selfserve.requests.usual import NOTHING_KNOWN, Usual, usual


@dataclass(frozen=True, slots=True)
class Preview:
    """`asks`: somebody decides first; None where that depends on answers still to be given. `acts` in words.

    `blocked` says why a machine cannot do it: so that a person would take over, or `for_good`, so that asking is
    refused. `delayed`: a target does not answer at the moment; it is waited for, and after `patience` a person takes
    over.
    """

    asks: bool | None
    deciders: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    blocked: str = ""
    for_good: bool = False
    ends_at: datetime | None = None
    lasts: timedelta | None = None
    expect: timedelta = timedelta()
    usual: Usual = NOTHING_KNOWN
    working: bool = False
    """`expect` counts in working hours."""
    waits: bool = False
    """It is done once something comes free, and nobody knows when."""
    delayed: bool = False
    patience: timedelta = timedelta()
    conflicts: list[str] = field(default_factory=list)
    """What is held and does not go together with it."""
    name: str = ""
    """The given name of who would have it, where somebody else asks for them."""


def preview(
    house: House,
    person_id: str,
    item: Item,
    answers: Mapping[str, object],
    asked_by_id: str | None = None,
    app_id: str | None = None,
) -> Preview:
    """Worked out in full where the answers stand, in outline where some are missing. Blocking.

    `person_id` is who would have it, `asked_by_id` who asks for them, `app_id` the app that is asked from. Raises
    NotAllowed where the item is not for this person.
    """
    with house.database.read() as session:
        name = called(session, person_id) if asked_by_id not in (None, person_id) else ""
    seen = _seen(house, _From(person_id, asked_by_id, app_id, name), item, answers)
    with house.database.read() as session:
        delayed = seen.delayed or offers.delayed(session, house)(item)
    return replace(seen, delayed=delayed, patience=item.escalate.after, name=name)


@dataclass(frozen=True, slots=True)
class _From:
    """Who would have it, who asks for them, and the app that is asked from; the first by name where another asks."""

    person_id: str
    asked_by_id: str | None
    app_id: str | None
    name: str


def _seen(house: House, by: _From, item: Item, answers: Mapping[str, object]) -> Preview:
    try:
        would = plan(
            house,
            customer_id=by.person_id,
            item_id=item.id,
            answers=answers,
            asked_by_id=by.asked_by_id,
            app_id=by.app_id,
        )
    except Unfit:
        return _outline(house, by, item)
    blocked = max(
        (act for act in would.acts if act.blocked and not act.away), key=lambda act: act.for_good, default=None
    )
    return Preview(
        asks=would.needs_approval,
        deciders=would.deciders,
        acts=list(dict.fromkeys(act.customer for act in would.acts)),
        blocked=blocked.blocked if blocked else "",
        for_good=blocked is not None and blocked.for_good,
        ends_at=would.ends_at,
        lasts=would.lasts,
        expect=would.expect,
        usual=would.usual,
        working=would.working,
        waits=any(act.waits for act in would.acts),
        delayed=any(act.away for act in would.acts),
        conflicts=would.conflicts,
    )


def _outline(house: House, by: _From, item: Item) -> Preview:
    seen = _sketch(house, by, item)
    return replace(seen, waits=offers.short(house)(item))


def _sketch(house: House, by: _From, item: Item) -> Preview:
    catalog = house.catalog.current
    with house.database.read() as session:
        person = asking.present(session, by.person_id)
        device = asking.claimed(session, by.app_id)
        context = rule_context(item, asking.facts_of(session, person), now=house.now(), device=device)
        if "form" not in item.who.names:
            asking.refuse_outsiders(house, item, context, session)
        try:
            stage = item.stage_for(context)
        except RuleFailed:
            lately, working = usual(session, item.id), escalation.working(house, item)
            return Preview(None, acts=_titles(house, item, by.name), expect=item.expect, usual=lately, working=working)
        deciders = []
        if stage is not None:
            try:
                asker = directory.person(session, by.asked_by_id) if by.asked_by_id else None
                found = approvers(session, stage.by, person, catalog.teams, (asker,) if asker else ())
            except UnknownApproverError:
                found = []
            deciders = [one.name for one, _ in found]
        return Preview(
            asks=stage is not None,
            deciders=deciders,
            acts=_titles(house, item, by.name),
            lasts=item.grant.ends.span if item.grant else None,
            expect=item.expect,
            usual=usual(session, item.id, stage.by if stage is not None else ()),
            working=escalation.working(house, item),
        )


def _titles(house: House, item: Item, name: str) -> list[str]:
    found = ((step, house.connectors.lookup(step.use)) for step in item.fulfil)
    return list(dict.fromkeys(in_words(step, action, name) for step, action in found if action is not None))
