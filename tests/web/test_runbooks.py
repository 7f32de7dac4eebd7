"""The runbooks that come with the product name what a colleague finds on the page of a case."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selfserve.languages.reader import Reader
from selfserve.web.pages import case_acts
from tests.web.stand import CATALOG

RUNBOOKS = sorted((CATALOG / "runbooks").glob("*.md"))
GERMAN = [path for path in RUNBOOKS if path.stem.endswith(".de")]
PAGE = Path(case_acts.__file__).read_text()
BUTTONS = {*re.findall(r'(?:Button\("\w+", |_press\()say\("([^"]+)"\)', PAGE)}
SENTENCES = {*re.findall(r'say\("([^"]+)"', PAGE)}
CHOSEN = re.compile(r"\b[Cc]hoose\s+\*\*([^*]+)\*\*")
PLACES = re.compile(r'\b(?:[Uu]nder|into|tick)\s+"([^"]+)"')


def test_the_page_s_buttons_are_known_here() -> None:
    """What the tests below compare with is the page as it is."""
    assert RUNBOOKS
    assert {"It is done", "Close and tell them", "Hand it on", "Try again", "Take it"} <= BUTTONS


@pytest.mark.parametrize(
    "runbook", [path for path in RUNBOOKS if path.stem.endswith(".de")], ids=lambda path: path.stem
)
def test_a_german_runbook_names_what_a_german_page_shows(runbook: Path) -> None:
    """Buttons by the words they have in German, and as many parts as its original."""
    text = " ".join(runbook.read_text().split())
    german = {Reader("de").say(words) for words in BUTTONS}
    assert set(re.findall(r"\b[Ww]ähle\s+(?:dafür )?\*\*([^*]+)\*\*", text)) <= german
    original = runbook.with_name(runbook.name.replace(".de.md", ".md")).read_text()
    for sign in (r"(?m)^#+ ", r"(?m)^ *(?:\d+\.|-) ", "`"):
        assert len(re.findall(sign, runbook.read_text())) == len(re.findall(sign, original)), sign


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_names_only_buttons_and_fields_that_are_there(runbook: Path) -> None:
    """Whoever reads "choose" looks for a button of that name; "under", "into" and "tick" name a part of a form."""
    text = " ".join(runbook.read_text().split())
    assert set(CHOSEN.findall(text)) <= BUTTONS
    assert set(PLACES.findall(text)) <= SENTENCES


def test_a_checklist_is_named_only_where_there_is_one() -> None:
    """A case of an item that machines do has no list to write into."""
    listed = {
        found[1]
        for path in (CATALOG / "items").glob("*.yaml")
        if "human.checklist" in (text := path.read_text())
        and (found := re.search(r"(?m)^runbook: runbooks/(\S+)", text))
    }
    naming = {path.name for path in RUNBOOKS if "checklist" in path.read_text()}
    assert naming <= listed
