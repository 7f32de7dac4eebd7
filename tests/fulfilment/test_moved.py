"""Entries of a directory are moved, renamed and made anew while somebody holds something there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.connectors.ldap.conftest import settings_for
from tests.connectors.ldap.test_made_anew import deleted, made_anew, members, put_in
from tests.connectors.ldap.test_resource import moved
from tests.servers.slapd import Person, Slapd
from tests.stand.house import Stand, build

from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState

ITEM = """\
id: {id}
name: Group
summary: A thing for tests.
category: Access
icon: key-round
owner: techops
runbook: runbooks/shelf.md
escalate: {{after: 15m, to: techops}}
expect: 1m
risk: low
who: "true"
fulfil:
  - id: member
    use: directory.add_member
    with: {{customer: {uid}, group: "{group}"}}
{more}grant: {{ends: 8h}}
"""
LAMP = '  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}\n'


@pytest.fixture
def person(slapd: Slapd) -> Person:
    """Who is put into the group."""
    return slapd.add_person()


@pytest.fixture
def group(slapd: Slapd) -> str:
    """The group at first."""
    return slapd.add_group()


@pytest.fixture
def stand(database: Database, tmp_path: Path, slapd: Slapd, person: Person, group: str) -> Iterator[Stand]:
    """A house with a directory, whose look-ups are never older than a moment."""
    section = {**settings_for(slapd), "kind": "ldap", "ca_file": str(slapd.ca_file), "look_up_seconds": 0}
    made = build(database, tmp_path, more={"directory": section})
    items(made, person, group)
    yield made
    made.house.engine.stop()
    made.house.connectors.close()


def items(stand: Stand, person: Person, group: str) -> None:
    """Three items in the catalog that put them into the group, of which one brings more."""
    for item, more in (("plain", ""), ("twin", ""), ("pack", LAMP)):
        text = ITEM.format(id=item, uid=person.uid, group=group, more=more)
        (stand.catalog / "items" / f"{item}.yaml").write_text(text)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems


def gets(stand: Stand, item: str) -> str:
    made = stand.ask("ada", item, {})
    assert made.state is RequestState.FULFILLED
    stand.clock.forward(minutes=2)
    return made.name


def ends(stand: Stand, name: str) -> None:
    stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=1)


def person_moves(stand: Stand, slapd: Slapd, person: Person, group: str) -> tuple[str, str]:
    """To another department's branch; their DN and the group's then."""
    branch = f"ou=of-{person.uid},{slapd.people}"
    slapd.add_entry(branch, "organizationalUnit", {"ou": f"of-{person.uid}"})
    return moved(slapd, person.dn, f"uid={person.uid}", branch), group


def group_renamed(stand: Stand, slapd: Slapd, person: Person, group: str) -> tuple[str, str]:
    """And the catalog along with it."""
    now = moved(slapd, group, f"cn={person.uid}-renamed")
    items(stand, person, now)
    return person.dn, now


@pytest.mark.parametrize("change", [person_moves, group_renamed])
@pytest.mark.parametrize("first", ["plain", "pack"])
def test_what_is_held_twice_stays_until_the_last_ends_whatever_was_moved_in_between(
    stand: Stand,
    slapd: Slapd,
    person: Person,
    group: str,
    change: Callable[[Stand, Slapd, Person, str], tuple[str, str]],
    first: str,
) -> None:
    """The one given after the move inherits it from the one before, and takes it back in its turn."""
    former = gets(stand, first)
    dn, where = change(stand, slapd, person, group)
    later = gets(stand, "pack" if first == "plain" else "plain")
    ends(stand, former)
    assert dn in members(slapd, where)
    reconcile(stand.house)
    assert not stand.open_cases()
    ends(stand, later)
    assert dn not in members(slapd, where)
    assert {grant.state for grant in stand.grants("ada")} == {GrantState.ENDED}


@pytest.mark.parametrize("change", [person_moves, group_renamed])
def test_the_same_held_once_more_after_a_move_is_one_grant(
    stand: Stand,
    slapd: Slapd,
    person: Person,
    group: str,
    change: Callable[[Stand, Slapd, Person, str], tuple[str, str]],
) -> None:
    """A further reason for what is held already, not a second holding beside it."""
    former = gets(stand, "plain")
    dn, where = change(stand, slapd, person, group)
    later = gets(stand, "twin")
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ACTIVE]
    ends(stand, former)
    assert dn in members(slapd, where)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ACTIVE]
    ends(stand, later)
    assert dn not in members(slapd, where)


def test_an_account_made_anew_keeps_what_was_given_by_hand_when_ours_ends(
    stand: Stand, slapd: Slapd, person: Person, group: str
) -> None:
    """Ours went with the account it was given to."""
    name = gets(stand, "plain")
    deleted(slapd, person.dn)
    made_anew(slapd, person)
    put_in(slapd, group, person.dn)
    ends(stand, name)
    assert person.dn in members(slapd, group)
    assert {grant.state for grant in stand.grants("ada")} == {GrantState.ENDED}


def test_a_group_made_anew_keeps_who_asked_for_it_when_what_was_given_in_the_former_ends(
    stand: Stand, slapd: Slapd, person: Person, group: str
) -> None:
    """Held in the former group and asked for in the new one: the end of the first takes nothing from the second, but
    asks a human, who says so; and the end of the second does take it."""
    first = gets(stand, "plain")
    deleted(slapd, group)
    slapd.add_group(name=group.partition(",")[0].removeprefix("cn="))
    second = gets(stand, "pack")
    assert person.dn in members(slapd, group)
    ends(stand, first)
    assert person.dn in members(slapd, group)
    case = stand.case()
    assert f"{group} is another group today" in case.reason
    desk.done(stand.house, case.id, stand.people["tess"], fields={}, on_my_word=True)
    stand.work()
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    assert person.dn in members(slapd, group)
    ends(stand, second)
    assert person.dn not in members(slapd, group)
    assert {grant.state for grant in stand.grants("ada")} == {GrantState.ENDED}


def test_who_is_still_in_a_group_made_anew_is_a_human_s_at_the_end(
    stand: Stand, slapd: Slapd, person: Person, group: str
) -> None:
    """Where groups are made anew with their members, access goes on: never for ever, and never without a word."""
    name = gets(stand, "plain")
    deleted(slapd, group)
    slapd.add_group(person.dn, name=group.partition(",")[0].removeprefix("cn="))
    stand.clock.forward(hours=2)
    reconcile(stand.house)
    assert stand.open_cases() == []
    ends(stand, name)
    assert f"{person.dn} is a member of it" in stand.case().reason
