"""Reading a CEL expression as text: which facts it names, and where.

The compiled program tells the variables it uses but not their attributes, and mixes the names bound by `exists`, `map`
and their kin with the free ones. So the source is read once more, by token, with the scopes of those macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKENS: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>(?:[bB]?[rR]|[rR]?[bB])?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
MACROS: Final = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
"""Calls that go through a list and bind a name to each element."""
_WORDS: Final = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign; `at` counts characters from the start of the expression."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A free name in an expression. `attribute` is None where it stands alone, "" where its key is computed."""

    root: str
    attribute: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that a macro binds, like `g` in `groups.exists(g, …)`."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What an expression names: free references, names bound by macros, and calls."""

    references: tuple[Reference, ...]
    bindings: tuple[Binding, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function call by name; `text` is its argument where that is exactly one plain text."""

    name: str
    text: str | None
    at: int


def tokens(source: str) -> Iterator[Token]:
    """The words and signs of `source`, spaces and comments left out."""
    for found in _TOKENS.finditer(source):
        kind = found.lastgroup or "sign"
        if kind != "space":
            yield Token(kind, found.group(), found.start())


def read(source: str) -> Reading:
    """Every name in `source`, which must already have compiled."""
    return _Reader(list(tokens(source))).reading()


def plain_text(token: Token) -> str | None:
    """The content of a text token without prefix and escapes, else None."""
    if token.kind != "text" or token.text[0] not in "\"'" or "\\" in token.text or token.text[:3] in ('"""', "'''"):
        return None
    return token.text[1:-1]


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        end = Token("end", "", -1)
        self._tokens = [end, *found, end, end, end, end]
        self._scopes: list[str | None] = []
        self._references: list[Reference] = []
        self._bindings: list[Binding] = []
        self._calls: list[Call] = []

    def reading(self) -> Reading:
        for position in range(1, len(self._tokens) - 4):
            self._step(position)
        return Reading(tuple(self._references), tuple(self._bindings), tuple(self._calls))

    def _step(self, position: int) -> None:
        token = self._tokens[position]
        if token.kind == "sign" and token.text in "([{":
            self._scopes.append(self._bound_here(position))
        elif token.kind == "sign" and token.text in ")]}" and self._scopes:
            self._scopes.pop()
        elif token.kind == "name" and token.text not in _WORDS:
            self._name(position, token)

    def _bound_here(self, position: int) -> str | None:
        """The name bound by a macro whose opening bracket stands at `position`."""
        dot, word, name, comma = (self._tokens[position + step] for step in (-2, -1, 1, 2))
        if self._tokens[position].text != "(" or dot.text != "." or word.text not in MACROS:
            return None
        if name.kind != "name" or comma.text != ",":
            return None
        self._bindings.append(Binding(name.text, name.at))
        return name.text

    def _name(self, position: int, token: Token) -> None:
        before, after = self._tokens[position - 1], self._tokens[position + 1]
        if after.text == "(":
            self._calls.append(Call(token.text, self._only_text(position + 2), token.at))
        elif before.text != "." and token.text not in self._scopes:
            self._references.append(Reference(token.text, self._attribute(position), token.at))

    def _only_text(self, position: int) -> str | None:
        token, close = self._tokens[position], self._tokens[position + 1]
        return plain_text(token) if close.text == ")" else None

    def _attribute(self, position: int) -> str | None:
        sign, name, close = self._tokens[position + 1 : position + 4]
        if sign.text == "." and name.kind == "name":
            return name.text
        if sign.text == "[":
            return (plain_text(name) if close.text == "]" else None) or ""
        return None
