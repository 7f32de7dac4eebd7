"""What would happen, said before it is asked for; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from selfserve.catalog.facts import Context
from selfserve.catalog.items import Item, Step
from selfserve.connectors.contract import Action
from selfserve.fulfilment import conflicts, escalation
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.people.teams import UnknownApproverError, approvers
from selfserve.requests import asking, stages
from selfserve.requests.asking import Ask
from selfserve.requests.refusals import Refusal
from selfserve.requests.usual import NOTHING_KNOWN, Usual, usual
from selfserve.store.tables import Person

AWAY = msg("The system behind it does not answer at the moment.")
"""What a customer reads of a target that cannot be used: neither the name that the configuration has for it, which they
do not know, nor the error."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PlannedAct:
    """One step in words; `blocked` says why it cannot work (empty: it can), `for_good` that asking is refused for
    it, `away` that its target does not answer at the moment, so that it is waited for. `waits`: it is done once
    something comes free, and nobody knows when."""

    name: str
    customer: str
    staff: str
    blocked: str = ""
    for_good: bool = False
    waits: bool = False
    away: bool = False


@dataclass(frozen=True)
class WouldHappen:
    """What an ask would lead to. `deciders` is empty where nobody is asked; `usual` is what the last
    30 took. `working`: `expect` counts in working hours, 24 hours being a working day."""

    item_id: str
    needs_approval: bool
    deciders: list[str] = field(default_factory=list)
    acts: list[PlannedAct] = field(default_factory=list)
    ends_at: datetime | None = None
    lasts: timedelta | None = None
    expect: timedelta = timedelta()
    usual: Usual = NOTHING_KNOWN
    working: bool = False
    conflicts: list[str] = field(default_factory=list)
    """The names of what the customer holds that does not go together with it."""


def plan(
    house: House,
    *,
    customer_id: str,
    item_id: str,
    answers: Mapping[str, object],
    asked_by_id: str | None = None,
    app_id: str | None = None,
) -> WouldHappen:
    """What `submit` with the same arguments would do; refuses as it would."""
    asker = asked_by_id or customer_id
    with house.database.read() as session:
        if asker != customer_id:
            stages.may_ask_for(session, asker, customer_id)
        ask = asking.ask(
            session,
            house,
            item_id=item_id,
            customer_id=customer_id,
            asked_by_id=asker,
            answers=answers,
            app_id=app_id,
        )
        if asker != customer_id:
            asking.refuse_for_others(house, ask.item, ask.context)
        needs, deciders = _deciders(session, house, ask)
        rule = asking.stage_of(house, ask.item, ask.context, session)
        lately = usual(session, item_id, rule.by if rule else ())
        held = conflicts.holdings_of(session, [ask.customer.id]).get(ask.customer.id, [])
        name = "" if asker == customer_id else called(session, customer_id)
    wanted = asking.wanted(ask.item, ask.context, ask.answers, house)
    return WouldHappen(
        item_id=item_id,
        needs_approval=needs,
        deciders=deciders,
        acts=[_act(house, ask.item, step, ask.context, name) for step in ask.item.fulfil],
        ends_at=wanted.ends_at if wanted else None,
        lasts=wanted.lasts if wanted else None,
        expect=ask.item.expect,
        usual=lately,
        working=escalation.working(house, ask.item),
        conflicts=[one.item_name for one in conflicts.among(house, ask.item, held)],
    )


def _deciders(session: Session, house: House, ask: Ask) -> tuple[bool, list[str]]:
    rule = ask.item.stage_for(ask.context)
    if rule is None:
        return False, []
    catalog = house.catalog.current
    excluded = (ask.asked_by,)
    try:
        named = approvers(session, rule.by, ask.customer, catalog.teams, excluded)
    except UnknownApproverError:
        named = []
    fallback = f"team:{catalog.policy.approvals.fallback}"
    named = named or approvers(session, [fallback], ask.customer, catalog.teams, excluded)
    return True, [person.name for person, _ in named]


def called(session: Session, person_id: str) -> str:
    """What somebody is called where another asks for them: by their given name."""
    person = session.get_one(Person, person_id)
    return person.given_name or person.name


def _act(house: House, item: Item, step: Step, context: Context, name: str) -> PlannedAct:
    try:
        connector, action, args = asking.fitting(house, item, step, context, asking.PATIENCE)
    except Refusal as refused:
        return PlannedAct(step.id, refused.words, f"{step.use}: {refused.words}", refused.words, for_good=True)
    words = in_words(step, action, name)
    if not house.works:
        waits = connector.short()(action.name, args.model_dump())
        return PlannedAct(step.id, words, f"{step.use}, by a worker", waits=waits)
    try:
        made = connector.plan(action.name, args)
    except Exception as problem:
        log.warning("plan_failed", use=step.use, why=repr(problem))
        return PlannedAct(step.id, words, f"{step.use}: {problem}", AWAY, away=True)
    if name and made.waits:
        words = msg("All of it is taken at the moment.")
    elif not name and (made.waits or not step.gives):
        words = made.customer  # a connector speaks to its customer, and knows more than the title of its action
    if made.blocked is None:
        return PlannedAct(step.id, words, made.staff, waits=made.waits)
    if made.blocked.away:
        log.warning("plan_away", use=step.use, why=str(made.blocked.reason))
        return PlannedAct(step.id, words, f"{made.staff} {made.blocked.reason}", AWAY, away=True)
    return PlannedAct(step.id, words, made.staff, made.blocked.reason, for_good=made.blocked.for_good)


def in_words(step: Step, action: Action[Any], name: str = "") -> str:
    """What a step will do, before its target is asked: in the item's words, else the action's. `name` is the
    customer's, where it is told to whoever asks for them: an action's own words are for the customer then."""
    if not name:
        return msg("You get {gives}", gives=step.gives) if step.gives else action.title
    if step.gives:
        return msg("{name} gets {gives}", name=name, gives=step.gives)
    return action.title if action.human else msg("It is done for {name}", name=name)
