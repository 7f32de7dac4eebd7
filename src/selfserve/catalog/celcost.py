"""What a CEL expression may cost at most, worked out from its text before anything is evaluated.

Nothing in the evaluator stops an expression that has begun, so an expensive one is refused when it is read. The bound
is counted, not timed: each operand is a step, a macro like `exists` multiplies what stands in it by the size of its
list, and values that are copied or grown are charged by their size. A rule is read with `GROUPS` groups in mind; for a
person in more of them it is reckoned again with theirs, before it is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from selfserve.catalog.celtext import MACROS, Token, tokens

STEPS: Final = 100_000
"""Steps that one expression may take. A step is about a microsecond: a tenth of a second, once, is what is borne."""
RARE: Final = 2 * STEPS
"""Steps that it may take for a person in more groups than a rule is read with: they are few."""
NESTED: Final = 2
"""How many macros may stand inside of each other. Two lists held against each other need two."""
GROUPS: Final = 1_000
"""Groups of one person that a rule is read with."""
LONGEST_TEXT: Final = 200_000
"""Characters of one value."""
LONGEST_PATTERN: Final = 200
_JUDGING: Final = frozenset({"=", "!", "<", ">", "&", "|", "in"})
"""Signs and words after which nothing of what stood before is part of the value: it is true or false."""
_FACT: Final = 4_000
"""Characters of one fact or answer that are reckoned with."""

_ESCAPES: Final = re.compile(r"(?:[^\\]|\\[\\\"'])*")
_COUNTS: Final = re.compile(r"\{(\d*),?(\d*)\}")
_REPEATED_AGAIN: Final = re.compile(r"[)}*+?\s]\{")
_PRICES: Final = ((r"\\[wWpPbB]", 750), (r"\\[dD]", 25), (r"\\[sS]|\.|\[\^|\(\?[a-zA-Z-]|[^\x00-\x7f]|\\x|\\u", 5))
"""Steps that a sign of a pattern costs to compile: Unicode's classes have hundreds of ranges (measured)."""


class TooCostly(ValueError):  # noqa: N818 - a rule that is too costly is the word of the checks
    """The expression could take too many steps. `at` counts characters from its start."""

    def __init__(self, sentence: str, at: int) -> None:
        super().__init__(sentence)
        self.sentence, self.at = sentence, at


@dataclass(frozen=True, slots=True)
class _Size:
    """A bound on a value: elements to go through, cells it is made of, characters in it, and the largest element."""

    count: int = 0
    cells: int = 1
    chars: int = 0
    inner: _Size | None = None

    def plus(self, other: _Size) -> _Size:
        inner = self.inner.widest(other.inner) if self.inner else other.inner
        return _Size(self.count + other.count, self.cells + other.cells, self.chars + other.chars, inner)

    def widest(self, other: _Size | None) -> _Size:
        if other is None:
            return self
        inner = self.inner.widest(other.inner) if self.inner else other.inner
        count, cells = max(self.count, other.count), max(self.cells, other.cells)
        return _Size(count, cells, max(self.chars, other.chars), inner)

    def element(self) -> _Size:
        return self.inner or _Size(self.cells, self.cells, self.chars)


_SCALAR: Final = _Size()
_TEXT: Final = _Size(chars=_FACT)


def steps(source: str, groups: int = GROUPS) -> int:
    """An upper bound on the steps that `source`, which must already have compiled, takes for a person in so many
    groups. TooCostly beyond `STEPS`, for more groups than `GROUPS` beyond `RARE`."""
    return _Estimate(list(tokens(source)), groups).total()


class _Estimate:
    """Goes through the expression once. Operators need no precedence: each bound is a sum, in whatever order."""

    def __init__(self, found: list[Token], groups: int) -> None:
        self._tokens = [*found, Token("end", "", found[-1].at if found else 0)]
        self._listed_facts = _Size(groups, groups, groups * 60, _Size(chars=60))
        # What does not grow with the groups was held to the shorter length when the rule was read.
        self._most = RARE if groups > GROUPS else STEPS
        self._longest = LONGEST_TEXT * max(groups, GROUPS) // GROUPS
        self._at = 0
        self._steps = 0
        self._times = 1
        self._bound: list[tuple[str, _Size]] = []

    def total(self) -> int:
        while self._next.kind != "end":
            self._expression()
            if self._next.kind != "end":
                self._take()
        return self._steps

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _charge(self, steps: int, at: int) -> None:
        self._steps += self._times * steps
        if self._steps > self._most:
            raise TooCostly(f"This could take more than {self._most} steps; go through fewer or shorter lists.", at)

    def _grown(self, size: _Size, at: int) -> _Size:
        if size.chars > self._longest:
            raise TooCostly(f"This could grow to more than {self._longest} characters.", at)
        self._charge(1 + size.cells // 8 + size.chars // 10_000, at)
        return size

    def _expression(self) -> _Size:
        """Up to the comma, colon or bracket that ends it."""
        size, chosen = _SCALAR, _SCALAR
        while self._next.kind != "end" and self._next.text not in (",", ":", ")", "]", "}"):
            token = self._next
            if token.text == "?":
                self._take()
                size, chosen = _SCALAR, chosen.widest(self._expression())
                self._take()
            elif token.text in _JUDGING:
                self._take()
                size = _SCALAR
            elif token.text in ("+", "-", "*", "/", "%"):
                self._take()
            else:
                size = self._grown(size.plus(self._operand()), token.at)
        return chosen.widest(size)

    def _operand(self) -> _Size:
        token = self._take()
        self._charge(1, token.at)
        size = self._primary(token)
        while self._next.text in (".", "[") and self._next.kind == "sign":
            size = self._further(size)
        return size

    def _primary(self, token: Token) -> _Size:
        if token.kind == "text":
            return _Size(chars=len(token.text))
        if token.text in ("[", "{"):
            return self._grown(self._listed(), token.at)
        if token.text == "(":
            size = self._expression()
            self._take()
            return size
        if token.kind == "name" and self._next.text == "(":
            return self._call(token, _SCALAR)
        return self._named(token.text) if token.kind == "name" else _SCALAR

    def _named(self, name: str) -> _Size:
        bound = next((size for known, size in reversed(self._bound) if known == name), None)
        if bound is not None:
            return bound
        dot, attribute = self._next, self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        plain = dot.text == "." and attribute.text != "groups"
        return _TEXT if plain or name in ("true", "false", "null", "now") else self._listed_facts

    def _further(self, size: _Size) -> _Size:
        if self._take().text == "[":
            self._expression()
            self._take()
            return size.element()
        name = self._take()
        self._charge(1, name.at)
        if self._next.text != "(":
            return size
        return self._macro(name, size) if name.text in MACROS else self._call(name, size)

    def _listed(self) -> _Size:
        size, count, inner = _SCALAR, 0, None
        while self._next.kind != "end" and self._next.text not in ("]", "}"):
            found = self._expression()
            size, count, inner = size.plus(found), count + 1, found.widest(inner)
            if self._next.text in (",", ":"):
                self._take()
        self._take()
        return _Size(count, size.cells, size.chars, inner)

    def _call(self, name: Token, size: _Size) -> _Size:
        opening, argument = self._take(), self._next
        first = True
        while self._next.kind != "end" and self._next.text != ")":
            size = size.plus(self._expression())
            first = first and self._next.text == ")"
            if self._next.text == ",":
                self._take()
        self._take()
        if name.text == "matches":
            plain = first and self._tokens[self._at - 2] is argument and opening.text == "("
            self._charge(_pattern(argument, plain=plain), argument.at)
        return self._grown(size, name.at)

    def _macro(self, name: Token, size: _Size) -> _Size:
        if len(self._bound) == NESTED:
            raise TooCostly(f"At most {NESTED} of {', '.join(sorted(MACROS))} may stand inside of each other.", name.at)
        self._take()
        variable, times = self._take(), self._times
        self._bound.append((variable.text, size.element()))
        self._times = times * size.count
        given = _SCALAR
        while self._next.text == ",":
            self._take()
            given = self._expression()
        self._take()
        self._bound.pop()
        self._times = times
        return self._gathered(name, size, given)

    def _gathered(self, name: Token, size: _Size, given: _Size) -> _Size:
        """What a macro gives: the library copies the list it gathers with each element that it adds."""
        if name.text not in ("map", "filter"):
            return _SCALAR
        one = given if name.text == "map" else size.element()
        made = _Size(size.count, 1 + size.count * one.cells, size.count * one.chars, one)
        self._charge(size.count * made.cells // 16, name.at)
        return self._grown(made, name.at)


def _pattern(token: Token, *, plain: bool) -> int:
    """Steps to compile a pattern, which the library does at each call; its matching is linear in the text."""
    if token.kind != "text" or not plain:
        raise TooCostly("The pattern of matches() must be one text in quotes.", token.at)
    raw = token.text[0] in "rR" or token.text[1] in "rR"
    if not raw and not _ESCAPES.fullmatch(token.text):
        raise TooCostly('Write each backslash of a pattern twice, or put an r before its quotes: r"\\d+".', token.at)
    if len(token.text) > LONGEST_PATTERN:
        raise TooCostly(f"A pattern has at most {LONGEST_PATTERN} characters.", token.at)
    price = next((price for sign, price in _PRICES if re.search(sign, token.text)), 1)
    return price * _signs(token.text)


def _signs(pattern: str) -> int:
    """How many signs the pattern has once its counted repetitions are written out."""
    counts = [max((int(end) for end in pair if end), default=1) for pair in _COUNTS.findall(pattern)]
    if not _REPEATED_AGAIN.search(pattern):
        return len(pattern) + sum(counts)
    product = len(pattern)
    for count in counts:
        product *= max(count, 1)
    return product
