"""Nobody becomes an approver or owner by being handed an item."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import good, only, with_vpn
from tests.catalog.test_house import CATALOG

from selfserve.catalog.checks.deciders import perhaps_deciders
from selfserve.catalog.loading import Catalog, load
from selfserve.connectors.declared import DeclaredActions

CHOICE = "form:\n  group: {type: choice, label: A, options: [vpn, %s], required: true}\nfulfil:"
FREE = "form:\n  group: {type: text, label: A, required: true}\nfulfil:"


@pytest.mark.parametrize(
    "group", ["design", '"DESIGN "', '"cn=design,ou=groups,dc=example,dc=org"', '"CN=Design, ou=Elsewhere,dc=example"']
)
def test_an_item_that_gives_the_group_of_a_team_is_refused(tmp_path: Path, group: str) -> None:
    """However the group is spelt: its members own items, work at the desk and approve for the team."""
    found = only(with_vpn(tmp_path, ("group: vpn", f"group: {group}")))
    assert found.startswith("items/vpn.yaml:13:19: ")
    assert 'comes into "design", and so belongs to the team "design". Let the item give a group of its own.' in found


def test_an_item_that_gives_a_group_that_approves_is_refused(tmp_path: Path) -> None:
    """Also where the approver is named by `group:` and not by a team."""
    found = only(with_vpn(tmp_path, ("fulfil:", 'approve:\n  - by: ["group:vpn", manager]\nfulfil:')))
    assert 'comes into "vpn", and so may approve "vpn".' in found


def test_a_team_s_group_is_refused_as_one_of_the_options(tmp_path: Path) -> None:
    """What a `choice` offers is known beforehand; every option of it is tried."""
    change = ("group: vpn", 'group: "${form.group}"')
    assert 'comes into "design"' in only(with_vpn(tmp_path / "bad", ("fulfil:", CHOICE % "design"), change))
    fine = good(with_vpn(tmp_path / "fine", ("fulfil:", CHOICE % "wiki"), change))
    assert not list(perhaps_deciders(fine.draft))


def test_a_group_that_an_answer_names_is_warned_of(tmp_path: Path) -> None:
    """It cannot be told from the file; which groups are in question is said, and what to do."""
    path = with_vpn(tmp_path, ("fulfil:", FREE), ("group: vpn", 'group: "${form.group}"'))
    (doubt,) = perhaps_deciders(good(path).draft)
    assert (doubt.file, doubt.line) == ("items/vpn.yaml", 13)
    assert "may choose one whose members decide: design." in doubt.sentence


@pytest.mark.parametrize(("writable", "doubts"), [(["vpn*"], 0), (["*"], 1), (["ou=groups,dc=example,dc=org"], 1)])
def test_a_group_the_connector_may_not_write_is_in_no_doubt(tmp_path: Path, writable: list[str], doubts: int) -> None:
    """With the configuration at hand it is known which groups an answer could reach at all."""
    path = with_vpn(tmp_path, ("fulfil:", FREE), ("group: vpn", 'group: "${form.group}"'))
    loaded = load(path, configured(writable))
    assert isinstance(loaded, Catalog)
    assert len(list(perhaps_deciders(loaded.draft))) == doubts


def test_leaving_such_a_group_is_no_way_into_it(tmp_path: Path) -> None:
    """Items that take somebody out of a team's group stay possible."""
    good(with_vpn(tmp_path, ("add_member", "remove_member"), ("group: vpn", "group: design")))


def test_what_we_ship_hands_nobody_a_vote() -> None:
    """Whoever is given the repository or the figures does not thereby decide about production or the figures."""
    assert not list(perhaps_deciders(CATALOG.draft))
    groups = {team.group for team in CATALOG.teams.values()}
    given = {step.arguments.plain().get("group") for item in CATALOG.items.values() for step in item.fulfil}
    assert {"github-engineering", "finance-reports"} <= given
    assert not groups & given


SECTION = {
    "kind": "ldap", "urls": ["ldaps://ldap.example.org"], "bind_dn": "cn=selfserve,dc=example,dc=org",
    "bind_password": "x", "people_base": "ou=people,dc=example,dc=org", "groups_base": "ou=groups,dc=example,dc=org",
}  # fmt: skip


def configured(writable: list[str]) -> DeclaredActions:
    """The directory's actions under a configuration."""
    section = {**SECTION, "writable_groups": writable}
    return DeclaredActions.of({"directory": "ldap"}, sections={"directory": section})
