"""What an entry is known by however it is renamed: `entryUUID` (RFC 4530), on Active Directory `objectGUID`."""

from __future__ import annotations

from typing import Final

from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.entry import Entry

ATTRIBUTES: Final = ("entryUUID", "objectGUID")
_GUID = "guid:"


def identity(entry: Entry) -> str | None:
    """Its `entryUUID`, or `guid:` and its `objectGUID` in hex; None where the directory shows neither."""
    guid = next(iter(entry.attributes.get("objectguid", ())), None)
    return entry.text("entryUUID") or (f"{_GUID}{guid.hex()}" if guid else None)


def name_of(dn: str, uuid: str | None) -> str:
    """One name for an entry wherever it is moved and whatever it is called; its DN in one spelling where the directory
    shows no identity."""
    return uuid or names.normal(dn)


def known_by(uuid: str) -> str:
    """The filter that finds the entry with this identity."""
    if not uuid.startswith(_GUID):
        return f"(entryUUID={names.escape_filter(uuid)})"
    octets = bytes.fromhex(uuid.removeprefix(_GUID))
    return "(objectGUID=" + "".join(f"\\{octet:02x}" for octet in octets) + ")"
