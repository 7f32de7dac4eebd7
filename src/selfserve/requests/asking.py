"""From an ask to everything that must be known before it is stored: no table is written, targets are only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from selfserve.catalog import others
from selfserve.catalog.approvals import Stage
from selfserve.catalog.deciding import proven
from selfserve.catalog.facts import Context, CustomerFacts, DeviceFacts, rule_context
from selfserve.catalog.fields import OptionsField, PersonField
from selfserve.catalog.form import AnswersInvalid, CleanAnswers, validate
from selfserve.catalog.items import Item, Step
from selfserve.catalog.policy import EndRefused
from selfserve.catalog.quoting import quoted
from selfserve.catalog.rules import RuleFailed, Verdict
from selfserve.catalog.sentences import complaints
from selfserve.catalog.templates import Place
from selfserve.connectors.contract import Action, Failed, Option, Presence
from selfserve.connectors.guarded import Guarded, overdue
from selfserve.connectors.patience import TooSlow, within
from selfserve.connectors.registry import UnknownAction, UnknownConnector
from selfserve.fulfilment import conflicts, eligibility, faults
from selfserve.fulfilment.faults import Fault
from selfserve.fulfilment.house import House, zone_of
from selfserve.fulfilment.promising import Wanted, holding_of
from selfserve.fulfilment.steps import by_words, resource_of
from selfserve.languages.messages import msg
from selfserve.people import device_facts, directory
from selfserve.requests import stages
from selfserve.requests.refusals import NotAllowed, NotFound, NotPossible, Refusal, Unfit
from selfserve.store.tables import Person

log = structlog.get_logger(__name__)
UNKNOWN = msg(
    "What there is to choose from cannot be looked up, as the system that knows it does not answer. What you filled in "
    "stays here. Try again in a few minutes, or ask a human."
)
PATIENCE = timedelta(seconds=5)
"""How long a target may be read while somebody waits."""


@dataclass(frozen=True)
class Ask:
    """An ask that stands: by the item's rule, with clean answers."""

    item: Item
    customer: Person
    asked_by: Person
    answers: CleanAnswers
    context: Context
    shown: Mapping[str, str] = field(default_factory=dict)
    """The words that stand for live choices, by field."""
    device: DeviceFacts | None = None
    """What the machine that it is asked from says about itself."""


def item_for(house: House, item_id: str) -> Item:
    """The item of today's catalog; NotFound for one that is not there."""
    item = house.catalog.current.items.get(item_id)
    if item is None:
        raise NotFound(msg("This is not in the catalog."))
    return item


def facts_of(session: Session, person: Person) -> CustomerFacts:
    """What rules see of a person."""
    return directory.facts(session, person)


def ask(
    session: Session,
    house: House,
    *,
    item_id: str,
    customer_id: str,
    asked_by_id: str,
    answers: Mapping[str, object],
    app_id: str | None = None,
) -> Ask:
    """Check an ask against the catalog; raises NotFound, NotAllowed or Unfit with sentences."""
    item = item_for(house, item_id)
    customer = present(session, customer_id)
    asked_by = customer if asked_by_id == customer_id else present(session, asked_by_id)
    zone, shown = zone_of(house, customer), dict[str, str]()
    facts = facts_of(session, customer)
    device = claimed(session, app_id) if asked_by_id == customer_id else None
    if not seen(house, item, rule_context(item, facts, now=house.now(), device=device), session):
        raise NotFound(msg("This is not in the catalog."))
    try:
        clean = validate(item, answers, now=house.now(), zone=zone, offered=_offered(session, house, item, shown))
    except AnswersInvalid as invalid:
        raise Unfit(invalid.errors) from invalid
    context = rule_context(item, facts, now=house.now(), form=clean.form, device=device, zone=zone)
    refuse_outsiders(house, item, context, session)
    clash = conflicts.refused(session, house, item, customer.id)
    if clash is not None:
        raise NotPossible(clash)
    return Ask(item, customer, asked_by, clean, context, shown, device)


def seen(house: House, item: Item, context: Context, reading: Session | None = None) -> bool:
    """Whether the customer finds the item; a rule that fails hides it, and its team is told."""
    verdict = item.seen_by.allows(context)
    if verdict.error is not None:
        place = "who" if item.visible is None else "visible"
        faults.tell_apart(house, Fault(item, (place,), verdict.error, context), reading)
    return verdict.allowed


def entitled(house: House, item: Item, context: Context, reading: Session | None = None) -> bool:
    """Whether the item's own rule lets the customer have it; one that fails does not, and its team is told."""
    return _verdict(house, item, context, reading).allowed


def refuse_outsiders(house: House, item: Item, context: Context, reading: Session | None = None) -> None:
    """NotAllowed for whom the item's own rule does not let have it, or for whom it fails."""
    verdict = _verdict(house, item, context, reading)
    if not verdict.allowed:
        raise NotAllowed(faults.DENIED if verdict.error is not None else eligibility.not_for_you(house, item))


def _verdict(house: House, item: Item, context: Context, reading: Session | None) -> Verdict:
    verdict = item.who.allows(context)
    if verdict.error is not None:
        faults.tell_apart(house, Fault(item, ("who",), verdict.error, context), reading)
    return verdict


def stage_of(house: House, item: Item, context: Context, reading: Session | None = None) -> Stage | None:
    """The stage that applies, None where nobody is asked; NotAllowed where its rule fails, which its team is told."""
    try:
        return item.stage_for(context)
    except RuleFailed as failed:
        faults.tell_apart(house, Fault(item, ("approve",), str(failed), context), reading)
        raise NotAllowed(faults.DENIED) from failed


def claimed(session: Session, app_id: str | None) -> DeviceFacts | None:
    """What the machine of the app `app_id` (a device token's id) says about itself; None for a browser, and where its
    customer does not let it."""
    return device_facts.claim(device_facts.of_app(session, app_id))


def for_whom(session: Session, asker_id: str, named: str) -> str:
    """The id of the person called `named` (an id or a mail address), for whom somebody wants to ask.

    NotAllowed for everybody but oneself and those one leads; it tells the same of nobody and of somebody else.
    """
    found = directory.present(session, named) or directory.by_email(session, named)
    customer_id = found.id if found is not None else ""
    if customer_id != asker_id:
        stages.may_ask_for(session, asker_id, customer_id)
    return customer_id


def refuse_for_others(house: House, item: Item, context: Context) -> None:
    """NotAllowed for what only the person themselves may ask: the item says so, or with these answers a step gives a
    secret or may cost them data. What is not known counts as a secret."""
    if others.for_others(item, house.connectors) == "nobody" or not _harmless(house, item, context):
        raise NotAllowed(msg("Only the person themselves can ask for this."))


def _harmless(house: House, item: Item, context: Context) -> bool:
    try:
        return all(
            others.theirs_alone(house.connectors, step, step.arguments.resolve(proven(context))) is False
            for step in item.fulfil
        )
    except RuleFailed as failed:
        faults.tell_apart(house, Fault(item, ("fulfil",), str(failed), context))
        return False


def present(session: Session, person_id: str) -> Person:
    """The person with this id; NotAllowed for one who may not (or no longer) take part."""
    person = directory.present(session, person_id)
    if person is None:
        raise NotAllowed(msg("This account is not active."))
    return person


def on_offer(house: House, question: OptionsField, text: str) -> tuple[Option, ...]:
    """What a connector offers now for what was typed; NotPossible where it does not answer."""
    use, _, name = question.source.rpartition(".")
    try:
        connector, action = house.connectors.guarded(use, PATIENCE)
        found = connector.options(action.name, name, text).options
    except Exception as broken:
        log.warning("no_choices", use=use, why=repr(broken))
        _note(house, use, broken)
        raise NotPossible(UNKNOWN) from broken
    house.connectors.lately.offered(question.source, found)
    return found


def _note(house: House, use: str, broken: Exception) -> None:
    """Tell the breaker of what is about the whole target: that one question cannot be answered is no answer to it."""
    failure = overdue(broken) if isinstance(broken, TooSlow) else getattr(broken, "failure", None)
    if isinstance(failure, Failed) and (failure.again or failure.of_connector):
        house.connectors.note(use.partition(".")[0], failure)


def _on_offer(house: House, question: OptionsField, value: str) -> Option | None:
    """The choice of this value; while the target does not answer, as it was offered lately. NotPossible where neither
    is known."""
    lately = house.connectors.lately
    try:
        found = next((one for one in on_offer(house, question, value) if one.value == value), None)
    except NotPossible:
        known = lately.find(question.source, value)
        if known is None:
            raise
        return known
    if found is None:
        lately.gone(question.source, value)
    return found


def _offered(session: Session, house: House, item: Item, shown: dict[str, str]) -> Callable[[str, str], bool]:
    """Whether something is on offer; the words of live choices that are go to `shown`."""

    def offered(name: str, value: str) -> bool:
        question = item.form[name]
        if isinstance(question, PersonField):
            return directory.present(session, value) is not None
        if isinstance(question, OptionsField):
            found = _on_offer(house, question, value)
            if found is not None:
                shown[name] = str(found.label)
            return found is not None
        return True

    return offered


def wanted(item: Item, context: Context, answers: CleanAnswers, house: House) -> Wanted | None:
    """Until when it is wanted; None for an item that gives nothing to hold. NotAllowed where policy allows less."""
    if item.grant is None:
        return None
    try:
        ends = house.catalog.current.policy.end_of(item, context)
    except EndRefused as refused:
        log.warning("end_refused", item=item.id, reason=refused.reason)
        raise NotAllowed(msg("This is not possible for that time: {why}", why=refused.reason)) from refused
    except RuleFailed as failed:
        faults.tell_apart(house, Fault(item, ("grant", "ends"), str(failed), context))
        raise NotAllowed(faults.DENIED) from failed
    if isinstance(ends, datetime):
        return Wanted(ends_at=ends, meant=_meant(answers, ends), zone=answers.zone)
    return Wanted(lasts=ends)


def _meant(answers: CleanAnswers, ends: datetime) -> str:
    for name, value in answers.form.items():
        if value == ends and isinstance(answers.values[name], str):
            return date.fromisoformat(str(answers.values[name])).isoformat()
    return ""


@dataclass(frozen=True)
class PlannedStep:
    """One step with its arguments resolved; `before` is what the target showed, empty where nobody looked; `never` why
    it can never work as it was asked, empty where it can, or nobody foresaw it."""

    name: str
    connector: str
    action: str
    args: dict[str, Any]
    resource: str
    quick: bool
    lasting: bool
    before: str = ""
    never: str = ""


@dataclass(frozen=True)
class Prepared:
    """The steps of an ask in order, and the name of what they make together."""

    steps: list[PlannedStep] = field(default_factory=list)

    @property
    def holding(self) -> str:
        """Equal for equal effects."""
        return holding_of([f"{step.connector}:{step.resource}" for step in self.steps])

    @property
    def never(self) -> str:
        """Why asking for this is useless, in the sentence of the first step that says so; empty where it is not."""
        return next((step.never for step in self.steps if step.never), "")

    @property
    def quick(self) -> bool:
        """True where the first step may be tried at once."""
        return bool(self.steps) and self.steps[0].quick


def prepare(house: House, item: Item, context: Context, *, look: bool, foresee: bool = False) -> Prepared:
    """Resolve the steps' arguments and name what they change; with `look`, read what is there before the first call.

    With `foresee`, ask the connectors what can never work: of what lasts and is not there already. They have just read
    what they plan with, so that this costs no further way to the target.

    Reads targets, so it is called outside every transaction. A target that does not answer is no refusal: the walk will
    see to it.
    """
    return Prepared([_planned(house, item, step, context, look=look, foresee=foresee) for step in item.fulfil])


def arguments_of(item: Item, step: Step, action: Action[Any], context: Context) -> dict[str, Any]:
    """What the step is done with. Where a person reads it, what a customer typed is quoted; where a machine acts on it,
    a device that only speaks for itself is none, as it could choose what is given."""
    return step.arguments.resolve(quoted(item, context) if action.human else proven(context))


NOT_SET_UP = msg("This item is not set up rightly; the team that owns it has been told.")


def fitting(
    house: House,
    item: Item,
    step: Step,
    context: Context,
    patience: timedelta | None,
    reading: Session | None = None,
) -> tuple[Guarded, Action[Any], BaseModel]:
    """The connector and the action of a step, with arguments that fit it.

    NotAllowed where an expression fails, Refusal where there is no such action or it refuses them: then the item's team
    was told.
    """
    place: Place = ("fulfil", item.fulfil.index(step))
    try:
        connector, action = house.connectors.guarded(step.use, patience)
        args = arguments_of(item, step, action, context)
    except RuleFailed as failed:
        faults.tell_apart(house, Fault(item, (*place, "with"), str(failed), context), reading)
        raise NotAllowed(faults.DENIED) from failed
    except (UnknownConnector, UnknownAction) as broken:
        found = Fault(item, (*place, "use"), str(broken), context, does_not_fit=True)
        faults.tell_apart(house, found, reading)
        raise Refusal(NOT_SET_UP) from broken
    try:
        return connector, action, action.args.model_validate(args)
    except ValidationError as broken:
        wrong = next(complaints(broken, args, action.args))
        named = ".".join(map(str, wrong.place)) or "its arguments"
        why = f'"{step.use}" refuses {named} as it came out: {wrong.sentence}'
        found = Fault(item, (*place, "with", *wrong.place), why, context, does_not_fit=True)
        faults.tell_apart(house, found, reading)
        raise Refusal(NOT_SET_UP) from broken


def _planned(house: House, item: Item, step: Step, context: Context, *, look: bool, foresee: bool) -> PlannedStep:
    connector_name, _, action_name = step.use.partition(".")
    connector, action, model = fitting(house, item, step, context, None)
    quick = action.quick if step.quick is None else step.quick and action.quick
    whose = str(context["customer"]["id"])
    seen = _Seen(by_words(action, model, whose))
    if house.works and connector_name not in house.connectors.resting():
        read = partial(_read, seen, connector, action, model, whose, look=look and quick, foresee=foresee)
        try:
            within(PATIENCE.total_seconds(), read, connector_name)
        except TooSlow as slow:
            log.warning("target_too_slow", connector=connector_name, action=action_name, why=str(slow))
            house.connectors.note(connector_name, overdue(slow))
            quick = False
        except Exception:
            log.exception("connector_raised", connector=connector_name, action=action_name)
            quick = False  # the queue sees to it, with its patience
    plain = model.model_dump(mode="json")
    return PlannedStep(
        step.id,
        connector_name,
        action.name,
        plain,
        seen.resource,
        quick,
        action.lasting,
        seen.before,
        seen.never,
    )


@dataclass(slots=True)
class _Seen:
    """What was read of a step's target so far: a call that breaks or hangs leaves what came before it."""

    resource: str
    before: str = ""
    never: str = ""


def _read(
    into: _Seen,
    connector: Guarded,
    action: Action[Any],
    model: BaseModel,
    whose: str,
    *,
    look: bool,
    foresee: bool,
) -> None:
    """What the step changes, what is there before it, and why it can never work: the last two as far as asked for."""
    into.resource = resource_of(connector, action, model, whose) or into.resource
    if look and action.lasting:
        seen = connector.observe(action.name, model, {}).presence
        into.before = "" if seen in (Presence.UNKNOWABLE, Presence.INVISIBLE) else seen.value
    if foresee and action.lasting and into.before != Presence.PRESENT:
        blocked = connector.plan(action.name, model).blocked
        into.never = blocked.reason if blocked is not None and blocked.for_good else ""
