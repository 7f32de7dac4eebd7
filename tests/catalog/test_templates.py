"""Arguments of steps: what `${…}` becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from selfserve.catalog.facts import Facts
from selfserve.catalog.rules import Rule, RuleBroken, RuleFailed
from selfserve.catalog.templates import Arguments, Template

CONTEXT: dict[str, Any] = {
    "customer": {"login": "ana", "groups": ["a", "b"]},
    "form": {"count": 3, "until": datetime(2027, 7, 31, 21, 59, 59, tzinfo=UTC), "none": None, "yes": True},
    "now": datetime(2026, 1, 1, tzinfo=UTC),
}


def resolve(text: str) -> Any:
    return Template.compile(text).resolve(CONTEXT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${customer.login}", "ana"),
        ("${ form.count }", 3),
        ("${customer.groups}", ["a", "b"]),
        ("${form.until}", CONTEXT["form"]["until"]),
        ("${form.none}", None),
        ("${form.yes}", True),
        ('${duration("2h")}', timedelta(hours=2)),
    ],
)
def test_one_expression_alone_keeps_its_type(text: str, value: Any) -> None:
    """A number stays a number and a list a list."""
    assert resolve(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Hello ${customer.login}!", "Hello ana!"),
        ("${form.count}${form.count}", "33"),
        ("until ${form.until}", "until 31 July 2027, 21:59"),
        ("for ${duration('2h')}", "for 2 hours"),
        ("in ${customer.groups}", "in a, b"),
        ("nothing: ${form.none}.", "nothing: ."),
        ("agreed: ${form.yes}", "agreed: yes"),
        ('${{"a": "}"}["a"]} and ${"}"}', "} and }"),
        ("costs $${customer.login}", "costs ${customer.login}"),
        ("$5 and $ {x}", "$5 and $ {x}"),
    ],
)
def test_an_expression_inside_a_text_is_spoken(text: str, value: str) -> None:
    """Within words, values are written as a person reads them; braces and dollar signs are told apart."""
    assert resolve(text) == value


@pytest.mark.parametrize(
    ("text", "column"), [("a ${customer.", 3), ("a ${1 +}", 8), ("${}", 3), ('${"}', 3), ("a ${{}", 3)]
)
def test_a_broken_expression_names_its_position_in_the_text(text: str, column: int) -> None:
    """The column counts from the start of the whole text."""
    with pytest.raises(RuleBroken) as caught:
        Template.compile(text)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("zone", "at", "told"),
    [
        ("Europe/Berlin", datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC), "30 November 2026"),
        ("Europe/Berlin", datetime(2027, 7, 31, 21, 59, 59, tzinfo=UTC), "31 July 2027"),
        ("America/Los_Angeles", datetime(2026, 12, 1, 7, 59, 59, tzinfo=UTC), "30 November 2026"),
        ("Asia/Tokyo", datetime(2026, 11, 30, 14, 59, 59, 999, tzinfo=UTC), "30 November 2026"),
        ("Europe/Berlin", datetime(2026, 11, 30, 13, 5, tzinfo=UTC), "30 November 2026, 14:05"),
    ],
)
def test_a_day_is_told_as_the_day_that_was_meant(zone: str, at: datetime, told: str) -> None:
    """In the zone it was meant in; a time that is no end of a day keeps its clock. Alone, it stays the instant."""
    context = Facts(CONTEXT, form={"until": at})
    context.zone = ZoneInfo(zone)
    assert Template.compile("by ${form.until}.").resolve(context) == f"by {told}."
    assert Template.compile("${form.until}").resolve(context) == at
    with pytest.raises(RuleFailed):
        Rule.compile("zone").value(context)


def test_what_was_typed_is_never_read_as_a_template() -> None:
    """An answer that looks like an expression stays a text."""
    context = {**CONTEXT, "customer": {"login": "${form.count}"}}
    assert Template.compile("${customer.login}").resolve(context) == "${form.count}"
    assert Template.compile("x ${customer.login}").resolve(context) == "x ${form.count}"


def test_a_map_cannot_stand_inside_a_text() -> None:
    """It would show its inner writing to a person."""
    with pytest.raises(RuleFailed):
        resolve("x ${customer}")


def test_arguments_are_filled_at_every_depth_and_leave_the_file_as_it_is() -> None:
    """Lists and mappings keep their shape, static values their type; resolving twice gives the same."""
    tree = {"todo": [{"text": "for ${customer.login}", "secret": False}], "n": 4, "who": "${customer.login}"}
    arguments = TypeAdapter(Arguments).validate_python(tree)
    expected = {"todo": [{"text": "for ana", "secret": False}], "n": 4, "who": "ana"}
    assert arguments.resolve(CONTEXT) == arguments.resolve(CONTEXT) == expected
    assert TypeAdapter(Arguments).dump_python(arguments) == tree


def test_errors_in_arguments_tell_the_place() -> None:
    """Every broken expression of a tree is told, each where it stands."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Arguments).validate_python({"a": ["${1 +}"], "b": "${"})
    assert [error["loc"] for error in caught.value.errors()] == [("a", 0), ("b",)]


@given(st.text(max_size=60).filter(lambda text: "${" not in text))
def test_a_text_without_expressions_is_itself(text: str) -> None:
    """Nothing else in a text means anything."""
    assert Template.compile(text).resolve({}) == text


@given(st.text(alphabet="${}ab\"' .1", max_size=40))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    """No writing of dollars, braces and quotes raises anything else, and the position lies in the text."""
    try:
        column = len(Template.compile(text).parts)
    except RuleBroken as error:
        column = error.column
    assert 0 <= column <= len(text) + 1
