"""Groups that decide here: no item hands out the membership that makes its holder an approver or an owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from selfserve.catalog.checks.trial import trials
from selfserve.catalog.draft import Draft
from selfserve.catalog.fields import ChoiceField
from selfserve.catalog.items import Item, Step
from selfserve.catalog.problems import Problem
from selfserve.catalog.rules import RuleFailed
from selfserve.catalog.templates import Place, Template


def deciders(draft: Draft) -> Iterator[Problem]:
    """Steps that put the customer into a group whose members own items, work at the desk or approve."""
    for source in draft.items:
        for index, step in enumerate(source.model.fulfil):
            for group, what in _deciding(draft).items():
                found = [args for args in _arguments(source.model, step) if _joins(draft, step, args, group) is True]
                if found:
                    yield source.at_value(
                        _place(draft, index, step, found[0], group), f"{_given(group, what)} {_APART}"
                    )


def perhaps_deciders(draft: Draft) -> Iterator[Problem]:
    """Steps of which the file alone cannot tell whether they do: answers or people choose the group."""
    for source in draft.items:
        for index, step in enumerate(source.model.fulfil):
            tried = list(_arguments(source.model, step))
            groups = [
                group for group in _deciding(draft) if any(_joins(draft, step, args, group) is None for args in tried)
            ]
            if groups:
                named = ", ".join(sorted(groups))
                sentence = f"Whoever chooses the group here may choose one whose members decide: {named}. {_BOUND}"
                yield source.at_value(("fulfil", index), sentence)


_APART = "Let the item give a group of its own."
_BOUND = "Name the group, offer a `choice`, or keep these groups out of what the connector may write."


def _given(group: str, what: str) -> str:
    return f'Whoever is given this comes into "{group}", and so {what}.'


def _deciding(draft: Draft) -> Mapping[str, str]:
    """What members of each directory group that is named for it may do here."""
    found = {
        approver.name: f'may approve "{source.model.id}"'
        for source in draft.items
        for stage in source.model.approve
        for approver in stage.by
        if approver.kind == "group"
    }
    teams = {team.group: f'belongs to the team "{name}"' for name, team in draft.teams.model.root.items() if team.group}
    return found | teams


def _joins(draft: Draft, step: Step, args: Mapping[str, Any], group: str) -> bool | None:
    return draft.actions.joins_group(step.use, args, group)


def _place(draft: Draft, index: int, step: Step, args: Mapping[str, Any], group: str) -> Place:
    """Where the argument stands that makes it this group: the one without which it is not known any more."""
    for name in args:
        if _joins(draft, step, {**args, name: None}, group) is not True:
            return ("fulfil", index, "with", name)
    return ("fulfil", index, "use")


def _arguments(item: Item, step: Step) -> Iterator[dict[str, Any]]:
    """The arguments as the file has them, once for every option of a `choice` that fills one in; None for the rest."""
    plain = step.arguments.plain()
    chosen = {
        str(place[0]): template
        for place, template in step.arguments.templates.items()
        if len(place) == 1 and _by_choice(item, template)
    }
    if not chosen:
        yield plain
        return
    for trial in trials(item):
        try:
            yield {**plain, **{name: template.resolve(trial.context) for name, template in chosen.items()}}
        except RuleFailed:
            continue


def _by_choice(item: Item, template: Template) -> bool:
    """True where one `choice` alone decides the value, so that trying its options tries everything."""
    read = {(one.root, one.attribute) for rule in template.rules for one in rule.reading.references}
    return len(read) == 1 and all(
        root == "form" and isinstance(item.form.get(name or ""), ChoiceField) for root, name in read
    )
