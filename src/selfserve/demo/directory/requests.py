"""What a client asks for, read from BER into typed requests (RFC 4511, sections 4.2 to 4.12).

ldap3's ASN.1 cannot read nested filters, so these few shapes are read here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from selfserve.demo.directory.ber import Element, MalformedError


@dataclass(frozen=True, slots=True)
class Bind:
    """`password` is None for anything but a simple bind."""

    version: int
    name: str
    password: bytes | None


@dataclass(frozen=True, slots=True)
class Unbind:
    """The client says goodbye; no answer."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """The client no longer waits for something; no answer."""


@dataclass(frozen=True, slots=True)
class Search:
    """`condition` is the filter, not looked into yet; `size_limit` 0 is none; no `attributes` are all."""

    base: str
    scope: int
    size_limit: int
    types_only: bool
    condition: Element
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Does the entry have this value?"""

    entry: str
    attribute: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Add:
    """A new entry: (attribute, values), in the client's order."""

    entry: str
    attributes: tuple[tuple[str, list[bytes]], ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """One entry to remove."""

    entry: str


@dataclass(frozen=True, slots=True)
class Modify:
    """(kind, attribute, values) in order; the kinds are those of RFC 4511, section 4.6."""

    entry: str
    changes: tuple[tuple[int, str, list[bytes]], ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """One entry to get another name."""

    entry: str


@dataclass(frozen=True, slots=True)
class Extended:
    """An operation by its object identifier; `value` is empty where there was none."""

    oid: str
    value: bytes


Request = Bind | Unbind | Abandon | Search | Compare | Add | Delete | Modify | Rename | Extended


def read_request(element: Element) -> Request:
    """The typed request. Raises MalformedError, for answers too: a client does not send them."""
    reader = _READERS.get(element.tag)
    if reader is None:
        raise MalformedError("a message is none that a client sends")
    return reader(element)


def _bind(element: Element) -> Bind:
    version, name, authentication = element.children(3)[:3]
    simple = authentication.tag == 0x80
    return Bind(version.number(), name.text(), authentication.body if simple else None)


def _search(element: Element) -> Search:
    base, scope, _, size, _, types, condition, attributes = element.children(8)[:8]
    if scope.number() not in (0, 1, 2):
        raise MalformedError("the scope of a search is none of the three there are")
    names = tuple(one.text() for one in attributes.children())
    return Search(base.text(), scope.number(), size.number(), types.truth(), condition, names)


def _compare(element: Element) -> Compare:
    entry, assertion = element.children(2)[:2]
    attribute, value = assertion.children(2)[:2]
    return Compare(entry.text(), attribute.text(), value.body)


def _add(element: Element) -> Add:
    entry, attributes = element.children(2)[:2]
    return Add(entry.text(), tuple(_attribute(one) for one in attributes.children()))


def _modify(element: Element) -> Modify:
    entry, changes = element.children(2)[:2]
    pairs = [one.children(2)[:2] for one in changes.children()]
    return Modify(entry.text(), tuple((kind.number(), *_attribute(change)) for kind, change in pairs))


def _attribute(element: Element) -> tuple[str, list[bytes]]:
    name, values = element.children(2)[:2]
    return name.text(), [one.body for one in values.children()]


def _extended(element: Element) -> Extended:
    parts = {one.tag: one for one in element.children(1)}
    if 0x80 not in parts:
        raise MalformedError("an extended request does not name its operation")
    return Extended(parts[0x80].text(), parts[0x81].body if 0x81 in parts else b"")


_READERS: dict[int, Callable[[Element], Request]] = {
    0x60: _bind,
    0x42: lambda _: Unbind(),
    0x50: lambda _: Abandon(),
    0x63: _search,
    0x66: _modify,
    0x68: _add,
    0x4A: lambda element: Delete(element.text()),
    0x6C: lambda element: Rename(element.children(1)[0].text()),
    0x6E: _compare,
    0x77: _extended,
}
