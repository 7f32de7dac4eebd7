"""A whole form: every answer checked, and brought into the one form that is kept, compared and shown to rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from selfserve.catalog.answers import AnswerRefused, Asking, Stored, clean, ruled
from selfserve.catalog.fields import DateField
from selfserve.catalog.items import Item
from selfserve.languages.messages import msg


class AnswersInvalid(Exception):  # noqa: N818 - the word of the form
    """Some answers cannot stand. `errors` has one sentence for each field's name."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {sentence}" for name, sentence in errors.items()))
        self.errors = errors


@dataclass(frozen=True)
class CleanAnswers:
    """Answers that stand.

    `values` are plain JSON in the order of the form; a date is kept as the day that was meant, and `zone` is where it
    was meant. `form` is what rules see: dates as instants, durations as spans. `dated` tells that a day is among them.
    """

    values: Mapping[str, Stored]
    zone: str
    form: Mapping[str, Any]
    dated: bool

    @cached_property
    def canonical(self) -> str:
        """Stable JSON, equal for equal asks; the zone is part of it only where a day is."""
        asked = {"answers": dict(self.values), **({"zone": self.zone} if self.dated else {})}
        return json.dumps(asked, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of `canonical`, hexadecimal: finds the same ask made twice."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def validate(
    item: Item,
    answers: Mapping[str, object],
    *,
    now: datetime,
    zone: ZoneInfo,
    offered: Callable[[str, str], bool] | None = None,
) -> CleanAnswers:
    """The clean answers to `item`'s form, or AnswersInvalid with a sentence for each field that is not right.

    `now` is an aware instant; days are counted in `zone`. `offered(field, value)` is asked about live choices, people
    and devices, where the caller can tell. What the form does not ask is refused, not dropped.
    """
    asking = Asking(now, zone, offered)
    errors: dict[str, str] = {
        str(name)[:60]: msg("This form does not ask for that.") for name in answers if name not in item.form
    }
    values: dict[str, Stored] = {}
    for name, field in item.form.items():
        try:
            values[name] = clean(name, field, answers.get(name), asking)
        except AnswerRefused as error:
            errors[name] = error.words
    if errors:
        raise AnswersInvalid(errors)
    return revive(item, values, zone)


def revive(item: Item, values: Mapping[str, Stored], zone: ZoneInfo) -> CleanAnswers:
    """The answers as they were kept, for rules and steps that run later; limits counted from today are passed over."""
    kept = {name: values.get(name) for name in item.form}
    form = {name: ruled(field, kept[name], zone) for name, field in item.form.items()}
    dated = any(isinstance(field, DateField) and kept[name] is not None for name, field in item.form.items())
    return CleanAnswers(MappingProxyType(kept), zone.key, MappingProxyType(form), dated)
