"""LDAP messages: cut out of a stream and read, answers written (RFC 4511, section 4.1)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from selfserve.demo.directory import ber
from selfserve.demo.directory.ber import Element, MalformedError
from selfserve.demo.directory.requests import (
    Add,
    Bind,
    Compare,
    Delete,
    Extended,
    Modify,
    Rename,
    Request,
    Search,
    read_request,
)
from selfserve.demo.directory.results import Code

LONGEST = 1 << 20
"""The longest message taken in, in bytes; the demo's longest is far shorter."""

_ANSWER_TAGS: dict[type, int] = {
    Bind: 0x61, Search: 0x65, Modify: 0x67, Add: 0x69, Delete: 0x6B, Rename: 0x6D, Compare: 0x6F, Extended: 0x78
}  # fmt: skip
_DISCONNECTION = "1.3.6.1.4.1.1466.20036"


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a request; `critical` forbids to ignore it."""

    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A request with its number and its controls by object identifier."""

    id: int
    request: Request
    controls: dict[str, Control]


async def read_message(reader: asyncio.StreamReader) -> Message:
    """The next message. Raises MalformedError, and asyncio.IncompleteReadError at the end of the stream."""
    head = await reader.readexactly(2)
    if head[0] != 0x30:
        raise MalformedError("a message does not start with a sequence")
    length = head[1]
    if length & 0x80:
        width = length & 0x7F
        if not 0 < width <= 4:
            raise MalformedError("the length of a message is indefinite or beyond reason")
        more = await reader.readexactly(width)
        head, length = head + more, int.from_bytes(more, "big")
    if length > LONGEST:
        raise MalformedError(f"a message is longer than {LONGEST} bytes")
    return decode(head + await reader.readexactly(length))


def decode(raw: bytes) -> Message:
    """One whole message. Raises MalformedError."""
    envelope, _ = ber.read(raw)
    number, operation, *rest = envelope.children(2)
    controls = rest[0].children() if rest and rest[0].tag == 0xA0 else []
    return Message(number.number(), read_request(operation), dict(_control(one) for one in controls))


def _control(element: Element) -> tuple[str, Control]:
    oid, *rest = element.children(1)
    critical = any(one.tag == 0x01 and one.truth() for one in rest)
    return oid.text(), Control(critical, b"".join(one.body for one in rest if one.tag == 0x04))


def encode_entry(message: int, dn: str, attributes: dict[str, list[bytes]]) -> bytes:
    """One found entry (section 4.5.2)."""
    listed = [
        ber.sequence(ber.octets(name), ber.tlv(0x31, *map(ber.octets, values))) for name, values in attributes.items()
    ]
    return ber.sequence(ber.integer(message), ber.tlv(0x64, ber.octets(dn), ber.sequence(*listed)))


def encode_result(
    message: Message, code: Code, text: str = "", matched: str = "", *, value: bytes | None = None,
    controls: dict[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    """The end of an operation; `value` is the response value of an extended one."""
    body = [ber.integer(code, 0x0A), ber.octets(matched), ber.octets(text)]
    if value is not None:
        body.append(ber.tlv(0x8B, value))
    listed = [ber.sequence(ber.octets(oid), ber.octets(one)) for oid, one in (controls or {}).items()]
    tail = [ber.tlv(0xA0, *listed)] if listed else []
    return ber.sequence(ber.integer(message.id), ber.tlv(_ANSWER_TAGS[type(message.request)], *body), *tail)


def encode_disconnection(text: str) -> bytes:
    """The notice that the connection ends because of the client's error (section 4.4.1)."""
    name = ber.tlv(0x8A, _DISCONNECTION.encode())
    body = ber.tlv(0x78, ber.integer(Code.PROTOCOL_ERROR, 0x0A), ber.octets(""), ber.octets(text), name)
    return ber.sequence(ber.integer(0), body)
