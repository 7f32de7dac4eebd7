"""The names of what an action changes, against a real slapd: what keeps them, and what has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel
from tests.connectors.ldap.conftest import Build, plain
from tests.servers.slapd import Person, Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.ldap import DirectoryClient, LdapConnector
from selfserve.connectors.ldap.attribute import AttributeArgs
from selfserve.connectors.ldap.deed import CustomerArgs
from selfserve.connectors.ldap.identity import ATTRIBUTES
from selfserve.connectors.ldap.membership import MembershipArgs

ACTIONS = ("add_member", "remove_member", "set_attribute", "unlock", "reset_password")
OF_GROUPS = ("add_member", "remove_member")


def ask(action: str, customer: str, group: str) -> BaseModel:
    if action in OF_GROUPS:
        return MembershipArgs(customer=customer, group=group)
    if action == "set_attribute":
        return AttributeArgs(customer=customer, attribute="description", value="x")
    return CustomerArgs(customer=customer)


def names_of(directory: LdapConnector, customer: str, group: str) -> dict[str, str]:
    """What each action changes for somebody, by its name."""
    return {action: directory.resource(action, ask(action, customer, group)) for action in ACTIONS}


def moved(slapd: Slapd, dn: str, leaf: str, below: str | None = None) -> str:
    """An administrator renames an entry, or moves it below another; its new DN."""
    with slapd.admin() as admin:
        assert admin.modify_dn(dn, leaf, new_superior=below)[0]
    return f"{leaf},{below or dn.partition(',')[2]}"


def elsewhere(slapd: Slapd, person: Person) -> None:
    """They change to another department, which is another branch."""
    branch = f"ou=of-{person.uid},{slapd.people}"
    slapd.add_entry(branch, "organizationalUnit", {"ou": f"of-{person.uid}"})
    moved(slapd, person.dn, f"uid={person.uid}", branch)


def married(slapd: Slapd, person: Person) -> None:
    """They have another login; they are still found by their address."""
    moved(slapd, person.dn, f"uid={person.uid}-new")


@pytest.mark.parametrize("change", [elsewhere, married])
def test_who_is_moved_or_renamed_keeps_the_names_of_what_they_have(
    build: Build, slapd: Slapd, change: Callable[[Slapd, Person], None]
) -> None:
    """Else what they ask for again, or extend, would be another thing than what they hold, and the end of one would
    take the other away."""
    person, group = slapd.add_person(), slapd.add_group()
    directory = build(look_up_seconds=0)
    before = names_of(directory, person.mail, group)
    change(slapd, person)
    assert names_of(directory, person.mail, group) == before
    assert len({*before.values()}) == len(before)


@pytest.mark.parametrize("action", OF_GROUPS)
def test_a_renamed_group_keeps_the_names_of_its_memberships(build: Build, slapd: Slapd, action: str) -> None:
    """The catalog calls it by its new name, and means what was given under the old one."""
    person, group = slapd.add_person(), slapd.add_group()
    directory = build(look_up_seconds=0)
    before = directory.resource(action, ask(action, person.uid, group))
    now = moved(slapd, group, f"cn={person.uid}-renamed")
    assert directory.resource(action, ask(action, person.uid, now)) == before
    assert directory.resource(action, ask(action, person.uid, f"{person.uid}-renamed")) == before


def test_whoever_has_the_name_of_somebody_who_left_shares_nothing_with_them(build: Build, slapd: Slapd) -> None:
    """Another entry is another person, whatever it is called."""
    person, group = slapd.add_person(), slapd.add_group()
    directory = build(look_up_seconds=0)
    before = names_of(directory, person.uid, group)
    with slapd.admin() as admin:
        assert admin.delete(person.dn)[0]
    slapd.add_entry(person.dn, "inetOrgPerson", {"uid": person.uid, "cn": "Nora New", "sn": "New"})
    after = names_of(directory, person.uid, group)
    assert not {*before.values()} & {*after.values()}


def test_without_ids_the_dn_is_the_name_however_it_is_spelt(
    build: Build, slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that shows the service account neither `entryUUID` nor `objectGUID`."""
    person, group = slapd.add_person(), slapd.add_group()
    without_ids(monkeypatch)
    directory = build(look_up_seconds=0)
    before = names_of(directory, person.dn, group)
    assert before["add_member"] == f"member:{group}:{person.dn}".lower()
    assert before["unlock"] == f"unlocked:{person.dn}".lower()
    spelt = person.dn.replace(",", " , ").upper(), group.replace(",", " , ").upper()
    assert names_of(directory, *spelt) == before


def without_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no entry that is read shows what it is known by."""
    hidden = {name.lower() for name in ATTRIBUTES}

    def shown(entry: Any) -> Any:
        return entry and replace(entry, attributes={k: v for k, v in entry.attributes.items() if k not in hidden})

    read, search = DirectoryClient.read, DirectoryClient.search
    monkeypatch.setattr(DirectoryClient, "read", lambda *a, **k: shown(read(*a, **k)))
    monkeypatch.setattr(DirectoryClient, "search", lambda *a, **k: [shown(one) for one in search(*a, **k)])


@pytest.mark.parametrize("action", ACTIONS)
def test_while_the_directory_is_away_nothing_has_a_name(
    build: Build, slapd: Slapd, tcp_fault: Callable[[int], FaultProxy], action: str
) -> None:
    """Whoever asks keeps the name they know; one made up of words would be another thing's."""
    person, group, proxy = slapd.add_person(), slapd.add_group(), tcp_fault(slapd.port)
    directory = build(**plain(proxy.port), look_up_seconds=0)
    wanted = ask(action, person.uid, group)
    before = directory.resource(action, wanted)
    proxy.offline()
    assert directory.resource(action, wanted) == ""
    proxy.online()
    assert directory.resource(action, wanted) == before


@pytest.mark.parametrize("action", ACTIONS)
def test_an_account_that_may_not_ask_gives_nothing_a_name(build: Build, slapd: Slapd, action: str) -> None:
    """A refused password, or a branch that is not there, is no answer about anybody."""
    person, group = slapd.add_person(), slapd.add_group()
    wanted = ask(action, person.uid, group)
    assert build(bind_dn=slapd.add_person().dn, bind_password="another").resource(action, wanted) == ""
    assert build(people_base=f"ou=nowhere,{slapd.base}").resource(action, wanted) == ""


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_or_several_have_a_name_made_of_the_words(directory: LdapConnector, slapd: Slapd, action: str) -> None:
    """The directory has answered, so that it is a name: the same for the same words, another for others."""
    group, one = slapd.add_group(), slapd.add_person()
    slapd.add_person(mail=one.mail)
    several = directory.resource(action, ask(action, one.mail, group))
    nobody = directory.resource(action, ask(action, "nobody-here", group))
    assert "" not in (several, nobody)
    assert several != nobody
    assert directory.resource(action, ask(action, "nobody-here", group)) == nobody
    if action in OF_GROUPS:
        assert directory.resource(action, ask(action, one.uid, "no-such-group")) not in ("", several, nobody)
