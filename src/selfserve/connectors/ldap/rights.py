"""Findings about what the service account may do, found by writes that cannot succeed."""

from __future__ import annotations

import secrets

from selfserve.connectors.contract import Finding, Level
from selfserve.connectors.ldap.account import LOCK
from selfserve.connectors.ldap.answers import Code
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.errors import DirectoryError
from selfserve.connectors.ldap.settings import LdapSettings
from selfserve.connectors.ldap.wire import DELETE, Change
from selfserve.languages.messages import msg

NEVER = "19700101000000Z"


def check_rights(client: DirectoryClient, settings: LdapSettings) -> list[Finding]:
    """Findings `people-base`, `groups-base` and `write-right`; never raises, changes nothing.

    The right to write is tried by deleting a value that is not there: with the right the server answers 16
    (noSuchAttribute), without it 50 (insufficientAccessRights), and in both cases the entry stays as it is.
    """
    try:
        return [*_people(client, settings), *_groups(client, settings)]
    except DirectoryError as error:
        return [Finding(Level.ERROR, "search", error.words)]


def _people(client: DirectoryClient, settings: LdapSettings) -> list[Finding]:
    person = _first(client, settings.people_base, settings.person_class)
    if person is None:
        none = msg("No {kind} is seen below {base}.", kind=settings.person_class, base=settings.people_base)
        return [Finding(Level.WARNING, "people-base", none)]
    may = _may(client, person, Change(DELETE, LOCK, (NEVER,)))
    seen = Finding(Level.INFO, "people-base", msg("People are seen below {base}.", base=settings.people_base))
    if may is None or may:
        return [seen]
    return [seen, Finding(Level.WARNING, "write-right", msg("The service account may not unlock accounts."))]


def _groups(client: DirectoryClient, settings: LdapSettings) -> list[Finding]:
    if not settings.writable_groups:
        empty = msg("writable_groups is empty: no membership can be changed.")
        return [Finding(Level.WARNING, "writable-groups", empty)]
    kind = f"(objectClass={settings.group_class})"
    entries = client.search_paged(settings.groups_base, kind)
    group = next((entry.dn for entry in entries if settings.may_write_group(entry.dn)), None)
    if group is None:
        return [Finding(Level.WARNING, "groups-base", msg("No existing group fits writable_groups."))]
    nobody = f"cn=selfserve-check-{secrets.token_hex(8)},{settings.groups_base}"
    if _may(client, group, Change(DELETE, settings.member_attribute, (nobody,))):
        may = msg("The service account may change the members of {group}.", group=group)
        return [Finding(Level.INFO, "write-right", may)]
    may_not = msg("The service account may not change the members of {group}.", group=group)
    return [Finding(Level.ERROR, "write-right", may_not)]


def _first(client: DirectoryClient, base: str, kind: str) -> str | None:
    entries = client.search_paged(base, f"(objectClass={kind})")
    try:
        return next((entry.dn for entry in entries), None)
    finally:
        entries.close()


def _may(client: DirectoryClient, dn: str, change: Change) -> bool | None:
    """Whether the change would be allowed; None where the directory does not know the attribute."""
    answer = client.modify(dn, [change])
    if answer.code in (Code.NO_RIGHT, Code.REFERRAL, Code.UNWILLING):
        return False
    return True if answer.code in (Code.NO_SUCH_ATTRIBUTE, Code.SUCCESS) else None
