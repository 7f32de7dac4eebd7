"""Rules: what they may name, what they give, and that failing denies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.catalog.celtext import read
from selfserve.catalog.rules import LONGEST, Rule, RuleBroken, RuleFailed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTEXT: dict[str, Any] = {
    "customer": {"department": "Design", "groups": ["all-staff", "figma-pilot"], "login": "ana"},
    "form": {"until": NOW + timedelta(days=100), "count": 3, "note": None},
    "item": {"id": "figma"},
    "now": NOW,
    "device": None,
}


def test_a_rule_answers_by_the_customers_facts() -> None:
    """The example of the design holds."""
    rule = Rule.compile('customer.department in ["Design", "Product"] || "figma-pilot" in customer.groups')
    assert rule.allows(CONTEXT).allowed
    assert not rule.allows({**CONTEXT, "customer": {"department": "Finance", "groups": []}}).allowed


@pytest.mark.parametrize(
    "text",
    [
        "customer.nothing == 1",
        "form.note.startsWith('a')",
        "form.count / 0 == 1",
        "unknown == 1",
        "customer.department",
        "form.count > 'a'",
        "device.platform == 'macOS'",
        "customer.groups[7] == 'a'",
    ],
)
def test_a_rule_that_fails_denies_and_says_why(text: str) -> None:
    """An error or a value that is no yes or no never lets anybody through."""
    verdict = Rule.compile(text).allows(CONTEXT)
    assert not verdict
    assert verdict.error is not None
    assert text.split(" ")[0] in verdict.error


def test_a_failing_rule_raises_where_the_value_is_wanted() -> None:
    """`value` and `holds` raise RuleFailed, so that the caller denies."""
    with pytest.raises(RuleFailed):
        Rule.compile("customer.nothing").value(CONTEXT)
    with pytest.raises(RuleFailed, match="not true or false"):
        Rule.compile("1 + 1").holds(CONTEXT)


def test_values_keep_their_type() -> None:
    """Times, spans, numbers, lists come back as themselves."""
    assert Rule.compile("form.until").value(CONTEXT) == CONTEXT["form"]["until"]
    assert Rule.compile('duration("8h")').value(CONTEXT) == timedelta(hours=8)
    assert Rule.compile("form.count").value(CONTEXT) == 3
    assert Rule.compile("customer.groups").value(CONTEXT) == ["all-staff", "figma-pilot"]


@pytest.mark.parametrize(
    ("text", "line", "column"), [("1 +", 1, 4), ("customer.a ==\n  == 2", 2, 3), ("(true", 1, 6), ("a b", 1, 3)]
)
def test_a_broken_rule_names_the_position(text: str, line: int, column: int) -> None:
    """The writer is led to the character."""
    with pytest.raises(RuleBroken) as caught:
        Rule.compile(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST + 1)])
def test_an_empty_or_endless_rule_is_refused(text: str) -> None:
    """Neither says anything that could be checked."""
    with pytest.raises(RuleBroken):
        Rule.compile(text)


def compiled(text: str) -> Rule | RuleBroken:
    try:
        return Rule.compile(text)
    except RuleBroken as error:
        return error


@given(st.text(max_size=200))
def test_any_text_compiles_or_is_refused_with_a_sentence(text: str) -> None:
    """Nothing a file can hold makes the compiler raise anything else."""
    found = compiled(text)
    if isinstance(found, Rule):
        assert isinstance(found.allows(CONTEXT).allowed, bool)
    else:
        assert found.sentence.endswith(".")
        assert found.line >= 1
        assert found.column >= 1


@given(st.sampled_from(["!", "-", "customer.", "[", "(", "{", "1+", "a?b:", "a.map(x,"]), st.integers(1, LONGEST))
def test_the_deepest_rule_that_is_accepted_does_not_break_the_evaluator(piece: str, times: int) -> None:
    """Nesting to the limit of the length costs an error at most, never the process."""
    found = compiled((piece * times)[: LONGEST - 4] + "true")
    if isinstance(found, Rule):
        assert isinstance(found.allows(CONTEXT).allowed, bool)


def test_names_bound_by_macros_are_not_facts() -> None:
    """`g` in `exists(g, …)` is free nowhere but outside of its brackets."""
    rule = Rule.compile('customer.groups.exists(g, g.startsWith("a")) && g == 1')
    assert [reference.root for reference in rule.reading.references] == ["customer", "g"]
    assert rule.names == {"customer", "g"}
    assert Rule.compile('customer.groups.exists(g, g.startsWith("a"))').names == {"customer"}


def test_attributes_are_read_from_dots_brackets_and_nothing() -> None:
    """Each way of naming an attribute is seen; texts and comments name nothing."""
    found = read('customer.email == form["why"] && form[item.id] && now > x // customer.comment\n && "form.text" == ""')
    assert [(ref.root, ref.attribute) for ref in found.references] == [
        ("customer", "email"),
        ("form", "why"),
        ("form", ""),
        ("item", "id"),
        ("now", None),
        ("x", None),
    ]


def test_one_rule_serves_many_threads() -> None:
    """The compiled program is shared; each thread gets the answer to its own context."""
    rule = Rule.compile('customer.login + ":" + string(form.count)')

    def ask(number: int) -> bool:
        context = {**CONTEXT, "customer": {"login": f"c{number}"}, "form": {"count": number}}
        return bool(rule.value(context) == f"c{number}:{number}")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(4_000)))
