"""Search filters (RFC 4511, section 4.5.1.7; all forms of RFC 4515) with their three truth values."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Protocol

from selfserve.demo.directory import names, schema, values
from selfserve.demo.directory.ber import Element, MalformedError

Truth = bool | None
"""None is Undefined: neither the filter nor its negation selects the entry."""


class Candidate(Protocol):
    """What a filter looks at."""

    def values(self, attribute: str) -> list[bytes]:
        """The values of an attribute in lower case, operational ones included; empty where absent."""

    def attribute_names(self) -> Iterable[str]:
        """Every attribute the entry has, in lower case."""

    def name(self) -> names.Name:
        """Its normalised name."""


Filter = Callable[[Candidate], Truth]


class TooDeepError(ValueError):
    """The filter nests deeper than any question needs."""


DEEPEST = 50
_AND, _OR, _NOT = 0xA0, 0xA1, 0xA2
_INITIAL, _FINAL = 0x80, 0x82
_IGNORE_CASE = {"caseignorematch", "2.5.13.2", "caseignoreia5match", "1.3.6.1.4.1.1466.109.114.2"}
_EXACT = {"caseexactmatch", "2.5.13.5", "octetstringmatch", "2.5.13.17"}
_NAME = {"distinguishednamematch", "2.5.13.1"}


def compile_filter(asked: Element, depth: int = 0) -> Filter:
    """A function that says whether an entry is selected. Raises TooDeepError and MalformedError."""
    if depth > DEEPEST:
        raise TooDeepError(f"the filter nests deeper than {DEEPEST} levels")
    if asked.tag in (_AND, _OR):
        return _junction([compile_filter(one, depth + 1) for one in asked.children()], stop=asked.tag == _OR)
    if asked.tag == _NOT:
        return _negation(compile_filter(asked.children(1)[0], depth + 1))
    simple = _SIMPLE.get(asked.tag)
    if simple is None:
        raise MalformedError("a filter is none of the ten there are")
    return simple(asked)


def _junction(parts: list[Filter], *, stop: bool) -> Filter:
    """`or` stops at the first True, `and` at the first False; Undefined wins over what is left."""

    def decide(entry: Candidate) -> Truth:
        undefined = False
        for part in parts:
            truth = part(entry)
            if truth is stop:
                return stop
            undefined = undefined or truth is None
        return None if undefined else not stop

    return decide


def _negation(part: Filter) -> Filter:
    def decide(entry: Candidate) -> Truth:
        truth = part(entry)
        return None if truth is None else not truth

    return decide


def _undefined(_: Candidate) -> Truth:
    return None


def _readable(attribute: str) -> bool:
    return schema.known(attribute) and attribute not in schema.SECRET


def _present(asked: Element) -> Filter:
    attribute = asked.text().lower()
    if not _readable(attribute):
        return _undefined
    return lambda entry: bool(entry.values(attribute))


def _assertion(asked: Element) -> tuple[str, bytes]:
    attribute, value = asked.children(2)[:2]
    return attribute.text().lower(), value.body


def _equality(asked: Element) -> Filter:
    attribute, assertion = _assertion(asked)
    if not _readable(attribute):
        return _undefined
    try:
        wanted = values.key(attribute, assertion)
    except values.NotOfSyntaxError:
        return _undefined
    return lambda entry: any(_key(attribute, value) == wanted for value in entry.values(attribute))


def _key(attribute: str, value: bytes) -> Hashable:
    try:
        return values.key(attribute, value)
    except values.NotOfSyntaxError:
        return None


def _ordering(asked: Element, *, at_least: bool) -> Filter:
    attribute, assertion = _assertion(asked)
    # Only times have an ordering rule here, as in OpenLDAP's schema of people and groups.
    if attribute not in schema.TIMES:
        return _undefined
    try:
        wanted = values.time_key(assertion)
    except values.NotOfSyntaxError:
        return _undefined

    def decide(entry: Candidate) -> Truth:
        found = (values.time_key(value) for value in entry.values(attribute))
        return any(one >= wanted if at_least else one <= wanted for one in found)

    return decide


def _substrings(asked: Element) -> Filter:
    name, parts = asked.children(2)[:2]
    attribute = name.text().lower()
    if not _readable(attribute) or attribute in schema.NAMES | schema.TIMES:
        return _undefined
    pieces = [(part.tag, part.body) for part in parts.children(1)]
    pattern = re.compile(_pattern(pieces), re.DOTALL)

    def decide(entry: Candidate) -> Truth:
        texts = (values.substring_text(value) for value in entry.values(attribute))
        return any(text is not None and pattern.fullmatch(text) is not None for text in texts)

    return decide


def _pattern(pieces: list[tuple[int, bytes]]) -> str:
    """A regular expression for the pieces; atomic groups keep hostile filters from making it slow."""
    out = ""
    for place, piece in pieces:
        literal = re.escape(_piece(piece))
        out += literal if place == _INITIAL else f".*{literal}" if place == _FINAL else f"(?>.*?{literal})"
    return out if pieces[-1][0] == _FINAL else out + ".*"


def _piece(piece: bytes) -> str:
    text = piece.decode("utf-8", "replace")
    inner = names.prepare(text)
    before, after = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() else "")
    return f"{before}{inner}{after}" if inner else before


def _extensible(asked: Element) -> Filter:
    parts = {part.tag: part for part in asked.children(1)}
    attribute = parts[0x82].text().lower() if 0x82 in parts else ""
    rule = parts[0x81].text().lower() if 0x81 in parts else ""
    in_name = 0x84 in parts and parts[0x84].truth()
    if 0x83 not in parts:
        raise MalformedError("an extensible filter has no value")
    test = _rule(rule, attribute, parts[0x83].body)
    if test is None or (attribute and not _readable(attribute)):
        return _undefined

    def decide(entry: Candidate) -> Truth:
        searched = [attribute] if attribute else [name for name in entry.attribute_names() if _readable(name)]
        if any(test(name, value) for name in searched for value in entry.values(name)):
            return True
        pairs = [pair for rdn in entry.name() for pair in rdn] if in_name else []
        return any(test(name, value.encode()) for name, value in pairs if not attribute or name == attribute)

    return decide


def _rule(rule: str, attribute: str, assertion: bytes) -> Callable[[str, bytes], bool] | None:
    if not rule:
        return (lambda name, value: values.same(name, value, assertion)) if attribute else None
    if rule in _EXACT:
        return lambda _, value: value == assertion
    if rule in _IGNORE_CASE:
        return lambda _, value: values.same("cn", value, assertion)
    if rule in _NAME:
        return lambda _, value: values.same("member", value, assertion)
    return None


_SIMPLE: dict[int, Callable[[Element], Filter]] = {
    0xA3: _equality,
    0xA4: _substrings,
    0xA5: partial(_ordering, at_least=True),
    0xA6: partial(_ordering, at_least=False),
    0x87: _present,
    0xA8: _equality,
    0xA9: _extensible,
}
"""By tag; approximate (0xA8) is taken as equal, which RFC 4511 leaves to the server."""
