"""Distinguished names: their string form (RFC 4514) read into a form in which equal names are equal."""

from __future__ import annotations

import re
import unicodedata

Rdn = tuple[tuple[str, str], ...]
Name = tuple[Rdn, ...]
"""Most specific part first; each part is its sorted (type, prepared value) pairs."""

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+")
_SAME_TYPE = {
    "userid": "uid", "commonname": "cn", "surname": "sn", "domaincomponent": "dc", "organizationalunitname": "ou",
    "organizationname": "o", "0.9.2342.19200300.100.1.1": "uid", "2.5.4.3": "cn", "2.5.4.4": "sn",
    "0.9.2342.19200300.100.1.25": "dc", "2.5.4.11": "ou", "2.5.4.10": "o",
}  # fmt: skip
_MUST_BE_ESCAPED = frozenset('"<>\0')
_HEX = frozenset("0123456789abcdefABCDEF")


class InvalidNameError(ValueError):
    """The text is no distinguished name."""


def parse(text: str) -> Name:
    """The name in normal form, () for the empty one. Raises InvalidNameError."""
    if not text.strip(" "):
        return ()
    return tuple(_rdn(part) for part in _split(text, ",;"))


def first_values(text: str) -> list[tuple[str, str]]:
    """The (type, value) pairs of the most specific part as written, unescaped."""
    return [_pair(part) for part in _split(_split(text, ",;")[0], "+")]


def prepare(text: str) -> str:
    """Text as caseIgnoreMatch compares it: NFKC, folded case, outer spaces gone, inner ones single (RFC 4518)."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _rdn(part: str) -> Rdn:
    pairs = [_pair(one) for one in _split(part, "+")]
    return tuple(sorted((_same_type(name), prepare(value)) for name, value in pairs))


def _same_type(name: str) -> str:
    return _SAME_TYPE.get(name.lower(), name.lower())


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    name = name.strip(" ")
    if not equals or not _TYPE.fullmatch(name) or not value.strip(" "):
        raise InvalidNameError("a part of the name is not of the form type=value")
    return name, _value(value.lstrip(" "))


def _split(text: str, at: str) -> list[str]:
    parts, start, index = [], 0, 0
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] in at:
            parts.append(text[start:index])
            start = index + 1
        index += 1
    return [*parts, text[start:]]


def _value(text: str) -> str:
    if text.startswith("#"):
        return _hex_value(text[1:].rstrip(" "))
    out, index, kept = bytearray(), 0, 0
    while index < len(text):
        if text[index] == "\\":
            piece, width = _escaped(text, index + 1)
            out += piece
            index += width + 1
            kept = len(out)
            continue
        if text[index] in _MUST_BE_ESCAPED:
            raise InvalidNameError("a sign that must be escaped stands bare in the name")
        out += text[index].encode()
        index += 1
        kept = kept if text[index - 1] == " " else len(out)
    return _decoded(bytes(out[:kept]))


def _escaped(text: str, index: int) -> tuple[bytes, int]:
    """The bytes a backslash at `index - 1` stands for, and how many characters after it they took."""
    pair = text[index : index + 2]
    if len(pair) == 2 and set(pair) <= _HEX:
        return bytes.fromhex(pair), 2
    if pair[:1] and pair[0] in ' "#+,;<=>\\':
        return pair[0].encode(), 1
    raise InvalidNameError("a backslash in the name escapes nothing")


def _hex_value(text: str) -> str:
    """`#` and the BER of a short string, as RFC 4514 allows for any value."""
    try:
        ber = bytes.fromhex(text)
    except ValueError:
        ber = b""
    if len(ber) < 2 or ber[1] > 127 or len(ber) != ber[1] + 2:
        raise InvalidNameError("a value after # is not the hexadecimal form of one short string")
    return _decoded(ber[2:])


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidNameError("a value of the name is not UTF-8") from None
