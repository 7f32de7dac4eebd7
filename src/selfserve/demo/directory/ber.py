"""The BER that LDAP uses (RFC 4511, section 5.1; X.690): definite lengths, tags of one byte."""

from __future__ import annotations

from dataclasses import dataclass


class MalformedError(ValueError):
    """The bytes are not what they should be; nothing after them can be trusted either."""


@dataclass(frozen=True, slots=True)
class Element:
    """One decoded element: its tag byte and its contents, not yet looked into."""

    tag: int
    body: bytes

    def children(self, at_least: int = 0) -> list[Element]:
        """The elements inside. Raises MalformedError where they do not fill it, or are fewer than `at_least`."""
        found, left = [], self.body
        while left:
            element, left = read(left)
            found.append(element)
        if len(found) < at_least:
            raise MalformedError("an element lacks some of its parts")
        return found

    def text(self) -> str:
        """Its contents as UTF-8. Raises MalformedError."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise MalformedError("text in a request is not UTF-8") from None

    def number(self) -> int:
        """Its contents as a whole number. Raises MalformedError."""
        if not 0 < len(self.body) <= 8:
            raise MalformedError("a number in a request is empty or beyond reason")
        return int.from_bytes(self.body, "big", signed=True)

    def truth(self) -> bool:
        """Its contents as a boolean. Raises MalformedError."""
        if len(self.body) != 1:
            raise MalformedError("a boolean in a request is not one byte long")
        return self.body != b"\0"


def read(data: bytes) -> tuple[Element, bytes]:
    """The first element and what follows it. Raises MalformedError."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise MalformedError("an element is cut off or has a tag that LDAP does not use")
    start, length = 2, data[1]
    if length & 0x80:
        width = length & 0x7F
        start += width
        if not 0 < width <= 4 or len(data) < start:
            raise MalformedError("a length is indefinite, beyond reason or cut off")
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise MalformedError("an element is longer than what holds it")
    return Element(data[0], data[start : start + length]), data[start + length :]


def tlv(tag: int, *contents: bytes) -> bytes:
    """One element: its tag, its definite length, its contents."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*contents: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(0x30, *contents)


def octets(value: bytes | str) -> bytes:
    """An OCTET STRING; text as UTF-8."""
    return tlv(0x04, value.encode() if isinstance(value, str) else value)


def integer(value: int, tag: int = 0x02) -> bytes:
    """An INTEGER that is not negative, or by `tag` an ENUMERATED (0x0A)."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
