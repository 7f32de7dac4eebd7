"""Spans of time as they are written in catalog files: `30s`, `15m`, `8h`, `90d`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SHAPE: Final = re.compile(r"([1-9][0-9]{0,8})([smhdw])", re.ASCII)
LONGEST: Final = timedelta(days=3_660)
"""Ten years: a longer span in a catalog is a slip of the pen."""


def is_duration(text: str) -> bool:
    """True where `text` is shaped like a duration; it may still be too long."""
    return _SHAPE.fullmatch(text) is not None


def parse_duration(text: str) -> timedelta:
    """The span that `text` means; ValueError with one sentence where it means none."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f'"{text[:40]}" is not a duration; write a whole number and one of s, m, h, d, w, like 15m or 90d.'
        )
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'"{text[:40]}" is longer than ten years.')
    return timedelta(seconds=seconds)


def format_duration(span: timedelta) -> str:
    """The shortest writing of `span` (whole seconds), as `parse_duration` reads it; `0s` for none."""
    seconds = int(span.total_seconds())
    if not seconds:
        return "0s"
    unit = next(unit for unit, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def spoken_duration(span: timedelta) -> str:
    """`span` in words for people: "90 days", "1 hour"."""
    text = format_duration(span)
    names = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}
    count = int(text[:-1])
    return f"{count} {names[text[-1]]}{'' if count == 1 else 's'}"


def _read(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("duration", "A duration is written like 15m, 8h or 90d.")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("duration", "{sentence}", {"sentence": str(error)}) from error


Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,8}[smhdw]$", "examples": ["15m", "8h", "90d"]}),
]
"""A positive span, read from and written to the short form."""
