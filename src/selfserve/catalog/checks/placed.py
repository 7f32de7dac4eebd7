"""Every rule of an item, with the place where it stands and what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from selfserve.catalog.items import Item, Step
from selfserve.catalog.problems import Problem
from selfserve.catalog.rules import Rule
from selfserve.catalog.sources import Source
from selfserve.catalog.templates import Place


class Purpose(Enum):
    """What a rule is asked for, hence what it may read and must give."""

    WHO = "true or false"
    WHEN = "true or false, by the answers"
    ENDS = "a time or a duration"
    VALUE = "anything"


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule of `source`; it starts `offset` characters into `text`, which stands at `place`."""

    source: Source[Item]
    rule: Rule
    place: Place
    purpose: Purpose
    text: str
    offset: int = 0

    def problem(self, at: int, sentence: str) -> Problem:
        """A problem `at` characters into the rule."""
        return self.source.in_text(self.place, self.text, self.offset + at, sentence)


def rules_of(source: Source[Item]) -> Iterator[PlacedRule]:
    """Every rule in the item's file, in order."""
    item = source.model
    yield PlacedRule(source, item.who, ("who",), Purpose.WHO, item.who.text)
    if item.visible is not None:
        yield PlacedRule(source, item.visible, ("visible",), Purpose.WHO, item.visible.text)
    for index, stage in enumerate(item.approve):
        if stage.when is not None:
            yield PlacedRule(source, stage.when, ("approve", index, "when"), Purpose.WHEN, stage.when.text)
    if item.grant is not None and item.grant.ends.rule is not None:
        rule = item.grant.ends.rule
        yield PlacedRule(source, rule, ("grant", "ends"), Purpose.ENDS, rule.text)
    for index, step in enumerate(item.fulfil):
        yield from _of_step(source, index, step)


def _of_step(source: Source[Item], index: int, step: Step) -> Iterator[PlacedRule]:
    for inner, template in step.arguments.templates.items():
        place = ("fulfil", index, "with", *inner)
        for rule, offset in zip(template.rules, template.offsets, strict=True):
            yield PlacedRule(source, rule, place, Purpose.VALUE, template.text, offset)
