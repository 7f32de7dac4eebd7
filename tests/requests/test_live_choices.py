"""A choice that a target offers is told by its words, as they were when it was chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pytest
from tests.stand.house import Stand

from selfserve.catalog.fields import OptionsField
from selfserve.connectors import lately
from selfserve.connectors.breaker import Circuit
from selfserve.connectors.contract import ChoicesAway, Failed, FailureKind, Option, Options
from selfserve.requests import asking, story
from selfserve.requests.refusals import NotPossible, Unfit

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


def _goes_away(board: Stand, monkeypatch: pytest.MonkeyPatch, kind: FailureKind = FailureKind.TRANSIENT) -> None:
    def away(*_: object) -> NoReturn:
        raise ChoicesAway(Failed(kind, "The shelf cannot be reached."))

    monkeypatch.setattr(board.shelf, "options", away)


def _look(board: Stand, typed: str = "") -> tuple[Option, ...]:
    question = board.house.catalog.current.items["board"].form["which"]
    assert isinstance(question, OptionsField)
    return asking.on_offer(board.house, question, typed)


def test_what_cannot_be_looked_up_is_never_told_as_not_on_offer(board: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened and what to do is said, at the list and at the asking; what was typed is judged by nobody."""
    _goes_away(board, monkeypatch)
    with pytest.raises(NotPossible, match="does not answer"):
        _look(board, "oak")
    with pytest.raises(NotPossible, match="Try again in a few minutes, or ask a human"):
        board.ask("ada", "board", {"which": "B-17"})


def test_what_was_chosen_before_an_outage_is_still_taken(board: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the words it had, for as long as somebody may fill in a form; what nobody was offered is not, nor what the
    target did not offer any more at the last look."""
    _look(board)
    _goes_away(board, monkeypatch)
    made = board.ask("ada", "board", {"which": "B-17"})
    assert board.request(made.id).answers_shown == {"which": "Oak, 80 cm"}
    with pytest.raises(NotPossible):
        board.ask("ben", "board", {"which": "B-99"})
    monkeypatch.setattr(lately, "LASTS", timedelta(seconds=-1))
    with pytest.raises(NotPossible):
        board.ask("ben", "board", {"which": "B-17"})


def test_what_is_not_offered_any_more_is_forgotten(board: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage afterwards does not bring it back."""
    _look(board)
    monkeypatch.setattr(board.shelf, "options", lambda *_: Options(()))
    with pytest.raises(Unfit):
        board.ask("ada", "board", {"which": "B-17"})
    _goes_away(board, monkeypatch)
    with pytest.raises(NotPossible):
        board.ask("ada", "board", {"which": "B-17"})


def test_the_circuit_hears_of_choices_that_cannot_be_looked_up(board: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the desk and the health page show it; what is about one question alone is no word about the target."""
    _goes_away(board, monkeypatch, FailureKind.NOT_FOUND)
    with pytest.raises(NotPossible):
        _look(board)
    assert board.house.connectors.health()["shelf"].failures == 0
    _goes_away(board, monkeypatch, FailureKind.AUTH)
    with pytest.raises(NotPossible):
        _look(board)
    health = board.house.connectors.health()["shelf"]
    assert (health.circuit, health.reason) == (Circuit.OPEN, "The shelf cannot be reached.")
