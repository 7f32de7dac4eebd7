"""The Password Modify extended operation (RFC 3062)."""

from __future__ import annotations

import secrets

from selfserve.demo.directory import ber, names
from selfserve.demo.directory.passwords import Passwords
from selfserve.demo.directory.results import Answer, Code, Refusal
from selfserve.demo.directory.rights import Requester, Rights
from selfserve.demo.directory.tree import Entry, Tree


def change_password(tree: Tree, passwords: Passwords, rights: Rights, who: Requester, value: bytes) -> Answer:
    """Set a password, or make one up and return it where none is given. Raises Refusal."""
    rights.require_name(who, "only authenticated users may change passwords")
    identity, old, new = _read(value)
    entry = _entry(tree, identity or who.dn.encode())
    if not rights.may_set_password(who, entry.key):
        raise Refusal(Code.INSUFFICIENT_ACCESS_RIGHTS)
    if old is not None and not passwords.is_current(entry, old):
        raise Refusal(Code.UNWILLING_TO_PERFORM, "unwilling to verify old password")
    made_up = b"" if new else secrets.token_urlsafe(15).encode()
    passwords.change(entry, new or made_up)
    tree.touch(entry, who.dn)
    return Answer(value=ber.sequence(ber.tlv(0x80, made_up)) if made_up else None)


def _entry(tree: Tree, identity: bytes) -> Entry:
    try:
        dn = identity.decode()
        names.parse(dn)
    except ValueError:
        raise Refusal(Code.INVALID_ATTRIBUTE_SYNTAX, "Invalid DN") from None
    return tree.entry(dn)


def _read(value: bytes) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Identity, old and new password; None for what was left out."""
    if not value:
        return None, None, None
    try:
        parts = {one.tag: one.body for one in ber.read(value)[0].children()}
    except ber.MalformedError:
        raise Refusal(Code.PROTOCOL_ERROR, "the value of the request is malformed") from None
    return parts.get(0x80), parts.get(0x81), parts.get(0x82)
