"""A YAML file as plain data, with the line and column of every key and value.

Built from the parser's events alone: nothing is constructed, no tag is honoured, no alias followed, so a file can only
ever become texts, numbers, booleans, nulls, lists and mappings (YAML 1.2, core schema, section 10.3.2).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from selfserve.catalog.problems import Mark
from selfserve.catalog.templates import Place

LARGEST: Final = 64 * 1024
"""Bytes in one file."""
_DEEPEST: Final = 20
_MOST: Final = 20_000

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_EXPONENT: Final = "[eE][-+]?[0-9]{1,3}"
_FLOAT: Final = re.compile(rf"[-+]?((\.[0-9]+|[0-9]+\.[0-9]*)({_EXPONENT})?|[0-9]+{_EXPONENT})", re.ASCII)


class DocumentBroken(Exception):  # noqa: N818 - the word of this room: broken files keep the last good version
    """The text is no YAML that a catalog file may hold; `mark` is where."""

    def __init__(self, mark: Mark, sentence: str) -> None:
        super().__init__(sentence)
        self.mark, self.sentence = mark, sentence


@dataclass(frozen=True, slots=True)
class Document:
    """`data`, and where each place of it stands: `keys` for the key, `values` for what follows it."""

    data: Any
    keys: dict[Place, Mark]
    values: dict[Place, Mark]
    texts: dict[Place, Mark]
    """Where the first character of each text stands, behind its quote; for a block, on the line below."""

    def key_at(self, place: Place) -> Mark:
        """Where the key of `place` stands; for a list entry or what is not there, the nearest thing above."""
        while place and place not in self.keys and place not in self.values:
            place = place[:-1]
        return self.keys.get(place) or self.values.get(place) or Mark(1, 1)

    def value_at(self, place: Place) -> Mark:
        """Where the value of `place` stands, else the nearest thing above it."""
        while place and place not in self.values:
            place = place[:-1]
        return self.values.get(place) or Mark(1, 1)

    def within(self, place: Place, line: int, column: int) -> Mark:
        """Where the character at `line` and `column` (from 1) of the text at `place` stands."""
        start = self.texts.get(place)
        if start is None:
            return self.value_at(place)
        return Mark(start.line + line - 1, start.column + column - 1)


def read_document(text: str) -> Document:
    """`text` as data with positions; DocumentBroken with the first thing that is wrong."""
    builder = _Builder(text.splitlines())
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
        raise DocumentBroken(at, f"This is not YAML: {error.problem or error.context}.") from error
    except YAMLError as error:
        raise DocumentBroken(
            _reader_mark(text, error), "This file holds a character that YAML does not allow."
        ) from error
    except (ValueError, IndexError, OverflowError) as error:
        raise DocumentBroken(Mark(1, 1), "This is not YAML.") from error
    return builder.document()


def _reader_mark(text: str, error: YAMLError) -> Mark:
    at = getattr(error, "position", 0)
    before = text[:at]
    return Mark(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)


@dataclass(slots=True)
class _Open:
    """A list or mapping that is not closed yet; `key` is the mapping's key that waits for its value."""

    value: list[Any] | dict[str, Any]
    place: Place
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    lines: list[str]
    keys: dict[Place, Mark] = field(default_factory=dict)
    values: dict[Place, Mark] = field(default_factory=dict)
    texts: dict[Place, Mark] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    data: Any = None
    documents: int = 0
    count: int = 0

    def document(self) -> Document:
        if not self.documents:
            raise DocumentBroken(Mark(1, 1), "The file is empty.")
        return Document(self.data, self.keys, self.values, self.texts)

    def take(self, event: Event) -> None:
        self.count += 1
        _refuse(event, self)
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.stack.pop()
        elif isinstance(event, ScalarEvent):
            self._scalar(event)

    def _open(self, event: Event) -> None:
        mark = _mark(event)
        value: list[Any] | dict[str, Any] = {} if isinstance(event, MappingStartEvent) else []
        if self._waits_for_key():
            raise DocumentBroken(mark, "A key is a plain text, not a list or mapping.")
        self.stack.append(_Open(value, self._put(value, mark)))

    def _scalar(self, event: ScalarEvent) -> None:
        mark = _mark(event)
        if self._waits_for_key():
            self._key(_text(event, mark), mark)
        else:
            self.texts[self._put(_plain(event, mark), mark)] = self._first_character(event, mark)

    def _first_character(self, event: ScalarEvent, mark: Mark) -> Mark:
        if event.style in ("|", ">"):
            below = self.lines[mark.line] if mark.line < len(self.lines) else ""
            return Mark(mark.line + 1, len(below) - len(below.lstrip()) + 1)
        return Mark(mark.line, mark.column + (1 if event.style else 0))

    def _waits_for_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _key(self, name: str, mark: Mark) -> None:
        top = self.stack[-1]
        place = (*top.place, name)
        if name == "<<":
            raise DocumentBroken(mark, "Merge keys (`<<`) are not allowed; write the keys out.")
        if place in self.keys:
            raise DocumentBroken(mark, f'"{name}" stands here twice; first in line {self.keys[place].line}.')
        self.keys[place] = mark
        top.key = name

    def _put(self, value: Any, mark: Mark) -> Place:
        """Hand `value` to the open list or mapping, and say its place."""
        if not self.stack:
            self.data, self.values[()] = value, mark
            return ()
        top = self.stack[-1]
        if isinstance(top.value, dict):
            assert top.key is not None
            place, top.value[top.key], top.key = (*top.place, top.key), value, None
        else:
            place = (*top.place, len(top.value))
            top.value.append(value)
        self.values[place] = mark
        return place


def _refuse(event: Event, builder: _Builder) -> None:
    """Stop at what a catalog file has no need of and an attacker has."""
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
        raise DocumentBroken(_mark(event), "Anchors and aliases (`&`, `*`) are not allowed; write the value out.")
    if getattr(event, "tag", None):
        raise DocumentBroken(_mark(event), "Tags (`!…`) are not allowed; nothing in a catalog file is executed.")
    if isinstance(event, DocumentStartEvent) and builder.documents:
        raise DocumentBroken(_mark(event), "A catalog file holds one document; remove the second `---`.")
    if len(builder.stack) >= _DEEPEST:
        raise DocumentBroken(_mark(event), f"This is nested more than {_DEEPEST} levels deep.")
    if builder.count > _MOST:
        raise DocumentBroken(_mark(event), "This file holds too many values.")


def _mark(event: Event) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1)


def _text(event: ScalarEvent, mark: Mark) -> str:
    """The event's text; a character that was escaped as two halves, as JSON does, is one again."""
    try:
        return str(event.value).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise DocumentBroken(mark, "This holds half a character; write the character itself.") from error


def _plain(event: ScalarEvent, mark: Mark) -> Any:
    """The value of a scalar by the core schema; what is quoted or in a block is text."""
    text = _text(event, mark)
    if event.style:
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text
