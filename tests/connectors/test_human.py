"""The checklist connector: it believes only what the desk recorded."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from selfserve.connectors.contract import AlreadyDone, Context, NeedsHuman, Ports, Presence
from selfserve.connectors.human import ChecklistArgs, HumanConnector, HumanSettings
from selfserve.languages.reader import Reader

ASK = ChecklistArgs.model_validate(
    {
        "summary": "Laptop for Ana",
        "todo": [{"text": "Take one from the shelf."}, {"text": "Serial number?", "field": "serial"}],
        "take_back": [{"text": "Collect it."}],
    }
)


@pytest.fixture
def human() -> HumanConnector:
    """Needs no port and no settings."""
    return HumanConnector("human", HumanSettings(), Ports())


def test_it_hands_over_with_the_checklist(human: HumanConnector, ctx: Context) -> None:
    """The lines and the fields to fill in reach the desk as written."""
    outcome = human.apply("checklist", ASK, ctx)
    assert isinstance(outcome, NeedsHuman)
    assert [(todo.text, todo.field) for todo in outcome.todo] == [
        ("Take one from the shelf.", None),
        ("Serial number?", "serial"),
    ]
    assert human.actions["checklist"].human


@pytest.mark.parametrize(
    ("state", "presence"),
    [
        ({}, Presence.INVISIBLE),
        ({"done_by_hand": {}}, Presence.PRESENT),
        ({"done_by_hand": True}, Presence.PRESENT),
        ({"done_by_hand": {"serial": "C02"}, "taken_back_by_hand": {}}, Presence.ABSENT),
    ],
)
def test_only_the_desks_record_counts(human: HumanConnector, state: dict[str, object], presence: Presence) -> None:
    """An empty record counts too: a checklist may have no field."""
    assert human.observe("checklist", ASK, state).presence is presence


def test_taking_back_is_a_humans_turn_as_well(human: HumanConnector, ctx: Context) -> None:
    """With its own checklist, or one line made from the summary; recorded already is success."""
    back = human.undo("checklist", ASK, {"done_by_hand": True}, ctx)
    assert isinstance(back, NeedsHuman)
    assert [todo.text for todo in back.todo] == ["Collect it."]
    plain = human.undo("checklist", ASK.model_copy(update={"take_back": []}), {}, ctx)
    assert isinstance(plain, NeedsHuman)
    assert "Laptop for Ana" in plain.todo[0].text
    assert isinstance(human.undo("checklist", ASK, {"taken_back_by_hand": True}, ctx), AlreadyDone)


def test_the_very_same_checklist_is_one_thing_and_another_is_another(human: HumanConnector) -> None:
    """Two requests share only what is the same in every word."""
    other = ASK.model_copy(update={"summary": "Laptop for Bob"})
    assert human.resource("checklist", ASK) == human.resource("checklist", ASK.model_copy())
    assert human.resource("checklist", ASK) != human.resource("checklist", other)


@pytest.mark.parametrize("bad", [{"todo": []}, {"todo": [{"text": "x", "field": "No Field"}]}, {"summary": ""}])
def test_a_checklist_without_lines_or_with_odd_fields_is_refused(bad: dict[str, object]) -> None:
    """When the catalog is checked, not when somebody asks."""
    with pytest.raises(ValidationError):
        ChecklistArgs.model_validate({**ASK.model_dump(), **bad})


@pytest.mark.parametrize(
    ("todo", "secret"),
    [
        ([{"text": "Set a password", "field": "word", "secret": True}], True),
        ([{"text": None, "field": "serial"}, {"text": "Hand it over"}], False),
        ([{"text": "x", "field": "word", "secret": None}], None),
        ([None], None),
        (None, None),
    ],
)
def test_a_checklist_gives_a_secret_where_a_line_is_sealed(todo: object, secret: bool | None) -> None:
    """Known as far as it is written; what an expression gives is not known."""
    assert HumanConnector.gives_secret("checklist", {"summary": None, "todo": todo}) is secret


def test_only_what_is_written_down_can_be_optional() -> None:
    """A line without a field is a tick; nothing of it can be left out."""
    fine = ChecklistArgs.model_validate({"summary": "x", "todo": [{"text": "y", "field": "old", "required": False}]})
    assert not fine.todo[0].required
    with pytest.raises(ValidationError, match="tick anyway"):
        ChecklistArgs.model_validate({"summary": "x", "todo": [{"text": "y", "required": False}]})


def test_a_checklist_speaks_the_language_of_who_does_it(human: HumanConnector, ctx: Context) -> None:
    """Its summary and each line; it is the same thing to do in whatever languages."""
    said = {"de": {"summary": "Laptop für Ana", "todo": ["Nimm einen aus dem Regal.", "Seriennummer?"]}}
    asked = ChecklistArgs.model_validate({**ASK.model_dump(), "languages": said})
    outcome = human.apply("checklist", asked, ctx)
    assert isinstance(outcome, NeedsHuman)
    german = Reader("de")
    assert german.tell(outcome.reason) == "Laptop für Ana"
    assert [german.tell(todo.text) for todo in outcome.todo] == ["Nimm einen aus dem Regal.", "Seriennummer?"]
    assert [str(todo.text) for todo in outcome.todo] == ["Take one from the shelf.", "Serial number?"]
    back = human.undo("checklist", asked, {}, ctx)
    assert isinstance(back, NeedsHuman)
    assert german.tell(back.reason) == "Zurückzunehmen: Laptop für Ana"
    assert human.resource("checklist", asked) == human.resource("checklist", ASK)


def test_a_checklist_says_every_line_in_every_language() -> None:
    """Two lines for three would put the wrong words beside a field."""
    with pytest.raises(ValidationError, match="1 lines of `todo` in de, for 2"):
        ChecklistArgs.model_validate({**ASK.model_dump(), "languages": {"de": {"todo": ["Nur eine."]}}})


@pytest.mark.parametrize("name", ["todo", "take_back"])
def test_a_checklist_asks_for_each_field_once(name: str) -> None:
    """Of twins one would stand in the other's place, one of them sealed and the other not."""
    lines = [
        {"text": "The code", "field": "code"},
        {"text": "Read it out"},
        {"text": "The code again", "field": "code"},
    ]
    with pytest.raises(ValidationError, match='"code" stands in line 1') as refused:
        ChecklistArgs.model_validate({**ASK.model_dump(), name: lines})
    assert [one["loc"] for one in refused.value.errors()] == [(name, 2, "field")]
    both = {"todo": lines[:1], "take_back": lines[:1]}  # never asked in one form
    assert ChecklistArgs.model_validate({**ASK.model_dump(), **both}).take_back[0].field == "code"


def test_taking_back_seals_nothing() -> None:
    """Nobody is given anything then."""
    sealed = [{"text": "The code", "field": "code", "secret": True}]
    with pytest.raises(ValidationError, match="when something is taken back"):
        ChecklistArgs.model_validate({**ASK.model_dump(), "take_back": sealed})
