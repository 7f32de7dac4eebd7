"""Memberships against a real slapd: hard cases 19 and 23, and who may be put where."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.connectors.clock import Clock
from tests.connectors.ldap.conftest import Build, plain
from tests.connectors.ldap.faults import before_next
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.contract import (
    AlreadyDone,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    NeedsHuman,
    Presence,
)
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.deed import CONFIRMED
from selfserve.connectors.ldap.membership import MembershipArgs

Proxies = Callable[[int], FaultProxy]


def args(group: str, customer: str) -> MembershipArgs:
    return MembershipArgs(group=group, customer=customer)


def members(slapd: Slapd, group: str) -> list[str]:
    return slapd.attributes(group, "member").get("member", [])


def test_a_membership_is_written_seen_and_taken_back(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Add, observe and undo leave the group as it was before, byte for byte."""
    person, group = slapd.add_person("Ana"), slapd.add_group()
    before = members(slapd, group)
    ask = args(group, person.uid)
    assert directory.observe("add_member", ask, {}).presence is Presence.ABSENT
    done = directory.apply("add_member", ask, ctx)
    assert isinstance(done, Done)
    assert directory.observe("add_member", ask, done.state).presence is Presence.PRESENT
    assert sorted(members(slapd, group)) == sorted([*before, person.dn])
    assert isinstance(directory.undo("add_member", ask, done.state, ctx), Done)
    assert directory.observe("add_member", ask, done.state).presence is Presence.ABSENT
    assert members(slapd, group) == before


def test_membership_given_twice_is_given_once(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Hard case 23: the second time, by mail address instead of login, is already done, and both share one resource."""
    person, group = slapd.add_person(), slapd.add_group()
    by_login, by_mail = args(group, person.uid), args(group.upper().replace(",", " , "), person.mail)
    assert isinstance(directory.apply("add_member", by_login, ctx), Done)
    assert isinstance(directory.apply("add_member", by_mail, ctx), AlreadyDone)
    assert members(slapd, group).count(person.dn) == 1
    assert directory.resource("add_member", by_login) == directory.resource("add_member", by_mail)


def test_membership_from_eight_workers_is_given_by_exactly_one(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Hard case 23: eight at once, one says done, seven say already done, none fails."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    with ThreadPoolExecutor(8) as workers:
        outcomes = list(workers.map(lambda _: directory.apply("add_member", ask, ctx), range(8)))
    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds.count(Done), kinds.count(AlreadyDone)) == (1, 7)
    with ThreadPoolExecutor(8) as workers:
        outcomes = list(workers.map(lambda _: directory.undo("add_member", ask, {}, ctx), range(8)))
    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds.count(Done), kinds.count(AlreadyDone)) == (1, 7)


def test_a_nested_member_gets_a_membership_of_their_own(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Hard case 23: nesting stays as it is; what we give and take is the direct membership."""
    person = slapd.add_person()
    inner = slapd.add_group(person.dn)
    outer = slapd.add_group(inner)
    ask = args(outer, person.uid)
    done = directory.apply("add_member", ask, ctx)
    assert isinstance(done, Done)
    assert isinstance(directory.undo("add_member", ask, done.state, ctx), Done)
    assert members(slapd, outer) == [inner]
    assert members(slapd, inner) == [person.dn]


def test_the_last_member_goes_to_a_human_unless_there_is_a_placeholder(
    directory: LdapConnector, build: Build, slapd: Slapd, ctx: Context
) -> None:
    """Hard case 23: groupOfNames may not be empty, which is told as such and not as a failure."""
    person = slapd.add_person()
    group = slapd.add_group(person.dn)
    ask = args(group, person.uid)
    outcome = directory.undo("add_member", ask, {}, ctx)
    assert isinstance(outcome, NeedsHuman)
    assert "last member" in outcome.reason
    assert members(slapd, group) == [person.dn]
    kept = build(placeholder_member=slapd.svc_dn)
    assert isinstance(kept.undo("add_member", ask, {}, ctx), Done)
    assert members(slapd, group) == [slapd.svc_dn]


def test_a_deleted_group_cannot_be_joined_but_counts_as_left(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Hard case 23: the group goes away while its name is still remembered."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    done = directory.apply("add_member", ask, ctx)
    assert isinstance(done, Done)
    with slapd.admin() as admin:
        admin.delete(group)
    assert isinstance(directory.undo("add_member", ask, done.state, ctx), AlreadyDone)
    assert directory.observe("add_member", ask, done.state).presence is Presence.ABSENT
    outcome = directory.apply("add_member", ask, ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.NOT_FOUND


def test_a_person_who_vanished_is_not_found_and_not_dangling(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """A remembered person whose entry was deleted meanwhile: no dead value in the group, no puzzling server text."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    directory.plan("add_member", ask)
    with slapd.admin() as admin:
        admin.delete(person.dn)
    outcome = directory.apply("add_member", ask, ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.NOT_FOUND
    assert person.dn in outcome.reason


def test_a_renamed_person_still_loses_what_they_had(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """The state's DN is no longer right after a marriage or a move; the entry's UUID still finds the person."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    done = directory.apply("add_member", ask, ctx)
    assert isinstance(done, Done)
    with slapd.admin() as admin:
        assert admin.modify_dn(person.dn, f"uid={person.uid}-new")[0]
    assert directory.observe("add_member", ask, done.state).presence is Presence.PRESENT
    assert isinstance(directory.undo("add_member", ask, done.state, ctx), Done)
    assert members(slapd, group) == [slapd.svc_dn]


def renamed(slapd: Slapd, dn: str, leaf: str, below: str | None = None) -> str:
    """An administrator renames an entry, or moves it below another; its new DN."""
    with slapd.admin() as admin:
        assert admin.modify_dn(dn, leaf, new_superior=below)[0]
    return f"{leaf},{below or dn.partition(',')[2]}"


def given(directory: LdapConnector, ask: MembershipArgs, ctx: Context, action: str = "add_member") -> dict[str, Any]:
    """The state of what was just given."""
    done = directory.apply(action, ask, ctx)
    assert isinstance(done, Done)
    return done.state


@pytest.mark.parametrize("by_name", [True, False])
def test_a_renamed_group_is_still_left(directory: LdapConnector, slapd: Slapd, ctx: Context, by_name: bool) -> None:
    """Whoever is in the group is in it under its new name too: it is seen there, and taken back there."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group.partition(",")[0].removeprefix("cn=") if by_name else group, person.uid)
    state = given(directory, ask, ctx)
    now = renamed(slapd, group, f"cn={person.uid}-renamed")
    seen = directory.observe("add_member", ask, state)
    assert (seen.presence, seen.evidence["group"]) == (Presence.PRESENT, now)
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, now) == [slapd.svc_dn]
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), AlreadyDone)


def test_a_group_renamed_together_with_its_member_is_still_left(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Both DNs are wrong, both entries are known."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    state = given(directory, ask, ctx)
    now = renamed(slapd, group, f"cn={person.uid}-renamed")
    renamed(slapd, person.dn, f"uid={person.uid}-new")
    assert directory.observe("add_member", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, now) == [slapd.svc_dn]


def test_another_group_that_took_the_old_name_keeps_its_members(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """What we gave is in the renamed group; the new one of the old name is nothing of ours."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    state = given(directory, ask, ctx)
    now = renamed(slapd, group, f"cn={person.uid}-renamed")
    slapd.add_group(person.dn, name=group.partition(",")[0].removeprefix("cn="))
    clock.forward(timedelta(minutes=2))
    ctx = replace(ctx, deadline=clock() + timedelta(minutes=1))
    assert directory.observe("add_member", ask, state).evidence["group"] == now
    assert isinstance(directory.undo("add_member", ask, state, ctx), Done)
    assert members(slapd, now) == [slapd.svc_dn]
    assert members(slapd, group) == [person.dn]
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT


def test_who_is_in_a_group_made_anew_is_taken_out_of_it_by_no_machine(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """Given by us or by somebody anew, a directory does not tell: the look shows it, and its end is a human's."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    state = given(directory, ask, ctx)
    _made_anew(slapd, group, person.dn, slapd.svc_dn)
    undone = directory.undo("add_member", ask, state, ctx)  # at once, whatever was read a moment ago
    assert isinstance(undone, NeedsHuman)
    assert f"{group} is another group today" in undone.reason
    assert f"{person.dn} is a member of it" in undone.reason
    assert sorted(members(slapd, group)) == sorted([person.dn, slapd.svc_dn])
    clock.forward(timedelta(minutes=2))
    ctx = replace(ctx, deadline=clock() + timedelta(minutes=1))
    seen = directory.observe("add_member", ask, state)
    assert seen.presence is Presence.PRESENT
    assert f"{group} is another group today" in seen.evidence["read"]
    with slapd.admin() as admin:
        assert admin.modify(group, {"member": [("MODIFY_DELETE", [person.dn])]})
    clock.forward(timedelta(minutes=2))
    ctx = replace(ctx, deadline=clock() + timedelta(minutes=1))
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT
    done = directory.undo("add_member", ask, state, ctx)
    assert isinstance(done, AlreadyDone)
    assert f"{group} is another group today" in done.tell
    assert members(slapd, group) == [slapd.svc_dn]


def test_nobody_is_put_back_into_a_group_made_anew(
    directory: LdapConnector, slapd: Slapd, ctx: Context, clock: Clock
) -> None:
    """The mirror: the group they were taken out of is gone, and another gets no member of its."""
    person = slapd.add_person()
    group = slapd.add_group(person.dn, slapd.svc_dn)
    ask = args(group, person.uid)
    done = directory.apply("remove_member", ask, ctx)
    assert isinstance(done, Done)
    _made_anew(slapd, group, slapd.svc_dn)
    assert isinstance(directory.undo("remove_member", ask, done.state, ctx), AlreadyDone)
    assert members(slapd, group) == [slapd.svc_dn]


def _made_anew(slapd: Slapd, group: str, *people: str) -> None:
    """An administrator deletes a group and makes another of its name."""
    with slapd.admin() as admin:
        assert admin.delete(group)[0]
    slapd.add_group(*people, name=group.partition(",")[0].removeprefix("cn="))


@pytest.mark.parametrize("away", [True, False], ids=["out of the groups' branch", "to a name that is not writable"])
def test_a_group_renamed_out_of_reach_is_a_human_s(build: Build, slapd: Slapd, ctx: Context, away: bool) -> None:
    """Never said to be taken back, never written where nothing may be written; over once somebody did it."""
    person = slapd.add_person()
    group, mark = slapd.add_group(name=f"temp-{person.uid}"), f"cn=boss-{person.uid}"
    directory = build(writable_groups=["temp-*"])
    ask = args(group, person.uid)
    state = given(directory, ask, ctx)
    now = renamed(slapd, group, mark, slapd.base if away else None)
    assert directory.observe("add_member", ask, state).presence is Presence.PRESENT
    outcome = directory.undo("add_member", ask, state, ctx)
    assert isinstance(outcome, NeedsHuman)
    assert now in outcome.reason
    assert "writable_groups" in outcome.reason
    assert [line.text for line in outcome.todo] == [f"Remove {person.dn} from {now}."]
    assert person.dn in members(slapd, now)
    with slapd.admin() as admin:
        assert admin.modify(now, {"member": [("MODIFY_DELETE", [person.dn])]})[0]
    assert directory.observe("add_member", ask, state).presence is Presence.ABSENT
    assert isinstance(directory.undo("add_member", ask, state, ctx), AlreadyDone)


def test_a_removal_from_a_group_renamed_since_is_taken_back_there(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """The mirror: whoever was taken out comes back into the group, whatever it is called now."""
    person = slapd.add_person()
    group = slapd.add_group(person.dn, slapd.svc_dn)
    ask = args(group, person.uid)
    state = given(directory, ask, ctx, "remove_member")
    now = renamed(slapd, group, f"cn={person.uid}-renamed")
    assert directory.observe("remove_member", ask, state).presence is Presence.PRESENT
    assert isinstance(directory.undo("remove_member", ask, state, ctx), Done)
    assert person.dn in members(slapd, now)


def test_a_group_renamed_in_the_moment_it_is_left_is_tried_again(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Its name is still remembered: gone under it is not gone."""
    person = slapd.add_person()
    group = slapd.add_group(person.dn, slapd.svc_dn)
    ask = args(group, person.uid)
    directory.plan("remove_member", ask)
    renamed(slapd, group, f"cn={person.uid}-renamed")
    directory.observe("remove_member", ask, {})
    outcome = directory.apply("remove_member", ask, ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TRANSIENT


def test_zero_or_two_matching_people_are_never_guessed(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """A shared mail address is ambiguous, an unknown login not found; nothing is written for either."""
    group, one = slapd.add_group(), slapd.add_person()
    slapd.add_person(mail=one.mail)
    twice = directory.apply("add_member", args(group, one.mail), ctx)
    nobody = directory.apply("add_member", args(group, "nobody-here"), ctx)
    assert isinstance(twice, Failed)
    assert isinstance(nobody, Failed)
    assert (twice.kind, nobody.kind) == (FailureKind.AMBIGUOUS, FailureKind.NOT_FOUND)
    assert members(slapd, group) == [slapd.svc_dn]


def test_a_group_outside_the_allow_list_is_never_written(build: Build, slapd: Slapd, ctx: Context) -> None:
    """Patterns are on the cn, branches by DN; everything else is declined, in the plan as well."""
    person = slapd.add_person()
    allowed, other = slapd.add_group(name=f"vpn-{person.uid}"), slapd.add_group(name=f"admins-{person.uid}")
    branch = slapd.add_group(name=f"branch-{person.uid}")
    directory = build(writable_groups=["VPN-*", branch])
    assert isinstance(directory.apply("add_member", args(allowed, person.uid), ctx), Done)
    assert isinstance(directory.apply("add_member", args(f"branch-{person.uid}", person.uid), ctx), Done)
    refused = directory.apply("add_member", args(other, person.uid), ctx)
    assert isinstance(refused, Declined)
    blocked = directory.plan("add_member", args(other, person.uid)).blocked
    assert blocked is not None
    assert blocked.for_good
    assert "writable_groups" in blocked.reason
    assert members(slapd, other) == [slapd.svc_dn]


def test_a_held_account_gets_no_membership_but_loses_one(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """Hard case 18: a disabled person gets nothing new; taking away must still work."""
    person = slapd.add_person(pwdAccountLockedTime="000001010000Z")
    group = slapd.add_group(slapd.svc_dn, person.dn)
    other = slapd.add_group()
    assert isinstance(directory.apply("add_member", args(other, person.uid), ctx), NeedsHuman)
    assert members(slapd, other) == [slapd.svc_dn]
    assert isinstance(directory.apply("remove_member", args(group, person.uid), ctx), Done)
    assert members(slapd, group) == [slapd.svc_dn]


def test_removal_is_the_mirror_of_giving(directory: LdapConnector, slapd: Slapd, ctx: Context) -> None:
    """`remove_member` is present when the membership is gone, done twice is done once, undo brings it back."""
    person = slapd.add_person()
    group = slapd.add_group(slapd.svc_dn, person.dn)
    ask = args(group, person.uid)
    done = directory.apply("remove_member", ask, ctx)
    assert isinstance(done, Done)
    assert isinstance(directory.apply("remove_member", ask, ctx), AlreadyDone)
    assert directory.observe("remove_member", ask, done.state).presence is Presence.PRESENT
    assert isinstance(directory.undo("remove_member", ask, done.state, ctx), Done)
    assert person.dn in members(slapd, group)


@pytest.mark.parametrize("action", ["add_member", "remove_member"])
def test_a_lost_answer_is_settled_on_the_same_server_with_one_write(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Proxies, action: str
) -> None:
    """Hard case 19: the write reached the server, the answer did not come back: done, confirmed, written once."""
    person, proxy = slapd.add_person(), tcp_fault(slapd.port)
    group = slapd.add_group(*([slapd.svc_dn, person.dn] if action == "remove_member" else []))
    directory, ask = build(**plain(proxy.port)), args(group, person.uid)
    directory.plan(action, ask)
    before = slapd.attributes(group, "entryCSN")
    before_next(directory.client, "modify", proxy.lose_next_answer)
    outcome = directory.apply(action, ask, ctx)
    assert proxy.faults == 1
    assert isinstance(outcome, Done)
    assert outcome.state[CONFIRMED]
    assert (person.dn in members(slapd, group)) is (action == "add_member")
    assert slapd.attributes(group, "entryCSN") != before


def test_a_write_cut_before_the_server_is_tried_once_more(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Proxies
) -> None:
    """Hard case 19: the server shows that nothing happened, so exactly one retry is right."""
    person, group, proxy = slapd.add_person(), slapd.add_group(), tcp_fault(slapd.port)
    directory, ask = build(**plain(proxy.port)), args(group, person.uid)
    directory.plan("add_member", ask)
    before_next(directory.client, "modify", proxy.cut_before_server)
    outcome = directory.apply("add_member", ask, ctx)
    assert proxy.faults == 1
    assert isinstance(outcome, Done)
    assert CONFIRMED not in outcome.state
    assert members(slapd, group).count(person.dn) == 1


def test_an_uncertain_write_is_asked_about_on_the_server_that_got_it(
    build: Build, slapd: Slapd, ctx: Context, tcp_fault: Proxies
) -> None:
    """The server goes away right after the write: unknown, not failed; no other server is asked about it."""
    person, group = slapd.add_person(), slapd.add_group()
    first, second = tcp_fault(slapd.port), tcp_fault(slapd.port)
    urls = [f"ldap://127.0.0.1:{proxy.port}" for proxy in (first, second)]
    directory, ask = build(urls=urls, insecure_loopback=True), args(group, person.uid)
    directory.plan("add_member", ask)
    before_next(directory.client, "modify", first.lose_next_answer, then=first.offline)
    outcome = directory.apply("add_member", ask, ctx)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.UNKNOWN
    assert directory.observe("add_member", ask, {}).presence is Presence.UNKNOWABLE
    assert second.connections == 0
    first.online()
    assert directory.observe("add_member", ask, {}).presence is Presence.PRESENT
    again = directory.apply("add_member", ask, ctx)
    assert isinstance(again, Done)
    assert again.state[CONFIRMED]
    assert members(slapd, group).count(person.dn) == 1


def test_a_verified_membership_costs_four_round_trips(
    directory: LdapConnector, slapd: Slapd, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look, write, look, and one search for the person; the look before the write is not made twice."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    directory.plan("add_member", args(group, slapd.add_person().uid))
    trips: list[str] = []
    for name in ("search", "compare", "modify", "read"):
        real = getattr(directory.client, name)

        def counted(*positional: object, _real: object = real, _name: str = name, **named: object) -> object:
            trips.append(_name)
            return _real(*positional, **named)  # type: ignore[operator]

        monkeypatch.setattr(directory.client, name, counted)
    assert directory.observe("add_member", ask, {}).presence is Presence.ABSENT
    done = directory.apply("add_member", ask, ctx)
    assert isinstance(done, Done)
    assert directory.observe("add_member", ask, done.state).presence is Presence.PRESENT
    assert trips == ["search", "compare", "modify", "compare"]


def test_a_look_that_is_out_of_date_costs_nothing_but_a_look(
    directory: LdapConnector, slapd: Slapd, ctx: Context
) -> None:
    """Somebody else was quicker between our look and our write: already done, and not ours."""
    person, group = slapd.add_person(), slapd.add_group()
    ask = args(group, person.uid)
    assert directory.observe("add_member", ask, {}).presence is Presence.ABSENT
    with slapd.admin() as admin:
        assert admin.modify(group, {"member": [("MODIFY_ADD", [person.dn])]})[0]
    assert isinstance(directory.apply("add_member", ask, ctx), AlreadyDone)


def test_planning_right_after_a_look_asks_the_directory_nothing(
    directory: LdapConnector, slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each ask is planned before it is stored, and must not pay for it with a round trip."""
    ask = args(slapd.add_group(), slapd.add_person().uid)
    directory.resource("add_member", ask)
    directory.observe("add_member", ask, {})
    asked: list[object] = []
    for way in ("read", "search", "compare", "modify"):
        monkeypatch.setattr(directory.client, way, lambda *told, **_: asked.append(told))
    assert directory.plan("add_member", ask).blocked is None
    assert asked == []
