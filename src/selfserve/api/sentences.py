"""What pydantic found wrong with a call, in plain sentences that name the field: for every route, made here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_KINDS: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "an object of names and values",
    "mapping_type": "an object of names and values",
    "model_type": "an object of names and values",
    "model_attributes_type": "an object of names and values",
    "datetime_type": "a moment such as 2027-07-31T12:00:00Z",
    "datetime_parsing": "a moment such as 2027-07-31T12:00:00Z",
    "datetime_from_date_parsing": "a moment such as 2027-07-31T12:00:00Z",
    "datetime_object_invalid": "a moment such as 2027-07-31T12:00:00Z",
    "timezone_aware": "a moment with its time zone, such as 2027-07-31T12:00:00Z",
}
_CHOICES: Final = frozenset({"enum", "literal_error"})
_QUOTED: Final = re.compile(r"'([^']*)'")


def sentences(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """One sentence for each place that is wrong, by the place's name (`answers`, `fields.serial`, `body`)."""
    by_place: dict[str, list[Mapping[str, Any]]] = {}
    for error in errors:
        by_place.setdefault(_place(error["loc"]), []).append(error)
    return {place: _sentence(place, found) for place, found in by_place.items()}


def _place(loc: tuple[Any, ...]) -> str:
    """The field as the caller wrote it; outside of a body what pydantic adds (members of a union) is left out."""
    parts = loc[1:] if loc and loc[0] == "body" else loc[1:2]
    return ".".join(str(part)[:60] for part in parts if part != "[key]") or "body"


def _sentence(place: str, found: list[Mapping[str, Any]]) -> str:
    error, name = found[0], "The body" if place == "body" else place
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind in _CHOICES:
        return f"{name} is to be one of these: {', '.join(_choices(found))}."
    if kind in _KINDS:
        return f"{name} is to be {_KINDS[kind]}."
    if kind == "value_error":
        return str(context.get("error") or f"{name} does not fit here.")
    return _of_size(name, kind, context) or f"{name} does not fit here."


def _of_size(name: str, kind: str, context: Mapping[str, Any]) -> str | None:
    """What is missing, not known, too long or too short."""
    least, most = context.get("min_length"), context.get("max_length")
    told = {
        "missing": f"{name} is missing.",
        "extra_forbidden": f"There is no {name} here.",
        "string_too_long": f"{name} is longer than {most} characters.",
        "string_too_short": f"{name} is empty." if least == 1 else f"{name} is shorter than {least} characters.",
        "too_long": f"{name} has more than {most} entries.",
        "too_short": f"{name} is empty." if least == 1 else f"{name} has fewer than {least} entries.",
        "greater_than_equal": f"{name} is to be {context.get('ge')} or more.",
        "less_than_equal": f"{name} is to be {context.get('le')} or less.",
        "string_unicode": f"{name} holds signs that are no text.",
        "json_invalid": "The body is not JSON.",
    }
    return told.get(kind)


def _choices(found: list[Mapping[str, Any]]) -> list[str]:
    """What would fit, of all members of a union; of a choice among members of an enum their values, as callers write
    them, and not the members as Python shows them."""
    expected = [str(error["ctx"]["expected"]) for error in found if error["type"] in _CHOICES]
    return list(dict.fromkeys(name for words in expected for name in _QUOTED.findall(words)))
