"""Arguments that fit their action's model once their expressions are worked out, tried on samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from selfserve.catalog.checks.kinds import kind
from selfserve.catalog.checks.trial import Trial, blank_fields, trials
from selfserve.catalog.deciding import CLAIMED, proven
from selfserve.catalog.draft import Draft
from selfserve.catalog.facts import Context
from selfserve.catalog.fields import DeviceField, OptionsField, TextField
from selfserve.catalog.items import Item, Step
from selfserve.catalog.problems import Problem
from selfserve.catalog.quoting import quoted
from selfserve.catalog.rules import RuleFailed
from selfserve.catalog.sentences import Complaint, complaints
from selfserve.catalog.sources import Source
from selfserve.catalog.templates import Place, Template
from selfserve.connectors.contract import Action


def worked_out(draft: Draft) -> Iterator[Problem]:
    """Values of a kind that their argument can never take, or that cannot stand inside a text.

    What stands in the file as it is, is the business of `steps`; what only a sample would be refused for (its length,
    its spelling) is let through.
    """
    for source in draft.items:
        for index, step in enumerate(source.model.fulfil):
            action = draft.actions.lookup(step.use)
            if action is not None and any(one.rules for one in step.arguments.templates.values()):
                yield from _step(source, index, step, action)


def _step(source: Source[Item], index: int, step: Step, action: Action[Any]) -> Iterator[Problem]:
    told: set[Place] = set()
    if not action.human:
        for place, template in step.arguments.templates.items():
            for at in _claims(template):
                told.add(place)
                yield source.in_text(("fulfil", index, "with", *place), template.text, at, CLAIMED)
    for trial in _differing(source.model, step):
        context = quoted(source.model, trial.context) if action.human else proven(trial.context)
        for place, sentence in _wrong(source.model, step, action, trial, context):
            if place not in told:
                told.add(place)
                template = step.arguments.templates[place]
                at = next(iter(template.offsets), 0)
                yield source.in_text(("fulfil", index, "with", *place), template.text, at, sentence)


def _claims(template: Template) -> Iterator[int]:
    """Where a text begins to read what a device says of itself, without asking whether that is proven."""
    for rule, offset in zip(template.rules, template.offsets, strict=True):
        read = [one for one in rule.reading.references if one.root == "device"]
        if read and all(one.attribute != "proven" for one in read):
            yield offset + read[0].at


def _differing(item: Item, step: Step) -> Iterator[Trial]:
    """The trials that differ in what the step reads: an item with long choices has hundreds."""
    read = sorted(set().union(*(_answers(one) for one in step.arguments.templates.values())) & item.form.keys())
    tried = set()
    for trial in trials(item):
        seen = (trial.context["device"] is None, *(trial.context["form"][name] for name in read))
        if seen not in tried:
            tried.add(seen)
            yield trial


def _answers(template: Template) -> set[str]:
    """The answers that a text reads."""
    refs = [ref for rule in template.rules for ref in rule.reading.references if ref.root == "form"]
    return {ref.attribute for ref in refs if ref.attribute}


def _wrong(item: Item, step: Step, action: Action[Any], trial: Trial, context: Context) -> Iterator[tuple[Place, str]]:
    """What does not fit in one trial, by the place of its text."""
    values, templates = dict[Place, Any](), step.arguments.templates
    for place, template in templates.items():
        try:
            values[place] = template.resolve(context)
        except RuleFailed as failed:
            if _stands(template, context):
                yield place, f"This does not work: {failed.reason}"
    args = step.arguments.filled(values)
    try:
        action.args.model_validate(args)
    except ValidationError as error:
        found = list(complaints(error, args, action.args))
        for complaint in found:
            place = _template_of(templates, complaint.place)
            if place not in values or not templates[place].typed:
                continue
            if all(_kind_is_wrong(item, templates[place], one) for one in found if one.place == complaint.place):
                why = _why(item, templates[place], values[place], trial)
                yield place, f'"{step.use}" refuses this: {complaint.sentence} {why}'


def _stands(template: Template, context: Context) -> bool:
    """True where every expression of it gives a value, so that it is the text around it that fails."""
    try:
        for rule in template.rules:
            rule.value(context)
    except RuleFailed:
        return False
    return True


def _template_of(templates: Mapping[Place, Template], place: Place) -> Place:
    """The text that `place` is (or lies in, where its expression gives a list or a mapping)."""
    return next((place[:length] for length in range(len(place), 0, -1) if place[:length] in templates), ())


def _kind_is_wrong(item: Item, template: Template, complaint: Complaint) -> bool:
    return complaint.kind is not None and not (complaint.kind.endswith("_parsing") and _may_parse(item, template))


def _may_parse(item: Item, template: Template) -> bool:
    """True where the text comes from an answer whose spelling is bound by more than a sample can know."""
    fields = [item.form[name] for name in _answers(template) if name in item.form]
    return any(
        isinstance(field, OptionsField | DeviceField) or (isinstance(field, TextField) and field.pattern is not None)
        for field in fields
    )


def _why(item: Item, template: Template, value: Any, trial: Trial) -> str:
    if value is None and trial.blank == "form":
        empty = ", ".join(f"form.{name}" for name in sorted(_answers(template) & blank_fields(item))) or "an answer"
        return f"It is nothing (null) when {empty} is left empty; ask for it (`required: true`)."
    return f"It gives {kind(value)}."
