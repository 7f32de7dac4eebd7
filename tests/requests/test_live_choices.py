"""A choice that a target offers is told by its words, as they were when it was chosen."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.connectors.contract import Option, Options
from selfserve.requests import story
from selfserve.requests.refusals import Unfit

ITEM = """
id: board
name: A board
summary: Choose one of those there are.
category: Access
icon: key-round
owner: techops
runbook: runbooks/shelf.md
risk: low
who: "true"
form:
  which: {type: options, label: Which one?, from: shelf.put.thing, required: true}
fulfil:
  - {id: put, use: shelf.put, with: {thing: "${form.which}", customer: "${customer.login}"}}
grant: {ends: never}
escalate: {after: 30m, to: techops}
expect: 1m
"""


@pytest.fixture
def board(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """The shelf offers oak, and knows what it is called."""
    offered = Options((Option("B-17", "Oak, 80 cm"),))
    monkeypatch.setattr(stand.shelf, "options", lambda *_: offered)
    (stand.catalog / "items" / "board.yaml").write_text(ITEM)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    return stand


def test_the_words_of_a_live_choice_are_kept(board: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step gets the value, people read the words, even when the target offers it no more."""
    made = board.ask("ada", "board", {"which": "B-17"})
    monkeypatch.setattr(board.shelf, "options", lambda *_: Options(()))
    assert board.shelf.things == {("B-17", "ada")}
    with board.house.database.read() as session:
        found = story.find(session, made.name)
        assert found is not None
        told = story.story(session, board.house, found, board.people["ada"])
    assert [(one.label, one.text) for one in told.answers] == [("Which one?", "Oak, 80 cm")]


def test_what_is_not_on_offer_is_not_taken(board: Stand) -> None:
    """Whatever was typed."""
    with pytest.raises(Unfit):
        board.ask("ada", "board", {"which": "B-99"})
