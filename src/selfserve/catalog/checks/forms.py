"""Questions that can be answered: limits in order, defaults that stand, live choices that a connector offers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from selfserve.catalog.answers import AnswerRefused, Asking, clean
from selfserve.catalog.draft import Draft
from selfserve.catalog.fields import FormField, OptionsField, YesNoField
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import did_you_mean
from selfserve.catalog.sources import Source
from selfserve.catalog.templates import Place

_MOMENT: Final = Asking(datetime(2026, 7, 1, 12, tzinfo=UTC), ZoneInfo("UTC"))
"""Any moment will do: limits and defaults of a field move with it alike."""


def forms(draft: Draft) -> Iterator[Problem]:
    """Fields that nobody could fill in, or that the product could not."""
    for source in draft.items:
        for name, field in source.model.form.items():
            yield from _limits(source, ("form", name), field)
            yield from _default(source, ("form", name), name, field)
            if isinstance(field, OptionsField):
                yield from _offer(draft, source, ("form", name, "from"), field)


def _limits(source: Source[Item], place: Place, field: FormField) -> Iterator[Problem]:
    low, high = getattr(field, "min", None), getattr(field, "max", None)
    if low is not None and high is not None and low > high:
        yield source.at_value((*place, "min"), "`min` is larger than `max`; no answer could stand.")


def _default(source: Source[Item], place: Place, name: str, field: FormField) -> Iterator[Problem]:
    default = getattr(field, "default", None)
    if default is None or isinstance(field, YesNoField):
        return
    try:
        clean(name, field, clean(name, field.model_copy(update={"required": False}), None, _MOMENT), _MOMENT)
    except AnswerRefused as error:
        yield source.at_value((*place, "default"), f"The default would be refused: {error}")


def _offer(draft: Draft, source: Source[Item], place: Place, field: OptionsField) -> Iterator[Problem]:
    use, _, argument = field.source.rpartition(".")
    action = draft.actions.lookup(use)
    if action is None:
        yield source.at_value(place, f'There is no action "{use}".{did_you_mean(use, draft.actions.names())}')
    elif argument not in action.args.model_fields:
        hint = did_you_mean(argument, list(action.args.model_fields))
        yield source.at_value(place, f'"{use}" has no argument "{argument}".{hint}')
