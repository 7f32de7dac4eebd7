"""`selfserve catalog` for whoever writes items."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Selfserve

from selfserve.store.database import Database
from selfserve.store.tables import Person


def test_a_problem_is_told_with_its_place(selfserve: Selfserve, folder: Path) -> None:
    """File, line and column, so that an editor can jump there."""
    item = folder / "catalog/items/figma-editor.yaml"
    item.write_text(item.read_text().replace("use: seats.assign", "use: seats.asign"))
    ran = selfserve("catalog", "check")
    assert ran.code == 1
    assert "items/figma-editor.yaml:" in ran.err
    assert "The catalog has 1 problem." in ran.err
    (problem,) = json.loads(selfserve("catalog", "check", "--json").out)
    assert problem["file"] == "items/figma-editor.yaml"
    assert problem["line"] > 1


def _with_a_group(folder: Path, group: str, writable: str) -> None:
    config = folder / "selfserve.toml"
    allowed = '"vpn", "wiki-*", "github-*", "finance-*", "figma-*", "guest-*", "production-*", "crm"'
    config.write_text(config.read_text().replace("writable_groups = []", f"writable_groups = [{writable or allowed}]"))
    item = folder / "catalog/items/figma-editor.yaml"
    text = re.sub(r"use: .*", "use: directory.add_member", item.read_text(), count=1)
    item.write_text(re.sub(r"with: .*", f'with: {{group: {group}, customer: "${{customer.login}}"}}', text, count=1))


@pytest.mark.parametrize("command", [("catalog", "check"), ("doctor",)])
def test_what_the_configuration_never_lets_happen_is_told(
    selfserve: Selfserve, folder: Path, command: tuple[str, ...]
) -> None:
    """With its place, without a secret and without a directory that answers; else every ask would be declined."""
    _with_a_group(folder, "not-writable", "")
    ran = selfserve(*command)
    assert re.search(r"items/figma-editor\.yaml:\d+:\d+: The group not-writable is not among", ran.out + ran.err)
    assert ran.code == 1


def test_a_group_that_an_answer_chooses_is_warned_of(selfserve: Selfserve, folder: Path) -> None:
    """A warning stops nobody: the catalog is right as far as it can be told."""
    _with_a_group(folder, "'${customer.title}'", '"*"')
    ran = selfserve("catalog", "check")
    assert re.search(r"items/figma-editor\.yaml:\d+:\d+: Whoever chooses the group here .*\(a warning\)", ran.err)
    assert ran.code == 0


def test_a_catalog_is_checked_without_a_configuration(selfserve: Selfserve, folder: Path, tmp_path: Path) -> None:
    """In a pull request there is none; the installed kinds of connectors are what it is held against."""
    ran = selfserve("-c", str(tmp_path / "none.toml"), "catalog", "check", str(folder / "catalog"))
    assert ran.code == 1
    assert "directory" in ran.err


def test_the_catalog_is_held_against_people_as_doctor_does(selfserve: Selfserve, folder: Path) -> None:
    """An approval by a group that nobody is in, and teams that nobody is in, are not called right."""
    item = folder / "catalog/items/figma-editor.yaml"
    item.write_text(re.sub(r"by: \[.*\]", "by: [group:nobody]", item.read_text(), count=1))
    assert selfserve("db", "upgrade").code == 0
    _somebody(folder)
    ran = selfserve("catalog", "check")
    assert ran.code == 1
    assert 'the group "nobody" is empty or does not exist' in ran.err
    assert "present members" in ran.err
    assert "was not looked at" not in ran.err


def _somebody(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'data/selfserve.db'}")
    with database.write() as session:
        seen = datetime(2027, 3, 1, tzinfo=UTC)
        session.add(Person(id="p", key="p", dn="uid=p", login="p", email="p@fern.example", name="Pia", seen_at=seen))
    database.close()


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ([], "there is no store yet"),
        ([("db", "upgrade")], "nobody was read from the directory yet"),
    ],
)
def test_what_was_not_looked_at_is_said(
    selfserve: Selfserve, folder: Path, before: list[tuple[str, ...]], why: str
) -> None:
    """In one line, beside a catalog that is right as far as it was looked at."""
    for command in before:
        assert selfserve(*command).code == 0
    ran = selfserve("catalog", "check")
    assert (ran.code, ran.err) == (0, f"Whether people can act for teams and approvals was not looked at: {why}.\n")


def test_a_store_that_cannot_be_read_is_said_too(selfserve: Selfserve, folder: Path) -> None:
    """And stops no look at the files."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/selfserve.db").touch(mode=0o600)
    ran = selfserve("catalog", "check")
    assert ran.code == 0
    assert "was not looked at: The store is empty; run `selfserve db upgrade`." in ran.err


def test_a_section_that_is_wrong_is_said_beside_the_catalog(selfserve: Selfserve, folder: Path) -> None:
    """What its connector never lets happen could not be looked at: with the key that is wrong, and its place."""
    config = folder / "selfserve.toml"
    config.write_text(re.sub(r"total = \d+", 'total = "one"', config.read_text(), count=1))
    ran = selfserve("catalog", "check")
    assert ran.code == 0
    wrong = "selfserve.toml: connectors.seats.pools.figma-editor.total is 'one'; allowed is a whole number"
    assert f"What this connector allows was not looked at: {wrong}" in ran.err
    assert "total is" not in selfserve("catalog", "check", "--json").out


def test_editors_get_a_schema(selfserve: Selfserve) -> None:
    """For each kind of file."""
    for kind in ("item", "teams", "policy"):
        assert json.loads(selfserve("catalog", "schema", kind).out)["$schema"].startswith("https://json-schema.org/")
