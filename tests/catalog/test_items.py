"""What an item decides: the stage that applies, and when a grant ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.catalog.folders import good, with_vpn

from selfserve.catalog.durations import format_duration, parse_duration, spoken_duration
from selfserve.catalog.facts import Context, CustomerFacts, rule_context
from selfserve.catalog.items import Item
from selfserve.catalog.rules import RuleFailed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA: CustomerFacts = {
    "id": "1",
    "login": "ana",
    "email": "ana@example.org",
    "name": "Ana",
    "department": "Design",
    "title": "",
    "location": "",
    "groups": ["all-staff"],
    "manager": "2",
    "employee_type": "employee",
    "language": "en",
}


def context(item: Item, **form: Any) -> Context:
    return rule_context(item, ANA, now=NOW, form=form)


def staged(root: Path, *stages: str) -> Item:
    text = "\n".join(f"  - {stage}" for stage in stages)
    form = "form:\n  days: {type: number, label: Days, required: true}\n"
    return good(with_vpn(root, ("fulfil:", f"{form}approve:\n{text}\nfulfil:"))).items["vpn"]


def test_the_first_stage_that_holds_applies(tmp_path: Path) -> None:
    """In the order of the file; one without a condition always holds."""
    item = staged(tmp_path, "{when: form.days > 90, by: [manager]}", "{by: [team:techops]}")
    for days, by in ((91, "manager"), (90, "team:techops")):
        stage = item.stage_for(context(item, days=days))
        assert stage is not None
        assert [str(one) for one in stage.by] == [by]


def test_nobody_is_asked_where_no_stage_holds(tmp_path: Path) -> None:
    """Low risk goes by itself."""
    item = staged(tmp_path, "{when: form.days > 90, by: [manager]}")
    assert item.stage_for(context(item, days=3)) is None


def test_a_condition_that_fails_never_passes_for_no_approval(tmp_path: Path) -> None:
    """It raises, and whoever asked for the stage denies."""
    item = staged(tmp_path, "{when: 100 / form.days > 3, by: [manager]}")
    with pytest.raises(RuleFailed):
        item.stage_for(context(item, days=0))


def ends(root: Path, text: str, risk: str = "low") -> tuple[Item, Any]:
    until = "{type: date, label: U, max: 90d, required: true}"
    form = f"form:\n  until: {until}\n  h: {{type: duration, label: H, max: 8h, required: true}}\n"
    changes = [("ends: 90d", f"ends: {text}"), ("fulfil:", f"{form}fulfil:"), ("risk: low", f"risk: {risk}")]
    catalog = good(with_vpn(root, *changes))
    return catalog.items["vpn"], catalog.policy


def test_a_grant_ends_at_an_instant_after_a_span_or_never(tmp_path: Path) -> None:
    """A span starts at delivery, so it is handed over as a span."""
    until = NOW + timedelta(days=9)
    for number, (text, expected) in enumerate(
        [("form.until", until), ("form.h", timedelta(hours=4)), ("8h", timedelta(hours=8)), ("never", None)]
    ):
        item, policy = ends(tmp_path / str(number), text)
        assert policy.end_of(item, context(item, until=until, h=timedelta(hours=4))) == expected


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (None, "no end"),
        (NOW + timedelta(days=92), "longer than 90 days"),
        (NOW - timedelta(seconds=1), "before it begins"),
    ],
)
def test_an_end_that_policy_does_not_allow_denies(tmp_path: Path, until: datetime | None, words: str) -> None:
    """Also where the policy became stricter, or time passed, after the asking."""
    item, policy = ends(tmp_path, "form.until", "medium")
    with pytest.raises(RuleFailed, match=words):
        policy.end_of(item, context(item, until=until))


def test_the_last_day_that_policy_allows_counts_to_its_end(tmp_path: Path) -> None:
    """90 days from today, to the end of that day."""
    item, policy = ends(tmp_path, "form.until", "medium")
    assert policy.end_of(item, context(item, until=NOW + timedelta(days=90, hours=11)))


@pytest.mark.parametrize("text", ["1s", "90m", "15m", "8h", "36h", "90d", "2w", "365d"])
def test_durations_are_written_as_they_are_read(text: str) -> None:
    """Reading and writing again means the same."""
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "0h", "1", "h", "1.5h", "-1h", "1 h", "1h30m", "1y", "１h", "9999d", "999999999w"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """With a sentence that says how to write one, or that it is too long."""
    with pytest.raises(ValueError, match=r"is not a duration|longer than ten years"):
        parse_duration(text)


def test_durations_are_spoken() -> None:
    """As people say them."""
    assert [spoken_duration(parse_duration(text)) for text in ("1h", "90m", "90d", "2w")] == [
        "1 hour",
        "90 minutes",
        "90 days",
        "2 weeks",
    ]
