"""Sample people, answers and devices on which rules are tried before they are served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from selfserve.catalog.durations import LONGEST
from selfserve.catalog.facts import Context, CustomerFacts, DeviceFacts, rule_context
from selfserve.catalog.fields import ChoiceField, DateField, DurationField, FormField, NumberField, YesNoField
from selfserve.catalog.items import Item

MOMENT: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
_CUSTOMER: Final = cast(
    "CustomerFacts",
    {**dict.fromkeys(CustomerFacts.__annotations__, "sample"), "groups": ["sample"], "email": "sample@example.org"},
)
_DEVICE: Final = cast(
    "DeviceFacts", {**dict.fromkeys(DeviceFacts.__annotations__, "sample"), "encrypted": True, "proven": True}
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One context to try; `blank` names what was left empty in it: "", "form" or "device"."""

    context: Context
    blank: str


def trials(item: Item) -> Iterator[Trial]:
    """All answered, in every way of each field; without the answers that may be left empty; without a device."""
    for form in _forms(item):
        yield Trial(rule_context(item, _CUSTOMER, now=MOMENT, form=form, device=_DEVICE), "")
    full = next(_forms(item))
    yield Trial(rule_context(item, _CUSTOMER, now=MOMENT, form=_sparse(item, full), device=_DEVICE), "form")
    yield Trial(rule_context(item, _CUSTOMER, now=MOMENT, form=full), "device")


def blank_fields(item: Item) -> frozenset[str]:
    """The fields whose answer a rule may see as null: neither required, nor filled by a default."""
    return frozenset(
        name
        for name, field in item.form.items()
        if not field.required and not isinstance(field, YesNoField) and getattr(field, "default", None) is None
    )


def _sparse(item: Item, full: dict[str, Any]) -> dict[str, Any]:
    blank = blank_fields(item)
    return {name: None if name in blank else value for name, value in full.items()}


def _forms(item: Item) -> Iterator[dict[str, Any]]:
    """Each field at its furthest, then each of its other values in turn; all combinations would be too many."""
    samples = {name: _samples(field) for name, field in item.form.items()}
    full = {name: values[0] for name, values in samples.items()}
    yield full
    for name, values in samples.items():
        for value in values[1:]:
            yield {**full, name: value}


def _samples(field: FormField) -> list[Any]:
    """Values a rule may see for the field, the furthest first."""
    if isinstance(field, DateField):
        return [MOMENT + (field.max or LONGEST), MOMENT + (field.min or timedelta(hours=1))]
    if isinstance(field, DurationField):
        return [field.max or LONGEST, field.min or timedelta(seconds=1)]
    if isinstance(field, NumberField):
        ends = [float(end) if field.decimals else int(end) for end in (field.max, field.min)]
        return [*ends, field.min + 10**-field.decimals] if field.decimals else ends
    if isinstance(field, YesNoField):
        return [True, False]
    if isinstance(field, ChoiceField):
        return [option.value for option in field.options]
    return ["sample"]
