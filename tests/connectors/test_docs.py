"""docs/connectors.md is true to the code."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from selfserve.connectors import contract
from selfserve.connectors.conformance import Case
from selfserve.connectors.contract import AlreadyDone, Context, Done, Ports, Presence
from selfserve.connectors.kinds import OWN
from selfserve.connectors.registry import Registry
from selfserve.connectors.sections import read_section

TEXT = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_whole_connector_in_the_text_works() -> None:
    """A reader copies it."""
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)
    lamp, args = names["LampConnector"], names["LampArgs"](room="hall")
    connector = Registry.build({"office": {"kind": "lamp", "rooms": ["hall"]}}, Ports(), extra=[lamp]).get("office")
    now = datetime.now(UTC)
    context = Context("k", now, lambda: now)
    assert isinstance(connector.apply("light", args, context), Done)
    assert isinstance(connector.apply("light", args, context), AlreadyDone)
    assert connector.observe("light", args, {}).presence is Presence.PRESENT
    assert isinstance(connector.undo("light", args, {}, context), Done)
    assert connector.plan("light", names["LampArgs"](room="attic")).blocked


def test_the_sections_in_the_text_fit_the_connectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader pastes them; only the file of the authority is not there in a test."""
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    sections = next(tomllib.loads(block) for block in blocks("toml") if "[connectors.directory]" in block)["connectors"]
    assert set(sections) == {"directory", "seats", "munki", "human"}
    for name, section in sections.items():
        found = Registry.kinds()
        assert section["kind"] in found
        module, _, attribute = OWN[section["kind"]].partition(":")
        kind = getattr(__import__(module, fromlist=[attribute]), attribute)
        assert read_section(name, section, kind, lambda reference: f"secret of {reference}")


def test_every_method_outcome_action_and_fault_is_described() -> None:
    """Who adds one without a word here fails this test."""
    methods = [name for name in vars(contract.Connector) if not name.startswith("_") and name != "name"]
    outcomes = [one.__name__ for one in get_args(contract.Outcome)]
    flags = [one.name for one in fields(contract.Action) if one.name not in ("name", "args", "title")]
    faults = [one.name for one in fields(Case) if one.name not in ("connector", "action", "args")]
    actions = [name for kind in OWN for name in Registry.kinds()[kind]]
    missing = [
        one for one in (*methods, *outcomes, *flags, *faults, *actions, *OWN) if not re.search(rf"`{one}[`(]", TEXT)
    ]
    assert missing == []
