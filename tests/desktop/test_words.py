"""The app's own words: complete in both languages, in that of the system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selfserve.desktop.keep import State
from selfserve.desktop.trouble import Kind
from selfserve.desktop.wordings import WORDS
from selfserve.desktop.words import Speaker, language

FOLDER = Path(__file__).parents[2] / "src" / "selfserve" / "desktop"


def test_every_sentence_has_both_languages_and_the_same_places() -> None:
    """A place for a value that only one of them has would break a page."""
    for key, (english, german) in WORDS.items():
        assert english, key
        assert german, key
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", german)), key


def test_every_sentence_is_said_and_every_one_said_exists() -> None:
    """Nothing is left over, nothing is missing: by name in the code, and by the states that are keys."""
    code = "\n".join(path.read_text() for path in FOLDER.rglob("*.py") if path.name != "wordings.py")
    said = set(re.findall(r"[\"']([a-z_]+)[\"']", code))
    made = {str(kind) for kind in Kind} | {f"{kind}_title" for kind in Kind if kind is not Kind.SIGNED_OUT}
    made |= {str(state) for state in State if state is not State.GOOD}
    made |= {"back_title", "back_bad_title"} | {key for key in WORDS if key.startswith("fact_")}
    assert made <= set(WORDS)
    assert set(WORDS) <= said | made
    assert set(re.findall(r"say\([\"']([a-z_]+)[\"']", code)) <= set(WORDS)


@pytest.mark.parametrize(
    ("environ", "speaks"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:en"}, "de"),
        ({"LANG": "de_AT.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "\0\0"}, "en"),
    ],
)
def test_the_app_speaks_the_systems_language(environ: dict[str, str], speaks: str) -> None:
    """As far as it speaks it; English else."""
    assert language(environ, "linux") == speaks


def test_values_stand_where_they_belong() -> None:
    """And what somebody else wrote is no place for a value."""
    assert Speaker("de").say("details", detail="{server}") == "Für die, die dir helfen: {server}"
