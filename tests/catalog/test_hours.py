"""Working hours: when a promise that counts in them falls due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.catalog.folders import TEAMS, folder, good, only

from selfserve.catalog.hours import Hours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours.model_validate({"from": "09:00", "to": "17:00"})
HOUR = timedelta(hours=1)


def at(day: int, clock: str, month: int = 3) -> datetime:
    """A moment in Berlin; 1 March 2027 is a Monday."""
    return datetime.fromisoformat(f"2027-{month:02}-{day:02}T{clock}").replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        (at(1, "10:00"), 4 * HOUR, at(1, "14:00")),
        (at(1, "10:00"), 7 * HOUR, at(1, "17:00")),
        (at(1, "15:00"), 4 * HOUR, at(2, "11:00")),
        (at(1, "22:00"), 4 * HOUR, at(2, "13:00")),
        (at(1, "06:00"), HOUR, at(1, "10:00")),
        (at(5, "16:30"), HOUR, at(8, "09:30")),
        (at(6, "12:00"), 4 * HOUR, at(8, "13:00")),
        (at(1, "11:00"), 20 * HOUR, at(2, "11:00")),
        (at(4, "11:00"), timedelta(days=1), at(5, "11:00")),
        (at(5, "11:00"), timedelta(days=1), at(8, "11:00")),
        (at(1, "11:00"), timedelta(days=5), at(8, "11:00")),
        (at(6, "11:00"), timedelta(days=1), at(9, "09:00")),
        (at(26, "16:00"), 2 * HOUR, at(29, "10:00")),  # the clocks go forward between
    ],
)
def test_nights_and_weekends_do_not_count(start: datetime, span: timedelta, due: datetime) -> None:
    """Four hours asked for at three in the afternoon end at eleven the next morning; a day is a working day."""
    assert OFFICE.after(start.astimezone(UTC), span, BERLIN) == due


def test_a_team_elsewhere_counts_by_its_own_clock() -> None:
    """At work in New York while Berlin sleeps."""
    there = Hours.model_validate({"from": "09:00", "to": "17:00", "zone": "America/New_York"})
    assert there.after(at(1, "20:00"), 3 * HOUR, BERLIN) == at(1, "23:00")


@given(st.timedeltas(timedelta(0), timedelta(days=700)), st.integers(0, 800), st.integers(1, 60))
def test_a_promise_always_falls_due_while_somebody_is_at_work(start: timedelta, hours: int, more: int) -> None:
    """Never before it was made, never on a weekend, never at night; a longer promise never earlier."""
    begun = datetime(2026, 1, 1, tzinfo=UTC) + start
    due, later = (OFFICE.after(begun, span * HOUR, BERLIN) for span in (hours, hours + more))
    there = due.astimezone(BERLIN)
    assert due >= begun
    assert later >= due
    assert there.weekday() < 5
    assert "09:00" <= f"{there:%H:%M}" <= "17:00"


@pytest.mark.parametrize(
    "bad",
    [{"from": "17:00", "to": "09:00"}, {"from": "9", "to": "17:00"}, {"from": "09:00", "to": "24:00"}, {"to": "17:00"},
     {"from": "09:00", "to": "17:00", "days": []}, {"from": "09:00", "to": "17:00", "days": ["monday"]},
     {"from": "09:00", "to": "17:00", "zone": "Berlin"}],
)  # fmt: skip
def test_hours_that_are_none_are_refused(bad: dict[str, Any]) -> None:
    """Over midnight, without a start, on no day, in no place."""
    with pytest.raises(ValidationError):
        Hours.model_validate(bad)


def test_a_team_may_have_hours(tmp_path: Any) -> None:
    """With them its promise counts at work, without them around the clock; a slip is told at its place."""
    teams = TEAMS.replace("promise: 1h}", 'promise: 1h, hours: {from: "09:00", to: "17:00"}}')
    catalog = good(folder(tmp_path / "a", teams_yaml=teams))
    night = at(1, "22:00")
    assert catalog.teams["techops"].due(night, HOUR, BERLIN) == at(2, "10:00")
    assert catalog.teams["design"].due(night, HOUR, BERLIN) == night + HOUR
    assert "teams.yaml:1:" in only(folder(tmp_path / "b", teams_yaml=teams.replace('"17:00"', '"08:00"')))
