"""The three requests of the straight way as bytes (RFC 4511): search, compare, modify.

ldap3 builds each request as a tree of ASN.1 objects, encodes it, and decodes it again for its own records; that was a
sixth of the processor's time of a whole request. What is not written here goes ldap3's way; a test compares byte by
byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

SEQUENCE, SET, OCTETS, INTEGER, BOOLEAN, ENUMERATED = 0x30, 0x31, 0x04, 0x02, 0x01, 0x0A
SEARCH, MODIFY, COMPARE = 0x63, 0x66, 0x6E
AND, OR, NOT, EQUAL, PRESENT = 0xA0, 0xA1, 0xA2, 0xA3, 0x87
CONTROLS = 0xA0
ASSERTION = "1.3.6.1.1.12"
"""OID of the assertion control (RFC 4528)."""
SCOPES = {"BASE": 0, "LEVEL": 1, "SUBTREE": 2}
OPERATIONS = {"MODIFY_ADD": 0, "MODIFY_DELETE": 1, "MODIFY_REPLACE": 2}
_ALWAYS, _NO_LIMIT = 3, 0
_LIST = {"&": AND, "|": OR}
_SIMPLE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)=(\*|(?:[^()*\\\0]|\\[0-9A-Fa-f]{2})*)")
"""An attribute that has this value, or any. Anything richer is ldap3's."""
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")


def message(number: int, operation: bytes, controls: bytes = b"") -> bytes:
    """An LDAPMessage (section 4.1.1), with controls as `lacking` makes them."""
    return _of(SEQUENCE, _integer(INTEGER, number) + operation + controls)


def lacking(attribute: str) -> bytes:
    """The controls by which an operation is only done where the entry has no such attribute (RFC 4528). Not critical: a
    server that does not know them ignores them."""
    absent = _of(NOT, _of(PRESENT, attribute.encode()))
    return _of(CONTROLS, _of(SEQUENCE, _text(ASSERTION) + _of(OCTETS, absent)))


def compare(dn: str, attribute: str, value: bytes) -> bytes:
    """A CompareRequest (section 4.10)."""
    return _of(COMPARE, _text(dn) + _of(SEQUENCE, _text(attribute) + _of(OCTETS, value)))


def modify(dn: str, changes: Sequence[tuple[str, str, Sequence[bytes]]]) -> bytes:
    """A ModifyRequest (section 4.6); a change is an operation as ldap3 calls it, an attribute, and values."""
    return _of(MODIFY, _text(dn) + _of(SEQUENCE, b"".join(_change(*change) for change in changes)))


def _change(operation: str, attribute: str, values: Sequence[bytes]) -> bytes:
    held = _text(attribute) + _of(SET, b"".join(_of(OCTETS, value) for value in values))
    return _of(SEQUENCE, _integer(ENUMERATED, OPERATIONS[operation]) + _of(SEQUENCE, held))


def search(base: str, where: str, attributes: Sequence[str], scope: str) -> bytes | None:
    """A SearchRequest without limits that follows aliases (section 4.5.1); None for a filter that is not written
    here."""
    fits = _filter(where)
    if fits is None:
        return None
    return _of(SEARCH, _text(base) + _how(scope) + fits + _wanted(tuple(attributes)))


@lru_cache(maxsize=8)
def _how(scope: str) -> bytes:
    aliases, limit = _integer(ENUMERATED, _ALWAYS), _integer(INTEGER, _NO_LIMIT)
    return _integer(ENUMERATED, SCOPES[scope]) + aliases + limit + limit + _of(BOOLEAN, b"\0")


@lru_cache(maxsize=64)
def _wanted(attributes: tuple[str, ...]) -> bytes:
    return _of(SEQUENCE, b"".join(map(_text, attributes)))


def _filter(where: str) -> bytes | None:
    """The text of a filter (RFC 4515) as bytes, None where it is malformed or richer than `_SIMPLE` and lists of it."""
    try:
        fits, end = _part(where, 0)
    except ValueError:
        return None
    return fits if end == len(where) else None


def _part(where: str, at: int) -> tuple[bytes, int]:
    """The filter in parentheses at a place, and where it ends; ValueError where there is none that is known."""
    if where[at : at + 1] != "(":
        raise ValueError(where)
    kind = where[at + 1 : at + 2]
    if kind in _LIST:
        parts, at = [], at + 2
        while where[at : at + 1] == "(":
            part, at = _part(where, at)
            parts.append(part)
        if not parts:
            raise ValueError(where)
        return _of(_LIST[kind], b"".join(parts)), _closed(where, at)
    if kind == "!":
        part, at = _part(where, at + 2)
        return _of(NOT, part), _closed(where, at)
    found = _SIMPLE.match(where, at + 1)
    if found is None:
        raise ValueError(where)
    attribute, value = found.groups()
    if value == "*":
        return _of(PRESENT, attribute.encode()), _closed(where, found.end())
    return _of(EQUAL, _text(attribute) + _of(OCTETS, _value(value))), _closed(where, found.end())


def _closed(where: str, at: int) -> int:
    if where[at : at + 1] != ")":
        raise ValueError(where)
    return at + 1


def _value(escaped: str) -> bytes:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), escaped.encode())


def _text(words: str) -> bytes:
    return _of(OCTETS, words.encode())


def _integer(tag: int, number: int) -> bytes:
    """A number that is not negative, in as few octets as it takes, the first bit for the sign."""
    return _of(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _of(tag: int, content: bytes) -> bytes:
    """Tag, definite length (X.690, 8.1.3), content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content
