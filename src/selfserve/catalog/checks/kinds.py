"""What kind of value something is, in words for whoever writes the file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

_KINDS: Final = {
    str: "a text",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
    bool: "true or false",
    datetime: "a time",
    timedelta: "a duration",
}


def kind(value: Any) -> str:
    """`value` by its kind: "a text", "nothing (null)"."""
    return "nothing (null)" if value is None else _KINDS.get(type(value), f"{type(value).__name__}")
