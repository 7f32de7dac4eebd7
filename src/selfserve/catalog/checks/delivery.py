"""Ends that count from the delivery, not from the asking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from selfserve.catalog.celtext import tokens
from selfserve.catalog.checks.placed import PlacedRule, Purpose, rules_of
from selfserve.catalog.checks.trial import trials
from selfserve.catalog.draft import Draft
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.rules import Rule, RuleBroken, RuleFailed

_LATER: Final = timedelta(minutes=7)
"""By how much the asking is moved to see whether the end moves along."""
_NOW: Final = re.compile(r"now\s*\+\s*")


def delivery(draft: Draft) -> Iterator[Problem]:
    """Ends that move with the moment of asking: waiting for an approval, a seat or a parcel would use them up."""
    for source in draft.items:
        for placed in rules_of(source):
            if placed.purpose is Purpose.ENDS and _moves(placed.rule, source.model):
                yield placed.problem(_where(placed.rule), f"{_WHY} {_instead(placed)}")


_WHY: Final = (
    "This counts from the asking, so whoever waits for an approval or in a line loses time; a duration counts "
    "from the delivery."
)


def _moves(rule: Rule, item: Item) -> bool:
    """True where some answers give an instant that lies as much later as the asking does."""
    return "now" in rule.names and any(
        isinstance(end, datetime) and isinstance(later, datetime) and later - end == _LATER
        for end, later in _ends(rule, item)
    )


def _ends(rule: Rule, item: Item) -> Iterator[tuple[object, object]]:
    for trial in trials(item):
        moved = {**trial.context, "now": trial.context["now"] + _LATER}
        try:
            yield rule.value(trial.context), rule.value(moved)
        except RuleFailed:
            continue


def _where(rule: Rule) -> int:
    return next(one.at for one in tokens(rule.text) if one.text == "now")


def _instead(placed: PlacedRule) -> str:
    """What to write, where leaving `now` out is all there is to do."""
    start = _NOW.match(placed.rule.text)
    if start and _lasts(placed.rule.text[start.end() :], placed):
        return f"Write {placed.rule.text[start.end() :]}."
    return 'Write what is added to `now` by itself, like duration("720h").'


def _lasts(text: str, placed: PlacedRule) -> bool:
    """True where `text` gives the span between asking and end, for all answers."""
    try:
        rule = Rule.compile(text)
        return all(
            rule.value(trial.context) == placed.rule.value(trial.context) - trial.context["now"]
            for trial in trials(placed.source.model)
        )
    except (RuleBroken, RuleFailed, TypeError):
        return False
