"""An icon that is named is an icon that is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import POLICY, folder, only, with_vpn

from selfserve.catalog.icons import icon_names
from selfserve.web.parts.icons import STAND_IN, known


def test_the_list_and_what_the_pages_can_draw_are_one() -> None:
    """Who adds a name without building the sprite anew fails here."""
    assert set(icon_names()) == known()
    assert STAND_IN in icon_names()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("sheild-check", 'There is no icon "sheild-check". Did you mean "shield-check"?'),
        ("nothing-like-any-of-them", 'There is no icon "nothing-like-any-of-them".'),
    ],
)
def test_an_unknown_icon_is_refused_with_what_was_meant(tmp_path: Path, written: str, words: str) -> None:
    """The page would draw a parcel, and nobody would know why."""
    told = only(with_vpn(tmp_path / "item", ("icon: shield-check", f"icon: {written}")))
    assert told == f"items/vpn.yaml:5:7: {words}"
    policy = POLICY.replace("icon: key", f"icon: {written}")
    assert only(folder(tmp_path / "policy", policy_yaml=policy)) == f"policy.yaml:3:26: {words}"
