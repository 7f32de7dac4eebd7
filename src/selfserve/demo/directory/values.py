"""When two values of an attribute are the same, and which comes first."""

from __future__ import annotations

import re
from collections.abc import Hashable

from selfserve.demo.directory import names, schema

_TIME = re.compile(r"(\d{10})(\d{2})?(\d{2})?(?:[.,](\d+))?Z")


class NotOfSyntaxError(ValueError):
    """The value cannot belong to the attribute; an assertion with it is undefined (RFC 4511, section 4.5.1.7)."""


def key(attribute: str, value: bytes) -> Hashable:
    """A form in which values that match are equal; `attribute` in lower case. Raises NotOfSyntaxError."""
    if attribute in schema.NAMES:
        return _name(value)
    if attribute in schema.TIMES:
        return time_key(value)
    text = _text(value)
    return value if text is None else names.prepare(text)


def time_key(value: bytes) -> str:
    """A GeneralizedTime in UTC (RFC 4517, section 3.3.13) as text that sorts by time. Raises NotOfSyntaxError."""
    found = _TIME.fullmatch(value.decode("ascii", "replace"))
    if not found:
        raise NotOfSyntaxError("not a time of the form YYYYMMDDHHMMSSZ")
    hour, minute, second, fraction = found.groups(default="")
    return f"{hour}{minute or '00'}{second or '00'}.{fraction.rstrip('0')}"


def substring_text(value: bytes) -> str | None:
    """A value as substrings are looked for in it, None where it is not text."""
    text = _text(value)
    return None if text is None else names.prepare(text)


def same(attribute: str, one: bytes, other: bytes) -> bool:
    """True where both are the same value; values that are not of the syntax match nothing."""
    try:
        return key(attribute, one) == key(attribute, other)
    except NotOfSyntaxError:
        return False


def _name(value: bytes) -> names.Name:
    try:
        return names.parse(value.decode())
    except ValueError:
        raise NotOfSyntaxError("not a distinguished name") from None


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
