"""Names in a directory: the one place where filters and DNs are escaped, compared and taken apart (RFC 4514, 4515,
4518)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

Ava = tuple[str, str]
Dn = tuple[tuple[Ava, ...], ...]

_PIECE = re.compile(r"((?:\\.|[^\\,+])*)([,+]|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+")
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'([\\,+"<>;=])')
_FILTER_ESCAPES = {"\\": r"\5c", "*": r"\2a", "(": r"\28", ")": r"\29", "\x00": r"\00"}
_LONG_NAMES = {
    "commonname": "cn", "surname": "sn", "userid": "uid", "domaincomponent": "dc", "organizationname": "o",
    "organizationalunitname": "ou", "countryname": "c", "localityname": "l",
}  # fmt: skip


class DnError(ValueError):
    """The text is no distinguished name; the message is one sentence."""


def escape_filter(value: str) -> str:
    """`value` as an assertion value inside a filter, every special character as two hex digits (RFC 4515, section
    3)."""
    return "".join(_FILTER_ESCAPES.get(sign, sign) for sign in value)


def escape_value(value: str) -> str:
    """`value` as an attribute value inside a DN (RFC 4514, section 2.4)."""
    text = _SPECIAL.sub(r"\\\1", value).replace("\x00", r"\00")
    if text[:1] in ("#", " "):
        text = "\\" + text
    if len(value) > 1 and value.endswith(" "):
        text = text[:-1] + r"\ "
    return text


@lru_cache(maxsize=8192)
def parse(dn: str) -> Dn:
    """The RDNs of `dn`, leaf first, each a tuple of (attribute in lower case, unescaped value).

    Raises DnError for anything that is no DN; the empty DN has no RDNs.
    """
    if not dn.strip():
        return ()
    rdns: list[tuple[Ava, ...]] = []
    pending: list[Ava] = []
    at = 0
    while True:
        piece = _PIECE.match(dn, at)
        if piece is None:
            raise DnError(f"{dn!r} is no distinguished name: a backslash stands at its end.")
        pending.append(_ava(piece[1], dn))
        at = piece.end()
        if piece[2] != "+":
            rdns.append(tuple(pending))
            pending = []
        if not piece[2]:
            return tuple(rdns)


@lru_cache(maxsize=8192)
def normal(dn: str) -> str:
    """One spelling for all spellings of a DN: case, spaces, escapes and Unicode form no longer matter.

    Values are compared as `caseIgnoreMatch` does after string preparation (RFC 4518), which holds for the naming
    attributes of people and groups. Raises DnError.
    """
    return ",".join("+".join(f"{name}={escape_value(fold(value))}" for name, value in sorted(rdn)) for rdn in parse(dn))


def same(one: str, other: str) -> bool:
    """True where both texts name the same entry; False also where one of them is no DN."""
    try:
        return normal(one) == normal(other)
    except DnError:
        return False


def within(dn: str, base: str) -> bool:
    """True where `dn` is `base` or an entry below it; False where `dn` is no DN at all."""
    try:
        child, parent = parse(normal(dn)), parse(normal(base))
    except DnError:
        return False
    return len(child) >= len(parent) and child[len(child) - len(parent) :] == parent


def is_dn(text: str) -> bool:
    """True where `text` reads as a DN with at least two RDNs; a login or mail address does not."""
    try:
        return len(parse(text)) > 1
    except DnError:
        return False


def leaf(dn: str) -> str:
    """The value of the first RDN, unescaped: `vpn` of `cn=vpn,ou=groups,dc=example`."""
    return parse(dn)[0][0][1]


def fold(value: str) -> str:
    """A value as directories compare it: compatibility form, no case, single inner spaces, no outer ones."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    return " ".join(folded.split())


def _ava(text: str, dn: str) -> Ava:
    name, equals, raw = text.partition("=")
    name = name.strip().lower()
    if not equals or not _ATTRIBUTE.fullmatch(name):
        raise DnError(f"{dn!r} is no distinguished name: {text!r} is not attribute=value.")
    return _LONG_NAMES.get(name, name), _unescape(_trim(raw), dn)


def _trim(raw: str) -> str:
    raw = raw.lstrip(" ")
    bare = raw.rstrip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return raw[: len(bare) + 1] if backslashes % 2 else bare


def _unescape(raw: str, dn: str) -> str:
    def one(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 16)]) if found[1] else bytes(found[2])

    try:
        return _ESCAPE.sub(one, raw.encode()).decode()
    except UnicodeError as error:
        raise DnError(f"{dn!r} is no distinguished name: {raw!r} is not UTF-8.") from error
