"""Steps that a connector can do, with arguments that fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from selfserve.catalog.draft import Draft
from selfserve.catalog.items import Item, Step
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import complaints, did_you_mean
from selfserve.catalog.sources import Source
from selfserve.catalog.templates import Arguments, Place
from selfserve.connectors.contract import Action


def steps(draft: Draft) -> Iterator[Problem]:
    """Unknown connectors and actions, and arguments that their action would refuse."""
    for source in draft.items:
        for index, step in enumerate(source.model.fulfil):
            action = draft.actions.lookup(step.use)
            if action is None:
                yield source.at_value(("fulfil", index, "use"), _unknown(draft, step.use))
                continue
            yield from _arguments(source, index, step, action)
            if step.quick and not action.quick:
                yield source.at_value(("fulfil", index, "quick"), f'"{step.use}" is not quick; leave `quick` out.')
            if step.gives and (action.later or not action.lasting):
                yield source.at_value(("fulfil", index, "gives"), f'"{step.use}" {_NOT_HELD}; leave `gives` out.')


_NOT_HELD = "leaves nothing that one has from then on, or a device does it later, and it says so itself"


def _unknown(draft: Draft, use: str) -> str:
    connector, _, action = use.partition(".")
    names = draft.actions.names()
    connectors = sorted({name.partition(".")[0] for name in names})
    if connector not in connectors:
        return f'There is no connector "{connector}".{did_you_mean(connector, connectors)}'
    known = [name.partition(".")[2] for name in names if name.startswith(f"{connector}.")]
    return f'The connector "{connector}" has no action "{action}".{did_you_mean(action, known)}'


def _arguments(source: Source[Item], index: int, step: Step, action: Action[Any]) -> Iterator[Problem]:
    top: Place = ("fulfil", index, "with")
    known = _names(action)
    for name in step.arguments.tree:
        if name not in known:
            yield source.at_key((*top, name), f'"{step.use}" has no argument "{name}".{did_you_mean(name, known)}')
    sample = {name: value for name, value in _sample(step.arguments).items() if name in known}
    try:
        action.args.model_validate(sample)
    except ValidationError as error:
        for complaint in complaints(error, sample, action.args):
            if not _open(step.arguments, complaint.place, at_key=complaint.at_key):
                place = (*top, *complaint.place)
                at = source.at_key if complaint.at_key else source.at_value
                yield at(place, f'"{step.use}" refuses this: {complaint.sentence}')


def _names(action: Action[Any]) -> list[str]:
    return [field.alias or name for name, field in action.args.model_fields.items()]


def _sample(arguments: Arguments) -> dict[str, Any]:
    """The arguments with a stand-in wherever an expression will give the value."""

    def fill(value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {key: fill(inner, (*place, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(inner, (*place, index)) for index, inner in enumerate(value)]
        template = arguments.templates.get(place)
        if template is None:
            return value
        return "sample" if template.rules else "".join(str(part) for part in template.parts)

    filled: dict[str, Any] = fill(dict(arguments.tree), ())
    return filled


def _open(arguments: Arguments, place: Place, *, at_key: bool) -> bool:
    """True where the value complained of is only known when the step runs."""
    if at_key:
        return False
    inside = [other for other, template in arguments.templates.items() if template.rules]
    return any(other[: len(place)] == place or place[: len(other)] == other for other in inside)
