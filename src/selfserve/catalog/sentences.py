"""What pydantic found wrong, in sentences for whoever writes the file, each with its place in the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from selfserve.catalog.base import ONE_LINE, PASSAGE
from selfserve.catalog.templates import Place


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error. `at_key` tells that the key is wrong, not its value; `shift` is line and column in a text, from 1;
    `kind` is pydantic's word where the value is of a kind that never fits, None where another one like it may."""

    place: Place
    sentence: str
    at_key: bool = False
    shift: tuple[int, int] = (1, 1)
    kind: str | None = None


_TYPES: Final = {
    "string_type": "This is to be a text.",
    "int_type": "This is to be a whole number.",
    "int_parsing": "This is to be a whole number.",
    "int_from_float": "This is to be a whole number.",
    "bool_type": "This is to be true or false.",
    "bool_parsing": "This is to be true or false.",
    "dict_type": "This is to be a mapping of keys to values.",
    "model_type": "This is to be a mapping of keys to values.",
    "model_attributes_type": "This is to be a mapping of keys to values.",
    "tuple_type": "This is to be a list, like [one, two].",
    "list_type": "This is to be a list, like [one, two].",
}


_KINDS: Final = ("_type", "_parsing", "int_from_float")


def complaints(error: ValidationError, data: Any, model: type[BaseModel]) -> Iterator[Complaint]:
    """Every error of `error` about `data`, placed in `data`."""
    known = _keys(model)
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and _follows_from(detail, details):
            continue
        place = _place(detail["loc"], data)
        context: Mapping[str, Any] = detail.get("ctx") or {}
        if detail["type"] == "extra_forbidden":
            yield Complaint(place, _unknown(str(detail["loc"][-1]), known), at_key=True)
        elif detail["type"] == "missing":
            yield Complaint(place, f"`{detail['loc'][-1]}` is missing.", at_key=True)
        else:
            shift = (int(context.get("line", 1)), int(context.get("column", 1)))
            kind = detail["type"] if detail["type"].endswith(_KINDS) else None
            yield Complaint(place, _sentence(detail, context), shift=shift, kind=kind)


def _follows_from(short: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """True where a list is only too short because its entries were refused, which is told already."""
    place = short["loc"]
    return any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The name of `known` that `word` was most likely meant to be."""
    limit = max(1, len(word) // 3)
    found = process.extractOne(word, known, scorer=DamerauLevenshtein.distance, score_cutoff=limit)
    return found[0] if found else None


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """` Did you mean "x"?` where a near name is known, else what is known, or nothing where that would be long."""
    near = nearest(word, known)
    if near is not None:
        return f' Did you mean "{near}"?'
    return f" There are: {', '.join(known)}." if 0 < len(known) <= 15 else ""


def _place(location: tuple[int | str, ...], data: Any) -> Place:
    """`location` without what pydantic puts in between (names of union members, marks of keys)."""
    place: list[int | str] = []
    for part in location:
        inside = isinstance(data, dict) and part in data
        if inside or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            place.append(part)
            data = data[part]
    return tuple(place)


def _unknown(key: str, known: Sequence[str]) -> str:
    if key in known:
        return f'"{key}" has no place here.'
    near = nearest(key, known)
    return f'"{key}" is not a known key' + (f'; did you mean "{near}"?' if near else ".")


def _sentence(detail: ErrorDetails, context: Mapping[str, Any]) -> str:
    kind = detail["type"]
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "string_pattern_mismatch":
        return f"{_shown(detail['input'])} cannot stand here; {_spelling(context)}."
    if kind == "literal_error":
        return f"{_shown(detail['input'])} is not allowed here; write {context['expected']}."
    if kind == "union_tag_invalid":
        return f'"{context["tag"]}" is not a kind of field; write {context["expected_tags"]}.'
    if kind == "union_tag_not_found":
        return "`type` is missing."
    if kind == "too_short":
        return f"At least {context['min_length']} of these are needed."
    if kind == "too_long":
        return f"At most {context['max_length']} of these are allowed."
    if kind == "value_error":
        return _capital(str(context["error"]))
    return _capital(detail["msg"].rstrip(".") + ".")


_SPELLINGS: Final = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "use lower-case letters, digits and single hyphens",
    r"^[a-z][a-z0-9_]*$": "use lower-case letters, digits and underscores, a letter first",
    r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_]*$": "write connector.action",
    r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$": "write connector.action.argument",
    r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\.md$": "write a path in the catalog folder, like runbooks/vpn.md",
    r"^[^\s@<>\x00-\x1f\x7f]+@[^\s@<>\x00-\x1f\x7f]+$": "write a mail address",
    ONE_LINE: "write one line, without tabs and line breaks",
    PASSAGE: "write it without tabs",
    r"^[a-z]+$": "use lower-case letters",
    r"^[a-z]{2,3}$": "write a language by its code, like de",
}


def _spelling(context: Mapping[str, Any]) -> str:
    """How to write it, in words where they are known, else as the pattern."""
    return _SPELLINGS.get(context["pattern"], f"it must match {context['pattern']}")


def _shown(value: Any) -> str:
    text = str(value)
    return f'"{text[:60]}{"…" if len(text) > 60 else ""}"'


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Every key that any part of `model` knows, sorted."""
    names: set[str] = set()
    schema = model.model_json_schema(by_alias=True)
    for part in [schema, *schema.get("$defs", {}).values()]:
        names.update(part.get("properties", {}))
    return tuple(sorted(names))
