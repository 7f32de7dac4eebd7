"""docs/items.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from tests.catalog.folders import HOUSE, folder, good

from selfserve.catalog.document import read_document
from selfserve.catalog.facts import CUSTOMER_NAMES, DEVICE_NAMES, ITEM_NAMES
from selfserve.catalog.fields import FormField
from selfserve.catalog.items import Item
from selfserve.catalog.policy import ApprovalPolicy, Category, Demand, Policy
from selfserve.catalog.teams import Team

PAGE = (HOUSE.parent / "docs" / "items.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FILES = {found[1]: block for block in BLOCKS if (found := re.match(r"# (\S+\.yaml)\n", block))}
PIECES = [block for block in BLOCKS if not re.match(r"# \S+\.yaml\n", block)]
RUNBOOKS = {"runbooks/vpn.md": "# VPN\n", "runbooks/figma.md": "# Figma\n"}


def written(root: Path, files: dict[str, str]) -> Path:
    (folder(root) / "items" / "vpn.yaml").unlink()
    for name, text in {**FILES, **RUNBOOKS, **files}.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_the_examples_make_a_catalog(tmp_path: Path) -> None:
    """Copied into their files, they load."""
    assert set(good(written(tmp_path, {})).items) == {"vpn-access", "figma-editor"}


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.split(":")[0] + str(PIECES.index(piece)))
def test_each_piece_fits_into_the_smallest_item(tmp_path: Path, piece: str) -> None:
    """Laid over the first example, it loads."""
    base = FILES["items/vpn-access.yaml"]
    for key in read_document(piece).data:
        base = re.sub(rf"^{key}:.*\n(?:[ -].*\n)*", "", base, flags=re.MULTILINE)
    catalog = good(written(tmp_path, {"items/vpn-access.yaml": base + piece}))
    item = catalog.items["vpn-access"]
    assert set(read_document(piece).data) <= set(Item.model_fields) | {"with"}
    assert item.model_fields_set >= set(read_document(piece).data)


def keys(*models: type[BaseModel]) -> set[str]:
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


KINDS: tuple[type[BaseModel], ...] = get_args(get_args(FormField)[0])


@pytest.mark.parametrize("name", sorted(keys(Item, Team, Policy, Category, Demand, ApprovalPolicy)))
def test_every_key_is_explained(name: str) -> None:
    """A key that the page does not name does not exist for whoever writes items."""
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_question_is_shown_with_all_its_keys(kind: type[BaseModel]) -> None:
    """Each can be copied from the example."""
    written_as = f"type: {get_args(kind.model_fields['type'].annotation)[0]},"
    lines = [line for line in "".join(PIECES).splitlines() if written_as in line]
    shown = set(re.findall(r"(\w+):", " ".join(lines)))
    assert lines
    assert keys(kind) - {"required", "help", "default"} <= shown


@pytest.mark.parametrize("name", sorted({*CUSTOMER_NAMES, *DEVICE_NAMES, *ITEM_NAMES}))
def test_every_fact_a_rule_may_read_is_listed(name: str) -> None:
    """So that nobody has to guess."""
    assert f"`{name}`" in PAGE


def test_the_page_points_at_items_that_come_with_the_product() -> None:
    """Their number, and every one that it names to be copied."""
    names = {path.stem for path in (HOUSE / "items").glob("*.yaml")}
    table = PAGE.partition("## Items to copy from")[2].partition("## Key by key")[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) <= names
    readme = (HOUSE.parent / "README.md").read_text(encoding="utf-8")
    assert f"selfserve](../catalog/items) has {len(names)}." in table
    assert f"It comes with {len(names)} items to start from" in readme
