"""What an entry is known by, whatever kind of directory shows it."""

from __future__ import annotations

from selfserve.connectors.ldap.entry import Entry
from selfserve.connectors.ldap.identity import identity, known_by
from selfserve.connectors.ldap.requests import search
from selfserve.connectors.ldap.wire import SUBTREE

GUID = bytes(range(0x20, 0x30))


def test_an_entry_of_active_directory_is_known_by_its_guid() -> None:
    """Sixteen octets, some of which mean something in a filter: found by exactly these (MS-ADTS 3.1.1.3.1.3.1)."""
    uuid = identity(Entry("cn=vpn,dc=fern", {"objectguid": (GUID,)}))
    assert uuid == f"guid:{GUID.hex()}"
    sent = search("dc=fern", known_by(uuid), (), SUBTREE)
    assert sent is not None
    assert b"objectGUID" + bytes((4, 16)) + GUID in sent


def test_an_entry_of_any_other_directory_is_known_by_its_uuid() -> None:
    """As text; and an entry that shows neither by nothing."""
    uuid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    assert identity(Entry("cn=vpn,dc=fern", {"entryuuid": (uuid.encode(),)})) == uuid
    assert known_by(uuid) == f"(entryUUID={uuid})"
    assert identity(Entry("cn=vpn,dc=fern", {})) is None
