"""`selfserve catalog` for whoever writes items."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Selfserve


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


def test_a_catalog_is_checked_without_a_configuration(selfserve: Selfserve, folder: Path, tmp_path: Path) -> None:
    """In a pull request there is none; the installed kinds of connectors are what it is held against."""
    ran = selfserve("-c", str(tmp_path / "none.toml"), "catalog", "check", str(folder / "catalog"))
    assert ran.code == 1
    assert "directory" in ran.err


def test_editors_get_a_schema(selfserve: Selfserve) -> None:
    """For each kind of file."""
    for kind in ("item", "teams", "policy"):
        assert json.loads(selfserve("catalog", "schema", kind).out)["$schema"].startswith("https://json-schema.org/")
