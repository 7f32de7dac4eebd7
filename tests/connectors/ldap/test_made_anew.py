"""Recorded people against a real slapd: who is called as they were is somebody else where the id is another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.clock import Clock
from tests.connectors.ldap.conftest import Build
from tests.connectors.ldap.test_resource import moved, without_ids
from tests.servers.slapd import Person, Slapd

from selfserve.connectors.contract import AlreadyDone, Context, Done, Presence, State
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.attribute import AttributeArgs
from selfserve.connectors.ldap.deed import CustomerArgs
from selfserve.connectors.ldap.membership import MembershipArgs


def members(slapd: Slapd, group: str, attribute: str = "member") -> set[str]:
    return {*slapd.attributes(group, attribute).get(attribute, [])}


def done(directory: LdapConnector, action: str, ask: Any, ctx: Context) -> State:
    """The state of what was just done."""
    outcome = directory.apply(action, ask, ctx)
    assert isinstance(outcome, Done)
    return outcome.state


def made_anew(slapd: Slapd, person: Person, **attributes: str) -> None:
    """Somebody new gets the name of a person who is not there any more."""
    slapd.add_entry(person.dn, "inetOrgPerson", {"uid": person.uid, "cn": "Nora New", "sn": "New", **attributes})


def deleted(slapd: Slapd, dn: str) -> None:
    with slapd.admin() as admin:
        assert admin.delete(dn)[0]


def put_in(slapd: Slapd, group: str, dn: str) -> None:
    """An administrator makes somebody a member by hand."""
    with slapd.admin() as admin:
        assert admin.modify(group, {"member": [("MODIFY_ADD", [dn])]})[0]


def later(clock: Clock, ctx: Context) -> Context:
    """What was read of people and groups is read anew from now on."""
    clock.forward(timedelta(minutes=2))
    return replace(ctx, deadline=clock() + timedelta(minutes=1))


def test_an_account_made_anew_keeps_what_it_was_given_by_hand(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """What we gave went with the former account; what the new one has is its administrator's doing."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "add_member", ask, ctx)
    deleted(slapd, person.dn)
    made_anew(slapd, person)
    put_in(slapd, group, person.dn)
    undone = directory.undo("add_member", ask, state, ctx)  # at once, whatever was read a moment ago
    assert isinstance(undone, AlreadyDone)
    assert person.dn in str(undone.tell)
    assert person.dn in members(slapd, group)
    ctx = later(clock, ctx)
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), AlreadyDone)
    assert person.dn in members(slapd, group)


def test_an_account_made_anew_is_not_put_back_where_the_former_was(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """The mirror: whoever was taken out is gone, and nobody else gets their access."""
    person = slapd.add_person()
    group = slapd.add_group(person.dn, slapd.svc_dn)
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "remove_member", ask, ctx)
    deleted(slapd, person.dn)
    made_anew(slapd, person)
    ctx = later(clock, ctx)
    assert directory.observe("remove_member", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("remove_member", ask, state, ctx), AlreadyDone)
    assert members(slapd, group) == {slapd.svc_dn}


def test_who_moved_loses_what_they_had_and_who_got_their_name_nothing(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """Both are members, one of them because of us."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "add_member", ask, ctx)
    now = moved(slapd, person.dn, f"uid={person.uid}-married")
    made_anew(slapd, person)
    put_in(slapd, group, person.dn)
    ctx = later(clock, ctx)
    seen = directory.observe("add_member", ask, state)
    assert (seen.presence, seen.evidence["person"]) == (Presence.PRESENT, now)
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, group) == {slapd.svc_dn, person.dn}
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), AlreadyDone)
    assert members(slapd, group) == {slapd.svc_dn, person.dn}


def test_who_left_the_branch_of_people_still_loses_what_they_had(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Leavers are moved aside in many houses, and their memberships with them."""
    person, group = slapd.add_person(description="before"), slapd.add_group()
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "add_member", ask, ctx)
    now = moved(slapd, person.dn, f"uid={person.uid}", slapd.base)
    assert members(slapd, group) == {slapd.svc_dn, now}
    assert directory.observe("add_member", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, group) == {slapd.svc_dn}


def test_a_branch_that_is_not_shown_hides_nobody_who_is_gone(
    directory: LdapConnector, slapd: Slapd, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server names a second branch and shows nothing of it: who is gone by all that is seen is gone to us."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "add_member", ask, ctx)
    deleted(slapd, person.dn)
    read = directory.client.read

    def with_another(dn: str, *told: Any, **more: Any) -> Any:
        entry = read(dn, *told, **more)
        if dn or entry is None:
            return entry
        contexts = entry.attributes["namingcontexts"]
        return replace(entry, attributes={"namingcontexts": (b"dc=elsewhere", *contexts)})

    monkeypatch.setattr(directory.client, "read", with_another)
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), AlreadyDone)


def test_a_value_that_did_not_follow_its_person_is_taken_back(build: Build, slapd: Slapd, ctx: Context) -> None:
    """Without referential integrity the old DN stays in the group; nobody's today, it may be somebody's tomorrow."""
    person, group = slapd.add_person(), f"cn=unique-{slapd.add_person().uid},{slapd.groups}"
    slapd.add_entry(group, "groupOfUniqueNames", {"cn": group[3:].partition(",")[0], "uniqueMember": slapd.svc_dn})
    directory = build(group_class="groupOfUniqueNames", member_attribute="uniqueMember")
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "add_member", ask, ctx)
    moved(slapd, person.dn, f"uid={person.uid}-new")
    assert members(slapd, group, "uniqueMember") == {slapd.svc_dn, person.dn}
    assert directory.observe("add_member", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, group, "uniqueMember") == {slapd.svc_dn}


def test_what_was_recorded_without_an_id_goes_by_its_name(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """There is nothing else to go by, and what was given is never kept for that."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(directory, "add_member", ask, ctx)
    ctx = later(clock, ctx)
    nameless = {**state, "uuid": None, "group_uuid": None}
    assert directory.observe("add_member", ask, nameless).presence is Presence.PRESENT
    assert isinstance(directory.undo("add_member", ask, nameless, ctx), Done)
    assert members(slapd, group) == {slapd.svc_dn}


def test_where_ids_are_not_shown_any_more_what_was_given_still_ends(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right that the service account lost makes nobody somebody else."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = MembershipArgs(group=group, customer=person.uid)
    wanted = AttributeArgs(customer=person.uid, attribute="description", value="ours")
    state, told = done(directory, "add_member", ask, ctx), done(directory, "set_attribute", wanted, ctx)
    without_ids(monkeypatch)
    ctx = later(clock, ctx)
    assert directory.observe("add_member", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, group) == {slapd.svc_dn}
    assert directory.observe("set_attribute", wanted, told).presence is Presence.PRESENT
    assert isinstance(directory.undo("set_attribute", wanted, told, ctx), Done)


def test_an_attribute_of_an_account_made_anew_is_left_as_it_is(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """The same value, set by whoever made it."""
    person = slapd.add_person(description="before")
    ask = AttributeArgs(customer=person.uid, attribute="description", value="ours")
    state = done(directory, "set_attribute", ask, ctx)
    deleted(slapd, person.dn)
    made_anew(slapd, person, description="ours")
    ctx = later(clock, ctx)
    assert directory.observe("set_attribute", ask, state).presence is Presence.ABSENT
    assert isinstance(directory.undo("set_attribute", ask, state, ctx), AlreadyDone)
    assert slapd.attributes(person.dn, "description") == {"description": ["ours"]}


@pytest.mark.parametrize("aside", [False, True], ids=["to another name", "out of the branch of people"])
def test_an_attribute_is_brought_back_where_its_person_is_today(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock, aside: bool
) -> None:
    """Who got the name keeps theirs."""
    person = slapd.add_person(description="before")
    ask = AttributeArgs(customer=person.uid, attribute="description", value="ours")
    state = done(directory, "set_attribute", ask, ctx)
    now = moved(slapd, person.dn, f"uid={person.uid}-new", slapd.people.replace("people", "groups") if aside else None)
    made_anew(slapd, person, description="ours")
    ctx = later(clock, ctx)
    assert directory.observe("set_attribute", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("set_attribute", ask, state, ctx), Done)
    assert slapd.attributes(now, "description") == {"description": ["before"]}
    assert slapd.attributes(person.dn, "description") == {"description": ["ours"]}


def test_a_reset_is_looked_for_at_who_it_was_made_for(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Found after a move; a later password of somebody else who got the name tells nothing."""
    person = slapd.add_person()
    ask = CustomerArgs(customer=person.uid)
    state = done(directory, "reset_password", ask, ctx)
    moved(slapd, person.dn, f"uid={person.uid}-new")
    assert directory.observe("reset_password", ask, state).presence is Presence.PRESENT
    made_anew(slapd, person, userPassword="Another-Passw0rd")
    assert directory.observe("reset_password", ask, state).evidence["person"] != person.dn
    deleted(slapd, f"uid={person.uid}-new,{slapd.people}")
    assert directory.observe("reset_password", ask, state).presence is Presence.UNKNOWABLE


@pytest.mark.parametrize("moved_over", [False, True], ids=["left", "moved over"])
def test_a_membership_is_taken_back_from_the_attribute_it_was_written_to(
    build: Build, slapd: Slapd, ctx: Context, clock: Clock, moved_over: bool
) -> None:
    """`member_attribute` was changed while it was held: by the other attribute it only seems to be gone. It may have
    been moved there with the change, too."""
    person, group = slapd.add_person(), f"cn=both-{slapd.add_person().uid},{slapd.groups}"
    held: dict[str, str | list[str]] = {"cn": group[3:].partition(",")[0], "uniqueMember": slapd.svc_dn}
    slapd.add_entry(group, ["groupOfUniqueNames", "extensibleObject"], {**held, "member": slapd.svc_dn})
    kind = "groupOfUniqueNames"
    ask = MembershipArgs(group=group, customer=person.uid)
    state = done(build(group_class=kind), "add_member", ask, ctx)
    today = build(group_class=kind, member_attribute="uniqueMember")
    if moved_over:
        with slapd.admin() as admin:
            changes = {"member": [("MODIFY_DELETE", [person.dn])], "uniqueMember": [("MODIFY_ADD", [person.dn])]}
            assert admin.modify(group, changes), admin.result
    ctx = later(clock, ctx)
    assert today.observe("add_member", ask, state).presence is Presence.PRESENT
    assert isinstance(today.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, group, "member") == members(slapd, group, "uniqueMember") == {slapd.svc_dn}
    assert today.observe("add_member", ask, state).presence is Presence.ABSENT
    assert isinstance(today.undo("add_member", ask, state, ctx), AlreadyDone)
