"""Changing one list of a property list by one element, leaving every other byte as it was.

Munki's own tools write property lists through a library that drops comments and lays everything out anew; a change of
ours is to be one element also for whoever reads the difference. The edit is made on the text and then held against the
edit of the parsed value; where both differ (an unusual layout, a binary file), the whole is written anew, in the same
order.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from selfserve.connectors.munki.problems import RepositoryError
from selfserve.languages.messages import msg

Document = dict[str, Any]


def load(content: bytes, name: str) -> Document:
    """The property list as a dictionary in its own order; raises RepositoryError for anything else."""
    try:
        found = plistlib.loads(content)
    except (plistlib.InvalidFileException, expat.ExpatError, ValueError, OverflowError, AttributeError) as error:
        raise RepositoryError(
            msg("{name} is no readable property list ({error}).", name=name, error=str(error))
        ) from error
    if not isinstance(found, dict):
        raise RepositoryError(msg("{name} is a property list, but no dictionary.", name=name))
    return found


def insert(content: bytes, key: str, value: str, at: int | None, name: str) -> bytes:
    """`content` with `value` in the list `key` at index `at` (None: at the end); the list is made where there is
    none."""
    wanted = load(content, name)
    items = wanted.setdefault(key, [])
    _same_list(items, key, name)
    index = len(items) if at is None else min(at, len(items))
    items.insert(index, value)
    return _agreeing(content, wanted, lambda text, spots: _inserted(text, spots, value, index), key)


def remove(content: bytes, key: str, value: str, name: str, *, drop_empty: bool = False) -> bytes:
    """`content` without the first `value` in the list `key`; with `drop_empty` the list goes too where it is empty
    then."""
    wanted = load(content, name)
    index = wanted[key].index(value)
    del wanted[key][index]
    if drop_empty and not wanted[key]:
        del wanted[key]
        return _agreeing(content, wanted, _dropped, key)
    return _agreeing(content, wanted, lambda text, spots: _removed(text, spots, index), key)


@dataclass
class _Spots:
    """Byte positions in the text: of the list, its elements, its key, and the end of the top dictionary."""

    key: str
    key_start: int = -1
    start: int = -1
    end: int = -1
    closing: int = -1
    items: list[tuple[int, int]] = field(default_factory=list)
    dict_end: int = -1


class _Finder:
    """Walks the text with expat and notes where things are: `plist/dict/key` and the value behind it."""

    def __init__(self, text: bytes, key: str) -> None:
        self.spots, self._text = _Spots(key), text
        self._path: list[tuple[str, int]] = []
        self._name, self._armed, self._reading = "", False, False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._characters
        self._parser.Parse(text, True)

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        self._path.append((tag, self._parser.CurrentByteIndex))
        if len(self._path) == 3 and tag == "key":
            self._name = ""

    def _characters(self, data: str) -> None:
        if len(self._path) == 3 and self._path[2][0] == "key":
            self._name += data

    def _close(self, tag: str) -> None:
        start, at = self._path[-1][1], self._parser.CurrentByteIndex
        end = self._text.index(b">", at) + 1
        depth = len(self._path)
        self._path.pop()
        if depth == 2:
            self.spots.dict_end = at
        elif depth == 3 and tag == "key":
            self._armed = self._name == self.spots.key
            if self._armed:
                self.spots.key_start = start
        elif depth == 3:
            if self._armed and tag == "array":
                self.spots.start, self.spots.closing, self.spots.end = start, at, end
            self._armed = False
        elif depth == 4 and self._armed:
            self.spots.items.append((start, end))


def _agreeing(content: bytes, wanted: Document, edit: Callable[[bytes, _Spots], bytes], key: str) -> bytes:
    whole = plistlib.dumps(wanted, sort_keys=False)
    if not content.lstrip().startswith((b"<?xml", b"<!DOCTYPE", b"<plist")):
        return whole
    try:
        edited = edit(content, _Finder(content, key).spots)
        agrees = plistlib.dumps(plistlib.loads(edited), sort_keys=False) == whole
    except (expat.ExpatError, ValueError, IndexError, LookupError):
        return whole
    return edited if agrees else whole


def _inserted(text: bytes, spots: _Spots, value: str, index: int) -> bytes:
    element = f"<string>{escape(value)}</string>".encode()
    if spots.start < 0:
        around = _space_before(text, spots.dict_end)
        inner = _space_before(text, spots.key_start) if spots.key_start >= 0 else around + b"\t"
        made = b"%s<key>%s</key>%s<array>%s\t%s%s</array>" % (
            inner, escape(spots.key).encode(), inner, inner, element, inner,
        )  # fmt: skip
        at = spots.dict_end - len(around)
        return text[:at] + made + text[at:]
    around = _space_before(text, spots.start)
    if not spots.items:
        made = b"<array>%s\t%s%s</array>" % (around, element, around)
        return text[: spots.start] + made + text[spots.end :]
    if index == 0:
        at = spots.items[0][0]
        return text[:at] + element + _space_before(text, at) + text[at:]
    at = spots.items[index - 1][1]
    return text[:at] + _space_before(text, spots.items[index - 1][0]) + element + text[at:]


def _removed(text: bytes, spots: _Spots, index: int) -> bytes:
    start, end = spots.items[index]
    return text[: start - len(_space_before(text, start))] + text[end:]


def _dropped(text: bytes, spots: _Spots) -> bytes:
    start = spots.key_start - len(_space_before(text, spots.key_start))
    return text[:start] + text[spots.end :]


def _space_before(text: bytes, at: int) -> bytes:
    found = re.search(rb"\s*\Z", text[:at])
    return found[0] if found else b""


def _same_list(items: object, key: str, name: str) -> None:
    if not isinstance(items, list):
        raise RepositoryError(msg("{key} in {name} is no list.", key=key, name=name))
