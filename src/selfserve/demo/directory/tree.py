"""The entries of the directory and where they hang."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from selfserve.demo.directory import names, schema
from selfserve.demo.directory.names import Name
from selfserve.demo.directory.results import Code, Refusal

Values = dict[str, tuple[str, list[bytes]]]
"""Lower-case attribute name -> (the name as written, its values)."""


class Scope(IntEnum):
    """How deep a search goes (RFC 4511, section 4.5.1.2)."""

    BASE = 0
    LEVEL = 1
    SUBTREE = 2


@dataclass(slots=True)
class Entry:
    """One entry: its name as written, its normalised key, its stored attributes."""

    dn: str
    key: Name
    attributes: Values = field(default_factory=dict)

    def get(self, attribute: str) -> list[bytes]:
        """The stored values of an attribute in lower case, empty where absent."""
        return self.attributes.get(attribute, ("", []))[1]

    def put(self, name: str, values: list[bytes]) -> None:
        """Replace the values of an attribute; none removes it."""
        if values:
            self.attributes[name.lower()] = (name, values)
        else:
            self.attributes.pop(name.lower(), None)

    def classes(self) -> list[str]:
        """Its object classes and all they derive from, in lower case."""
        return schema.with_superiors([value.decode("utf-8", "replace").lower() for value in self.get("objectclass")])


def name_of(dn: str) -> Name:
    """The normalised name. Raises Refusal with invalidDNSyntax."""
    try:
        return names.parse(dn)
    except names.InvalidNameError:
        raise Refusal(Code.INVALID_DN_SYNTAX, "invalid DN") from None


def generalized(instant: datetime) -> bytes:
    """An aware instant as GeneralizedTime in whole seconds of UTC."""
    return instant.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()


class Tree:
    """All entries by normalised name. Not locked: the server lets one operation in at a time."""

    def __init__(self, suffix: str, now: Callable[[], datetime], new_id: Callable[[], uuid.UUID] = uuid.uuid4) -> None:
        """An empty tree below `suffix`."""
        self.suffix, self.now, self._new_id = name_of(suffix), now, new_id
        self.suffix_dn = suffix
        self._entries: dict[Name, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Entries, parents before children."""
        return iter(list(self._entries.values()))

    def find(self, key: Name) -> Entry | None:
        """The entry of a normalised name, None where there is none."""
        return self._entries.get(key)

    def entry(self, dn: str) -> Entry:
        """The entry of a name. Raises Refusal with noSuchObject and the deepest parent that exists."""
        key = name_of(dn)
        found = self._entries.get(key)
        if found is None:
            raise Refusal(Code.NO_SUCH_OBJECT, matched=self._deepest(key))
        return found

    def insert(self, entry: Entry, by: str) -> None:
        """Hang a new entry below its parent and stamp it. Raises Refusal: no parent, or there already."""
        if entry.key in self._entries:
            raise Refusal(Code.ENTRY_ALREADY_EXISTS)
        if entry.key != self.suffix and entry.key[1:] not in self._entries:
            raise Refusal(Code.NO_SUCH_OBJECT, matched=self._deepest(entry.key))
        stamp = generalized(self.now())
        entry.put("entryUUID", [str(self._new_id()).encode()])
        entry.put("createTimestamp", [stamp])
        entry.put("creatorsName", [by.encode()])
        self._entries[entry.key] = entry
        self.touch(entry, by)

    def restore(self, entry: Entry) -> None:
        """Put back an entry as it was stored, stamps included."""
        self._entries[entry.key] = entry

    def remove(self, entry: Entry) -> None:
        """Take a leaf away. Raises Refusal where entries hang below it."""
        if self.has_children(entry):
            raise Refusal(Code.NOT_ALLOWED_ON_NON_LEAF, "subordinate objects must be deleted first")
        del self._entries[entry.key]

    def touch(self, entry: Entry, by: str) -> None:
        """Note who changed the entry and when."""
        entry.put("modifyTimestamp", [generalized(self.now())])
        entry.put("modifiersName", [by.encode()])

    def has_children(self, entry: Entry) -> bool:
        """True where another entry hangs directly below."""
        return any(key[1:] == entry.key for key in self._entries if key)

    def within(self, base: Entry, scope: Scope) -> Iterator[Entry]:
        """The entries a search from `base` looks at."""
        if scope is Scope.BASE:
            return iter([base])
        depth = len(base.key)
        below = (one for one in self if len(one.key) >= depth and one.key[len(one.key) - depth :] == base.key)
        return below if scope is Scope.SUBTREE else (one for one in below if len(one.key) == depth + 1)

    def groups_of(self, entry: Entry) -> list[str]:
        """The DNs of the groups that name the entry as `member`."""
        return [one.dn for one in self if entry.key in self.members(one)]

    def members(self, group: Entry) -> list[Name]:
        """The normalised names in a group's `member`."""
        return [name_of(value.decode("utf-8", "replace")) for value in group.get("member")]

    def _deepest(self, key: Name) -> str:
        while key:
            key = key[1:]
            if key in self._entries:
                return self._entries[key].dn
        return ""
