"""Lengths of time as people write them: `200ms`, `30s`, `15m`, `8h`, `30d`, `2w`, and rows of them (`1h30m`)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
ALLOWED = "a length of time such as 30s, 15m, 8h or 30d"
LONGEST = timedelta(days=36_500)
_PART = re.compile(r"([0-9]{1,9})(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def parse_duration(text: str) -> timedelta:
    """The length that `text` says.

    A number without a unit is refused, as nobody can tell seconds from minutes by looking. Raises ValueError whose text
    is what is allowed.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(ALLOWED)
    try:
        length = sum((int(number) * UNITS[unit] for number, unit in _PART.findall(text)), timedelta())
    except OverflowError:
        raise ValueError(f"{ALLOWED}, at most 36500d") from None
    if length > LONGEST:
        raise ValueError(f"{ALLOWED}, at most 36500d")
    return length


def write_duration(length: timedelta) -> str:
    """The shortest exact text that `parse_duration` reads back as `length` (to the millisecond)."""
    rest, parts = round(length / UNITS["ms"]), []
    for unit in ("d", "h", "m", "s", "ms"):
        size = UNITS[unit] // UNITS["ms"]
        if count := rest // size:
            parts.append(f"{count}{unit}")
            rest -= count * size
    return "".join(parts) or "0s"


def _read(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError(ALLOWED)


Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": rf"^(?:{_PART.pattern})+$"}),
]
"""A `timedelta` in a model, written as text in files."""
