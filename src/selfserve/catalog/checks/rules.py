"""Rules that name only what is there, and that hold up when they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import cel

from selfserve.catalog.celtext import Call, Reference
from selfserve.catalog.checks.kinds import kind
from selfserve.catalog.checks.placed import PlacedRule, Purpose, rules_of
from selfserve.catalog.checks.trial import blank_fields, trials
from selfserve.catalog.deciding import CLAIMED, DecidingRule
from selfserve.catalog.draft import Draft
from selfserve.catalog.durations import is_duration, parse_duration
from selfserve.catalog.facts import CUSTOMER_NAMES, DEVICE_NAMES, ITEM_NAMES, ROOTS
from selfserve.catalog.items import Item
from selfserve.catalog.problems import Problem
from selfserve.catalog.rules import RuleFailed
from selfserve.catalog.sentences import did_you_mean, nearest
from selfserve.catalog.sources import Source

_TIME_PARTS: Final = tuple(
    f"get{part}"
    for part in ("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds")
)
FUNCTIONS: Final = (
    *(
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "has",
        "duration",
        "timestamp",
        "string",
        "int",
        "double",
    ),
    *("uint", "bytes", "type", "all", "exists", "exists_one", "map", "filter"),
    *_TIME_PARTS,
)
"""What a rule may call (CEL's standard definitions as far as the library has them)."""


def rules(draft: Draft) -> Iterator[Problem]:
    """Unknown names, unknown functions, and rules that fail or give the wrong kind of value when tried on samples."""
    for source in draft.items:
        if "rules" not in source.found:
            source.found["rules"] = tuple(_of_item(source))
        yield from source.found["rules"]


def _of_item(source: Source[Item]) -> Iterator[Problem]:
    for placed in rules_of(source):
        # An unknown function makes its names unknown too.
        found = list(_calls(placed)) or [*_names(placed), *_claims(placed)]
        yield from found
        if not found:
            yield from _tried(placed)


def _names(placed: PlacedRule) -> Iterator[Problem]:
    for binding in placed.rule.reading.bindings:
        if binding.name in ROOTS:
            yield placed.problem(binding.at, f'"{binding.name}" is taken; call the element something else.')
    for reference in placed.rule.reading.references:
        sentence = _wrong(placed, reference)
        if sentence:
            yield placed.problem(reference.at, sentence)


def _claims(placed: PlacedRule) -> Iterator[Problem]:
    """Where a rule decides, a device is null until it is proven (see `DecidingRule`): who writes it should know."""
    read = [one for one in placed.rule.reading.references if one.root == "device"]
    if isinstance(placed.rule, DecidingRule) and read and all(one.attribute != "proven" for one in read):
        yield placed.problem(read[0].at, f"{CLAIMED.removesuffix('.')}, or narrow the item with `platforms`.")


def _wrong(placed: PlacedRule, reference: Reference) -> str | None:
    root, attribute = reference.root, reference.attribute
    if root not in ROOTS:
        return f'There is no "{root}" in a rule.{did_you_mean(root, list(ROOTS))}'
    if root == "form" and placed.purpose is Purpose.WHO:
        return "Nobody has answered the form yet when this is asked; use customer, item, device and now here."
    if root in ("now", "device") and attribute is None:
        return None
    known = _names_of(placed, root)
    if root == "form" and not known:
        return "The item has no form, so there is no answer to read."
    if attribute is None:
        return f'Say what of "{root}" is meant, like {root}.{known[0]}.'
    if not attribute:
        return f"Write {root}.NAME; a name that is computed cannot be checked."
    return None if attribute in known else _wrong_attribute(root, attribute, known)


def _wrong_attribute(root: str, attribute: str, known: list[str]) -> str:
    if root == "form":
        return f'The form has no field "{attribute}".{did_you_mean(attribute, known)}'
    near = nearest(attribute, known)
    hint = f'did you mean "{root}.{near}"?' if near else f"{root} has {', '.join(known)}."
    return f'There is no "{root}.{attribute}": {hint}'


def _names_of(placed: PlacedRule, root: str) -> list[str]:
    known: dict[str, tuple[str, ...]] = {
        "customer": CUSTOMER_NAMES,
        "form": tuple(placed.source.model.form),
        "item": ITEM_NAMES,
        "now": tuple(_TIME_PARTS),
        "device": DEVICE_NAMES,
    }
    return list(known[root])


def _calls(placed: PlacedRule) -> Iterator[Problem]:
    for call in placed.rule.reading.calls:
        if call.name not in FUNCTIONS:
            near = nearest(call.name, FUNCTIONS)
            hint = f' Did you mean "{near}"?' if near else ""
            yield placed.problem(call.at, f'There is no function "{call.name}" in a rule.{hint}')
        elif call.name in ("duration", "timestamp") and call.text is not None:
            yield from _literal(placed, call, call.text)


def _literal(placed: PlacedRule, call: Call, text: str) -> Iterator[Problem]:
    try:
        cel.evaluate(f'{call.name}("{text}")')
    except Exception:
        hint = 'Write one like duration("8h") or duration("90m").'
        if call.name == "timestamp":
            hint = 'Write one like timestamp("2027-07-31T00:00:00Z").'
        elif is_duration(text):
            hint = f'CEL knows hours, not days; write duration("{parse_duration(text) // timedelta(hours=1)}h").'
        yield placed.problem(call.at, f'"{text[:40]}" is no {call.name}. {hint}')


def _tried(placed: PlacedRule) -> Iterator[Problem]:
    """The first way in which the rule fails on samples, if any."""
    for trial in trials(placed.source.model):
        try:
            value = placed.rule.value(trial.context)
        except RuleFailed as error:
            if _surely_wrong(error):
                yield placed.problem(0, _failure(placed, trial.blank, error))
                return
        else:
            if not _fits(placed.purpose, value):
                yield placed.problem(0, f"This gives {kind(value)}; here it must give {placed.purpose.value}.")
                return


def _failure(placed: PlacedRule, blank: str, error: RuleFailed) -> str:
    if blank == "form":
        names = blank_fields(placed.source.model)
        used = sorted({ref.attribute for ref in placed.rule.reading.references if ref.attribute in names} - {None})
        listed = ", ".join(f"form.{name}" for name in used) or "an answer"
        return f"This fails when {listed} is left empty; ask for it (`required: true`), or test for null first."
    if blank == "device":
        return "This fails when no device is known; write `device != null && …`."
    return f"This rule always fails: {error.reason}"


def _surely_wrong(error: RuleFailed) -> bool:
    """True for wrong types and names; what only a sample can cause (a division, a missing key) is let through."""
    cause = error.__cause__
    text = str(cause)
    return isinstance(cause, TypeError) or text.startswith(("Undefined", "Function 'matches'"))


def _fits(purpose: Purpose, value: Any) -> bool:
    if purpose in (Purpose.WHO, Purpose.WHEN):
        return isinstance(value, bool)
    if purpose is Purpose.ENDS:
        return value is None or isinstance(value, datetime | timedelta)
    return True
