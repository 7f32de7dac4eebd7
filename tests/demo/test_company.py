"""Fernhill is a company one can try everything with."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfserve.demo.company import FERNHILL, Person
from tests.servers.slapd import start_slapd


def test_twelve_people_with_everything_a_request_needs() -> None:
    """Unique logins and numbers, every field filled, six departments, English and German."""
    people = FERNHILL.people
    assert len(people) == 12
    assert len({one.login for one in people}) == len({one.number for one in people}) == 12
    assert {one.department for one in people} == {
        "Design", "Product", "Engineering", "Operations", "Finance", "TechOps"
    }  # fmt: skip
    assert {one.language for one in people} == {"en", "de"}
    assert all(one.title and one.location and one.surname for one in people)


@pytest.mark.parametrize("person", FERNHILL.people, ids=lambda one: one.login)
def test_every_chain_of_managers_ends_at_the_top(person: Person) -> None:
    """Nobody manages themselves, directly or in a circle; one person has no manager."""
    seen = [person.login]
    managers = {one.login: one.manager for one in FERNHILL.people}
    while manager := managers[seen[-1]]:
        assert manager not in seen
        seen.append(manager)
    assert seen[-1] == "ingrid"


def test_no_team_hangs_on_one_person() -> None:
    """Every team is a group of at least two people of TechOps."""
    groups = {group.name: group for group in FERNHILL.groups}
    assert FERNHILL.teams
    for team in FERNHILL.teams:
        members = groups[team.group].members
        assert len(members) >= 2
        assert set(members) <= set(groups["techops"].members)


def test_roles_and_membership_items_have_groups() -> None:
    """Staff, admins, auditors, and groups to ask for; every member is somebody."""
    groups = {group.name: group for group in FERNHILL.groups}
    assert {
        "all-staff", "vpn", "figma-pilot", "github-engineering", "wiki-editors", "finance-reports", "techops",
        "selfserve-admins", "selfserve-auditors",
    } <= set(groups)  # fmt: skip
    assert len(groups["all-staff"].members) == 12
    assert all(FERNHILL.person(login) for group in FERNHILL.groups for login in group.members)
    assert FERNHILL.groups_of("tove") == [
        "all-staff", "vpn", "techops", "team-access", "team-design-tools", "selfserve-admins"
    ]  # fmt: skip


def test_a_login_is_found_in_any_case() -> None:
    """People type their names as they like."""
    assert FERNHILL.person(" Ana ") == FERNHILL.person("ana")
    assert FERNHILL.person("nobody") is None


def test_a_real_openldap_takes_the_company_in(tmp_path: Path) -> None:
    """Every entry obeys the published schemas: nothing in the sample is peculiar to the embedded directory."""
    with start_slapd(tmp_path) as slapd:
        for dn, attributes in FERNHILL.entries():
            moved = dn.replace(FERNHILL.base, slapd.base)
            if moved.endswith((f",{slapd.people}", f",{slapd.groups}")):
                classes, entry = attributes.pop("objectClass"), {}
                for name, found in attributes.items():
                    entry[name] = [one.replace(FERNHILL.base, slapd.base) for one in found]
                slapd.add_entry(moved, classes, entry)
        ana = slapd.attributes(f"uid=ana,{slapd.people}", "manager", "memberOf")
    assert ana["manager"] == [f"uid=tomas,{slapd.people}"]
    assert ana["memberOf"] == [f"cn=all-staff,{slapd.groups}"]
