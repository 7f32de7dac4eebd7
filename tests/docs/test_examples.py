"""What a reader copies out of the pages into a file is taken by the program as it stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.catalog.folders import HOUSE
from tests.catalog.stand import all_actions
from tests.docs.pages import ROOT, blocks, pages

from selfserve.catalog.loading import Catalog, load
from selfserve.settings.loading import load as load_settings
from selfserve.settings.starter import starter

SETTINGS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in pages()
    for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "toml"))
    if "project" not in tomllib.loads(block)
]


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        mapped = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = _laid_over(both[key], value) if mapped else value
    return both


def _written(values: dict[str, Any], place: str = "") -> str:
    """`values` as TOML: plain keys first, then a section for each mapping."""
    plain = [f"{key} = {_literal(value)}" for key, value in values.items() if not isinstance(value, dict)]
    head = [f"[{place}]"] if place else []
    inner = [_written(one, f"{place}.{key}".lstrip(".")) for key, one in values.items() if isinstance(one, dict)]
    return "\n".join([*head, *plain, *inner])


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, int | float) else f"'{value}'"


@pytest.mark.parametrize("block", SETTINGS)
def test_every_piece_of_settings_fits_into_a_configuration(tmp_path: Path, block: str) -> None:
    """Laid over what `selfserve init` writes; an unknown key or a wrong value would be refused."""
    path = tmp_path / "selfserve.toml"
    path.write_text(_written(_laid_over(tomllib.loads(starter()), tomllib.loads(block))))
    load_settings(path, {})


def test_pieces_are_found_where_there_are_some() -> None:
    """A search that finds none would pass everything."""
    assert len(SETTINGS) >= 8


def test_the_items_of_the_readme_load_in_the_catalog_that_comes_along(tmp_path: Path) -> None:
    """At the place their first line names."""
    folder = tmp_path / "catalog"
    for path in HOUSE.rglob("*.*"):
        target = folder / path.relative_to(HOUSE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    for item in blocks((ROOT / "README.md").read_text(encoding="utf-8"), "yaml"):
        found = re.match(r"# (catalog/\S+)\n", item)
        assert found
        (tmp_path / found[1]).write_text(item)
    loaded = load(folder, all_actions())
    assert isinstance(loaded, Catalog), str(loaded)
