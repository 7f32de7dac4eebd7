"""From what a form says (a login, an address, a group's name) to exactly one entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from selfserve.connectors.contract import FailureKind
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.account import STATE_ATTRIBUTES, Account, AccountState, read_account
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.entry import Entry
from selfserve.connectors.ldap.errors import (
    AmbiguousEntryError,
    AnothersNameError,
    DirectoryRefusedError,
    EntryNotFoundError,
)
from selfserve.connectors.ldap.identity import ATTRIBUTES, identity, known_by, name_of
from selfserve.connectors.ldap.known import Known
from selfserve.connectors.ldap.settings import PLACE, LdapSettings
from selfserve.connectors.ldap.wire import BASE, SUBTREE
from selfserve.languages.messages import msg

_NOT_SHOWN = (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Person:
    """One person: where, who, and in which state the account was when read."""

    dn: str
    uuid: str | None
    label: str
    account: Account
    entry: Entry

    @property
    def held(self) -> bool:
        """True where nothing may be written for this person."""
        return self.account.state is AccountState.HELD

    @property
    def name(self) -> str:
        """One name for this person, wherever they are moved."""
        return name_of(self.dn, self.uuid)


@dataclass(frozen=True, slots=True)
class Group:
    """One group: where, and what it is known by however it is renamed (None where the directory does not show it)."""

    dn: str
    uuid: str | None

    @property
    def name(self) -> str:
        """One name for this group, whatever it is called."""
        return name_of(self.dn, self.uuid)


class Lookup:
    """Finds people and groups and remembers them for `look_up_seconds`. Raises EntryNotFoundError,
    AmbiguousEntryError."""

    def __init__(self, client: DirectoryClient, settings: LdapSettings, now: Callable[[], datetime]) -> None:
        self._client, self._settings, self._now = client, settings, now
        self._people: Known[Person] = Known(now)
        self._groups: Known[Group] = Known(now)
        self._ids: Known[str] = Known(now)

    def person(self, customer: str, max_age: float | None = None, attributes: Sequence[str] = ()) -> Person:
        """The one person `customer` (a login, a mail address or a DN) means, read at most `max_age` seconds ago; with
        `max_age` 0 also with these `attributes`."""
        age = self._settings.look_up_seconds if max_age is None else max_age
        known = self._people.get(customer, min(age, self._settings.look_up_seconds))
        return known or self._people.put(customer, self._remembered(self._read_person(customer, attributes)))

    def person_by_uuid(self, uuid: str, attributes: Sequence[str] = ()) -> Person | None:
        """The person known by this, wherever in the directory they were moved; None where gone."""
        found = self._people_found(known_by(uuid), self._settings.people_base, SUBTREE, attributes)
        found = found or self._everywhere(known_by(uuid), (*STATE_ATTRIBUTES, *attributes))
        return self._person(found[0]) if found else None

    def is_at(self, dn: str, uuid: str) -> bool:
        """True where the entry at `dn` is the one known by `uuid`, or shows no identity, by what was read of it within
        `look_up_seconds`."""
        known = self._ids.get(names.normal(dn), self._settings.look_up_seconds)
        return known == uuid or (known is None and self.is_at_now(dn, uuid) is True)

    def is_at_now(self, dn: str, uuid: str) -> bool | None:
        """The same, read now; None where nobody is at `dn`."""
        entry = self._client.read(dn, ATTRIBUTES)
        if entry is None:
            return None
        shown = identity(entry)
        if shown:
            self._ids.put(names.normal(dn), shown)
        return shown in (uuid, None)

    def recorded(self, dn: str, uuid: str | None, attributes: Sequence[str] = ()) -> Person:
        """The person recorded as this, read now, wherever they are today: who stands at `dn` may be somebody else."""
        try:
            person = self.again(dn, attributes=attributes)
        except EntryNotFoundError:
            moved = self.person_by_uuid(uuid, attributes) if uuid else None
            if moved is None:
                raise
            return moved
        if not uuid or person.uuid in (uuid, None):
            return person
        moved = self.person_by_uuid(uuid, attributes)
        if moved is None:
            raise AnothersNameError(somebody_else(dn))
        return moved

    def again(self, dn: str, host: str | None = None, attributes: Sequence[str] = ()) -> Person:
        """The person at `dn`, read now, from `host` where one is named."""
        found = self._people_found(f"(objectClass={self._settings.person_class})", dn, BASE, attributes, host)
        if not found:
            self.forget(dn)
            raise EntryNotFoundError(msg("There is no person {person} in the directory any more.", person=dn))
        return self._person(found[0])

    def group_by_uuid(self, uuid: str) -> str | None:
        """The DN of the group known by this, wherever in the directory it was moved; None where it is gone."""
        found = self._everywhere(known_by(uuid))
        return found[0].dn if found else None

    def _everywhere(self, where: str, attributes: Sequence[str] = ()) -> list[Entry]:
        """What fits in all the server holds (RFC 4512, section 5.1), in the groups' own branch where it does not say.

        A branch besides ours that it does not show us holds nothing for us.
        """
        root = self._client.read("", ("namingContexts",))
        for base in (root.texts("namingContexts") if root else []) or [self._settings.groups_base]:
            try:
                found = self._client.search(base, where, attributes)
            except DirectoryRefusedError as refused:
                if refused.kind not in _NOT_SHOWN or self._is_ours(base):
                    raise
                continue
            if found:
                return found
        return []

    def _is_ours(self, base: str) -> bool:
        return any(names.within(one, base) for one in (self._settings.people_base, self._settings.groups_base))

    def group(self, group: str) -> Group:
        """The one group that `group` (its cn or its DN) means."""
        known = self._groups.get(group, self._settings.look_up_seconds)
        return known or self._groups.put(group, self._read_group(group))

    def forget(self, dn: str) -> None:
        """Drop what is remembered about an entry that turned out to be gone."""
        self._people.forget(lambda person: names.same(person.dn, dn))
        self._groups.forget(lambda group: names.same(group.dn, dn))
        self._ids.drop(names.normal(dn))

    def _remembered(self, person: Person) -> Person:
        if person.uuid:
            self._ids.put(names.normal(person.dn), person.uuid)
        return person

    def _read_person(self, customer: str, attributes: Sequence[str]) -> Person:
        kind = f"(objectClass={self._settings.person_class})"
        if names.within(customer, self._settings.people_base) and names.is_dn(customer):
            found = self._people_found(kind, customer, BASE, attributes)
        else:
            fits = self._settings.person_filter.replace(PLACE, names.escape_filter(customer))
            found = self._people_found(f"(&{kind}{fits})", self._settings.people_base, SUBTREE, attributes)
        return self._person(_only(found, msg("person “{customer}”", customer=customer)))

    def _people_found(
        self, where: str, base: str, scope: str, attributes: Sequence[str], host: str | None = None
    ) -> list[Entry]:
        wanted = (*STATE_ATTRIBUTES, *attributes)
        if scope == BASE:
            entry = self._client.read(base, wanted, where, host)
            return [entry] if entry else []
        return self._client.search(base, where, wanted, scope, host)

    def _person(self, entry: Entry) -> Person:
        account = read_account(entry, self._now().astimezone(UTC))
        rule = self._settings.disabled_filter
        if rule and account.state is not AccountState.HELD and self._client.read(entry.dn, (), rule):
            account = replace(account, state=AccountState.HELD, why="disabled by the house's rule")
        label = entry.text("cn") or names.leaf(entry.dn)
        return Person(entry.dn, identity(entry), label, account, entry)

    def _read_group(self, group: str) -> Group:
        kind = f"(objectClass={self._settings.group_class})"
        base = self._settings.groups_base
        if names.within(group, base) and names.is_dn(group):
            entry = self._client.read(group, ATTRIBUTES, kind)
            found = [entry] if entry else []
        else:
            found = self._client.search(base, f"(&{kind}(cn={names.escape_filter(group)}))", ATTRIBUTES)
        entry = _only(found, msg("group “{group}”", group=group))
        return Group(entry.dn, identity(entry))


def somebody_else(dn: str) -> str:
    """What is said of a person who is gone, and whose DN is another entry's today."""
    return msg(
        "{person} is somebody else's entry today; whoever had it before is not in the directory any more.", person=dn
    )


def another_group(dn: str) -> str:
    """What is said of a group that is gone, and whose DN is another entry's today."""
    return msg(
        "{group} is another group today; the one that had its name before is not in the directory any more.", group=dn
    )


def _only(found: list[Entry], what: str) -> Entry:
    if not found:
        raise EntryNotFoundError(msg("The directory has no {what}.", what=what))
    if len(found) > 1:
        raise AmbiguousEntryError(
            msg("The directory has {found} entries for {what}; none is guessed.", found=len(found), what=what)
        )
    return found[0]
