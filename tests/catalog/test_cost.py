"""What a rule may cost: bounded before it is evaluated, in steps and not in time."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import only, with_vpn

from selfserve.catalog import celcost
from selfserve.catalog.rules import Rule, RuleBroken

TEN = "[1,2,3,4,5,6,7,8,9,10]"
HUNDRED = f"[{','.join(['1'] * 100)}]"
BOMB = "".join(f"{TEN}.all({name}, " for name in "abcdefg") + "true" + ")" * 7

ATTACKS = [
    (BOMB, "inside of each other"),
    (f"{HUNDRED}.all(a, {HUNDRED}.all(b, {'1 + ' * 20}1 == 21))", "steps"),
    ("customer.groups.all(a, customer.groups.all(b, a == b))", "steps"),
    ("size(customer.groups.map(a, customer.groups)) > 0", "steps"),
    ('["aaaa"]' + f".map(a, {'a + ' * 9}a)" * 8 + ' == ["x"]', "200000"),
    ("[1]" + ".map(a, [a, a, a, a, a, a, a, a])" * 8 + " == []", "steps"),
    ("(true ? customer.groups : []).all(a, customer.groups.all(b, a == b))", "steps"),
    ("customer.groups.filter(a, true).all(a, customer.groups.filter(b, true).all(b, true))", "steps"),
    ("(false ? customer.groups : [1] == [2]).all(a, customer.groups.all(b, a == b))", "steps"),
    ("[customer.groups][0].all(a, customer.groups.all(b, a == b))", "steps"),
    ('customer.name.matches("\\\\pL{200}")', "steps"),
    ('customer.name.matches("((a{100}){100}){100}")', "steps"),
    ('customer.name.matches("a\\x7b9999}")', "backslash"),
    ("customer.name.matches(form.pattern)", "one text in quotes"),
    ('customer.name.matches("a" + "b")', "one text in quotes"),
    (f'customer.name.matches("{"a" * 250}")', "200 characters"),
    ('customer.groups.exists(g, g.matches("^\\\\w+@\\\\w+$"))', "steps"),
]
GOOD = [
    'customer.groups.exists(g, g.startsWith("design-")) && customer.groups.exists(g, g == "x")',
    'customer.groups.exists(g, g.matches("^vpn-[a-z]+$"))',
    'customer.groups.exists(g, g in ["a", "b", "c", "d"])',
    'size(customer.groups.filter(g, g.endsWith("x"))) > 1',
    '["a", "b"].all(a, ["c", "d"].exists(b, a == b))',
    r'form.serial.matches(r"^[A-Z]{2}\d{4,6}$")',
    'form.id.matches("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")',
    'form.count > 3 ? now + duration("8h") : {"a": now}["a"]',
]


@pytest.mark.parametrize(("text", "words"), ATTACKS)
def test_a_rule_that_could_cost_too_much_is_refused_unevaluated(text: str, words: str) -> None:
    """Nested lists, values that grow, and patterns that are costly to compile never reach the evaluator."""
    with pytest.raises(RuleBroken) as caught:
        Rule.compile(text)
    assert words in caught.value.sentence
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize("text", GOOD)
def test_a_rule_as_people_write_it_is_far_from_the_bound(text: str) -> None:
    """The bound is not felt by who has no evil in mind."""
    assert Rule.compile(text)
    assert celcost.steps(text) <= celcost.STEPS * 3 // 4


def test_steps_are_multiplied_by_the_lists_around_them() -> None:
    """Ten times ten costs about ten times what ten costs."""
    once, twice = celcost.steps(f"{TEN}.all(a, a > 0)"), celcost.steps(f"{TEN}.all(a, {TEN}.all(b, a > b))")
    assert 5 * once < twice < 20 * once


MANY = [f"group-{number:05}" for number in range(20_000)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"group-19999" in customer.groups', True),
        ('("none" in customer.groups)', False),
        ('!("group-00007" in customer.groups) || customer.department == "Design"', True),
        ('!("group-00007" in customer.groups)', False),
        ('form.on ? "group-00001" in customer.groups : "x" in customer.groups', True),
        ('customer.department == "Design"', True),
        ('customer.groups.exists(g, g.startsWith("group-1999"))', True),
        ("size(customer.groups) == 20000", True),
        ('customer.groups.exists(g, g == "group-19999")', True),
    ],
)
def test_a_rule_holds_for_a_person_in_very_many_groups_as_for_any(text: str, expected: bool) -> None:
    """None of their groups is forgotten, whichever way the rule asks: a forgotten one could allow what is forbidden."""
    assert Rule.compile(text).holds(_in(MANY)) is expected


@pytest.mark.parametrize(
    "text",
    [
        'size(customer.groups.filter(g, g.endsWith("x"))) == 0',
        'customer.groups.all(g, g in ["a", "b", "c", "d", "e", "f"] || g.startsWith("g") || g.endsWith("z"))',
        'customer.groups.exists(g, g.matches("^vpn-[a-z]+$"))',
    ],
)
def test_a_rule_that_would_take_too_long_for_a_person_denies_and_says_why(text: str) -> None:
    """It is not evaluated at all, for this person only."""
    rule = Rule.compile(text)
    verdict = rule.allows(_in(MANY))
    assert not verdict
    assert verdict.error is not None
    assert verdict.error.endswith("it goes through all groups of a person, and this one is in 20000.")
    assert rule.allows(_in(["a"])).error is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('"a" in customer.groups && !("b" in customer.groups)', {"a", "b"}),
        ("customer.name == 'x'", set()),
        ('form.customer == "x"', set()),
        ('"x" + "a" in customer.groups', None),
        ("form.group in customer.groups", None),
        ('"a" in customer.groups + form.more', None),
        ('"a\\n" in customer.groups', None),
        ('"a" in customer["groups"]', None),
        ("size(customer) > 0", None),
        ("customer.groups == []", None),
        ('"a" in customer.groups == false', None),
        ('customer.groups.exists(g, g == "a")', None),
        ('[form].exists(customer, "a" in customer.groups)', None),
    ],
)
def test_groups_are_spared_only_where_they_are_asked_for_by_name(text: str, named: set[str] | None) -> None:
    """Whatever else is done with the list needs all of it."""
    assert Rule.compile(text).named == named


def _in(groups: list[str]) -> dict[str, object]:
    customer = {"groups": groups, "department": "Design", "name": "Ada"}
    return {"customer": customer, "form": {"on": True}, "item": {}, "now": None, "device": None}


def test_a_costly_rule_is_refused_at_its_place_in_the_file(tmp_path: Path) -> None:
    """The editor is led to the file, line and column of the macro that is one too deep."""
    found = only(with_vpn(tmp_path, ("who: 'true'", f"who: '{BOMB}'")))
    third = BOMB.index("all", BOMB.index("all", BOMB.index("all") + 1) + 1)
    assert found.startswith(f"items/vpn.yaml:9:{7 + third}: ")
    assert "inside of each other" in found
