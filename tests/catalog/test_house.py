"""The catalog that comes with the product."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import jsonschema_rs
import pytest
from ruamel.yaml import YAML
from tests.catalog.folders import HOUSE
from tests.catalog.stand import Groups, demo_actions

from selfserve.catalog.facts import CustomerFacts, rule_context
from selfserve.catalog.fields import (
    ChoiceField,
    DateField,
    DurationField,
    FormField,
    LongTextField,
    NumberField,
    TextField,
    YesNoField,
)
from selfserve.catalog.items import Item
from selfserve.catalog.loading import Catalog, load
from selfserve.catalog.schema import item_schema, policy_schema, teams_schema
from selfserve.catalog.untold import untold
from selfserve.demo.company import FERNHILL
from selfserve.languages.books import SOURCE, codes
from selfserve.languages.messages import Spoken

PEOPLE = Groups(**{group.name: len(group.members) for group in FERNHILL.groups})
LOADED = load(HOUSE, demo_actions(), PEOPLE)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
assert isinstance(LOADED, Catalog), str(LOADED)
CATALOG = LOADED


def test_the_catalog_of_the_house_passes_every_check() -> None:
    """What we ship loads with the sample company's teams, and every shelf has something on it."""
    shelves = [item.category for item in CATALOG.items.values()]
    assert len(shelves) >= 25
    assert all(shelves.count(category.name) >= 3 for category in CATALOG.policy.categories)


def test_items_use_every_way_of_the_product() -> None:
    """Auto, manager and team approval, one-off, seat, device, human, pack and a target that is down: all there."""
    uses = {step.use for item in CATALOG.items.values() for step in item.fulfil}
    approvers = {str(by) for item in CATALOG.items.values() for stage in item.approve for by in stage.by}
    assert {
        "directory.add_member",
        "directory.unlock",
        "directory.reset_password",
        "legacy.add_member",
        "seats.assign",
        "munki.install",
        "human.checklist",
    } <= uses
    assert "manager" in approvers
    assert any(by.startswith("team:") for by in approvers)
    assert {item.risk for item in CATALOG.items.values()} == {"low", "medium", "high"}
    assert any(len(item.fulfil) > 1 for item in CATALOG.items.values())


def test_the_days_of_a_seat_with_a_waiting_line_count_from_delivery() -> None:
    """Hard case 6: whoever waits three weeks for a Zoom seat still has it for the thirty days they asked for."""
    item = CATALOG.items["zoom-pro"]
    assert item.grant is not None
    asked = rule_context(item, cast("CustomerFacts", {}), now=NOW, form={"days": 30})
    assert item.grant.ends.resolve(asked) == timedelta(days=30)


def test_the_line_for_a_seat_is_told_before_it_is_asked_for() -> None:
    """Not where one reads how to use the seat one has."""
    item = CATALOG.items["zoom-pro"]
    for words, line in ((str, "line"), (lambda text: text.others["de"], "Reihe")):
        assert line not in words(item.promise)
        assert line in words(item.form["days"].help)


def test_items_ask_every_kind_of_question() -> None:
    """Whoever writes an item finds an example of each kind."""
    asked = {field.type for item in CATALOG.items.values() for field in item.form.values()}
    assert asked == {
        "text", "longtext", "number", "choice", "options", "person", "device", "date", "duration", "yesno",
    }  # fmt: skip


@pytest.mark.parametrize("code", [code for code in codes() if code != SOURCE])
@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_what_we_ship_is_said_in_every_language(item: Item, code: str) -> None:
    """Every text that customers and approvers read, the names of the shelves too."""
    read = [item.name, item.summary, item.promise, *(stage.why for stage in item.approve)]
    read += [step.gives for step in item.fulfil]
    for field in item.form.values():
        read += [field.label, field.help]
        read += [option.label for option in field.options] if isinstance(field, ChoiceField) else []
    read += [category.name for category in CATALOG.policy.categories]
    assert [text for text in read if text and not (isinstance(text, Spoken) and text.others.get(code))] == []


def test_nothing_of_what_we_ship_is_left_untold() -> None:
    """Checklists, runbooks and teams too: whoever works at the desk reads their own language."""
    assert [str(problem) for problem in untold(CATALOG.draft)] == []


def test_no_two_items_look_alike() -> None:
    """A name and an icon of its own tell each card from the others."""
    for shown in ("name", "icon", "summary"):
        words = [getattr(item, shown) for item in CATALOG.items.values()]
        assert [word for word in words if words.count(word) > 1] == [], shown


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_a_card_holds_the_whole_summary(item: Item) -> None:
    """Two lines of a card, three of them in a row: what is longer ends in dots."""
    summary, name = item.summary, item.name
    for said in (summary, *(summary.others.values() if isinstance(summary, Spoken) else ())):
        assert len(said) <= 62, said
        assert len(textwrap.wrap(said, 32)) <= 2, said  # 32 signs are a line of a card at 1280 px
    assert len(name) <= 28


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_what_nobody_answered_leaves_nothing_hanging(item: Item) -> None:
    """Whoever works by a checklist reads no comma, colon or bracket with nothing behind it, in any language."""
    asked = {name: _longest(field) for name, field in item.form.items() if getattr(field, "required", False)}
    unticked: dict[str, object] = {name: False for name, field in item.form.items() if isinstance(field, YesNoField)}
    customer = cast("CustomerFacts", {**dict.fromkeys(CustomerFacts.__annotations__, "m" * 60), "groups": []})
    context = rule_context(item, customer, now=NOW, form=unticked | asked)
    texts = [text for step in item.fulfil for text in _within(step.arguments.resolve(context))]
    assert [text for text in texts if re.search(r"[,:(]\s*([.,)]|$)|\(\)|\s$", text)] == []


def _within(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _within(value)
    elif isinstance(found, list):
        for value in found:
            yield from _within(value)


def _longest(field: FormField) -> object:
    """An answer as long as the form takes."""
    match field:
        case TextField() | LongTextField():
            return "m" * field.max
        case NumberField():
            return field.max
        case ChoiceField():
            return max((option.value for option in field.options), key=len)
        case DateField():
            return NOW + (field.max or timedelta(days=365))
        case DurationField():
            return field.max or timedelta(days=365)
        case YesNoField():
            return True
        case _:
            return "m" * 36


def _to_fill_in(item: Item) -> list[str]:
    lines = [line for step in item.fulfil for line in step.arguments.tree.get("todo", ())]
    return [line["text"] for line in lines if line.get("field")]


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_what_staff_fill_in_has_a_short_name(item: Item) -> None:
    """Such a line is the label of a field on the desk: what to do stands in a line of its own."""
    assert [text for text in _to_fill_in(item) if len(text) > 50 or text.endswith(".")] == []


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_the_longest_answers_fit_into_every_step(item: Item) -> None:
    """What a form takes, its steps can be given: nobody is told after asking that they wrote too much."""
    form = {name: _longest(field) for name, field in item.form.items()}
    customer = cast("CustomerFacts", {**dict.fromkeys(CustomerFacts.__annotations__, "m" * 60), "groups": []})
    context = rule_context(item, customer, now=NOW, form=form)
    for step in item.fulfil:
        action = demo_actions().lookup(step.use)
        assert action is not None
        action.args.model_validate(step.arguments.resolve(context))


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_words_on_screen_never_speak_of_users_or_tickets(item: Item) -> None:
    """What a customer reads has no jargon of the trade."""
    shown = [item.name, item.summary, item.promise or "", *(field.label for field in item.form.values())]
    shown += [field.help or "" for field in item.form.values()] + [stage.why or "" for stage in item.approve]
    assert not re.search(r"\b(users?|tickets?|submit|provision|SLA)\b", " ".join(shown), re.IGNORECASE)


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_every_runbook_says_all_that_a_new_colleague_needs(item: Item) -> None:
    """How to look, do, verify and take back, what to tell the customer, and whom to call."""
    found = re.findall(r"^## (.+)$", CATALOG.runbook(item), re.MULTILINE)
    assert found == [
        "Look first", "Do it by hand", "See that it worked", "Take it back", "Tell the customer", "Who else",
    ]  # fmt: skip


@pytest.mark.parametrize("item", CATALOG.items.values(), ids=lambda item: item.id)
def test_an_item_survives_being_pinned_to_a_request(item: Item) -> None:
    """The canonical JSON makes the same item again, with the same digest."""
    again = Item.model_validate_json(item.canonical())
    assert again == item
    assert again.digest == item.digest == CATALOG.digests[item.id]


@pytest.mark.parametrize("path", sorted((HOUSE / "items").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_json_schema_accepts_what_the_loader_accepts(path: object) -> None:
    """An editor that helps by the schema does not complain about a good file."""
    data = YAML(typ="safe", pure=True).load((HOUSE / "items" / str(path).rsplit("/", 1)[-1]).read_text())
    jsonschema_rs.validate(item_schema(), data)


def test_the_schemas_accept_teams_and_policy() -> None:
    """So for the two other files."""
    for name, schema in (("teams.yaml", teams_schema()), ("policy.yaml", policy_schema())):
        data = YAML(typ="safe", pure=True).load((HOUSE / name).read_text())
        jsonschema_rs.validate(schema, data)


def test_the_json_schema_refuses_an_unknown_key() -> None:
    """A slip of the pen is seen in the editor already."""
    data = json.loads(next(iter(CATALOG.items.values())).canonical())
    assert jsonschema_rs.is_valid(item_schema(), data)
    assert not jsonschema_rs.is_valid(item_schema(), {**data, "onwer": "techops"})


def test_no_group_is_named_to_customers() -> None:
    """Each step that puts somebody into a group says in plain words what they get of it, and not the group's name."""
    steps = [step for item in CATALOG.items.values() for step in item.fulfil if step.use.endswith(".add_member")]
    assert len(steps) > 5
    for step in steps:
        assert step.gives, step.id
        assert str(step.arguments.tree["group"]) not in step.gives
