"""Moments that callers give, at the calendar's edges: answered, or refused in a sentence, never a fault of ours."""

from __future__ import annotations

import pytest
from tests.api.calls import Api, refused

EDGES = [
    f"{day}T{time}{zone}"
    for day, time in (("0001-01-01", "00:00:00"), ("0001-01-01", "12:00:00"), ("9999-12-31", "23:59:59.999999"))
    for zone in ("Z", "%2B00:00", "%2B14:00", "-12:00", "%2B23:59", "-23:59")
]


@pytest.mark.parametrize("moment", EDGES)
def test_the_calendars_edges_are_a_moment_or_refused(api: Api, moment: str) -> None:
    """By every route that takes one in its address."""
    answer = api.get("lea", f"/audit?from={moment}")
    if answer.status_code != 200:
        refused(answer, 422)


@pytest.mark.parametrize("moment", EDGES)
def test_an_approval_until_the_calendars_edge_is_refused(api: Api, moment: str) -> None:
    """It is over, or longer than what was asked for."""
    stage = api.stage(api.ask("ada", "desk", {"until": "2027-04-01"})["id"])
    until = moment.replace("%2B", "+")
    refused(api.post("mara", f"/approvals/{stage}/decide", {"decision": "approve", "until": until}), 422)


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"])
def test_what_is_asked_for_until_a_day_at_the_calendars_edge_is_answered(api: Api, day: str) -> None:
    """A day becomes a moment in the customer's zone."""
    body = {"item": "desk", "answers": {"until": day}, "why": "Look at the space."}
    answer = api.post("ada", "/requests", body)
    assert answer.status_code in (201, 422), answer.text
