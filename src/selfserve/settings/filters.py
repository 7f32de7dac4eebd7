"""Search filters of a directory as people write them in settings (RFC 4515)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

DEEPEST: Final = 50
"""Parentheses within parentheses; servers refuse far deeper ones."""
ALLOWED: Final = "an LDAP filter in parentheses such as (objectClass=inetOrgPerson) (RFC 4515, section 3)"

_SPACE: Final = re.compile(r"\s*")
_NAME: Final = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)"
_ONE: Final = r"(?:[^()*\\\x00]|\\[0-9A-Fa-f]{2})"
_ITEM: Final = re.compile(
    rf"{_NAME}(?:;[A-Za-z0-9-]+)*"
    rf"(?:=(?:{_ONE}|\*)*|[~<>]={_ONE}*|(?::dn)?(?::{_NAME})?:={_ONE}*)"
    rf"|(?::dn)?:{_NAME}:={_ONE}*"
)
"""One comparison: present, equal, with `*` in it, approximate, ordered or extensible."""


def check_filter(text: str) -> str:
    """`text` as it is where it is a filter; ValueError with what is allowed, and where the first fault is, where not.

    Blanks between parentheses are let through, as servers and tools do.
    """
    _Reading(text).whole()
    return text


class _Reading:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def whole(self) -> None:
        self._one(0)
        if self._at < len(self._text):
            raise self._fault("there is more after the end of the filter")

    def _one(self, depth: int) -> None:
        if depth > DEEPEST:
            raise self._fault(f"it is nested more than {DEEPEST} levels deep")
        self._sign("(")
        kind = self._text[self._at : self._at + 1]
        if kind in ("&", "|", "!"):
            self._at += 1
            self._one(depth + 1)
            while kind != "!" and self._next() == "(":
                self._one(depth + 1)
        else:
            self._item()
        self._sign(")")

    def _item(self) -> None:
        found = _ITEM.match(self._text, self._at)
        if found is None:
            raise self._fault("no comparison like attribute=value begins")
        self._at = found.end()

    def _next(self) -> str:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches anywhere
        return self._text[self._at : self._at + 1]

    def _sign(self, sign: str) -> None:
        if self._next() != sign:
            raise self._fault(f'a "{sign}" is missing')
        self._at += 1
        self._next()

    def _fault(self, what: str) -> ValueError:
        return ValueError(f"{ALLOWED}; at character {self._at + 1} {what}")


Filter = Annotated[str, AfterValidator(check_filter)]
"""A filter in a model, as it was written."""
