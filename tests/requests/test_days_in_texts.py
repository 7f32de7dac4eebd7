"""A day that a customer means reaches whoever does the work as that day, whichever zone either of them is in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.stand.house import Stand

from selfserve.catalog.days import local_day, spoken_day


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo", ""])
@pytest.mark.parametrize("decided", [False, True])
def test_the_day_is_told_in_the_customers_zone(stand: Stand, zone: str, *, decided: bool) -> None:
    """Asked at once and after a decision; the company's zone where the customer's is not known."""
    stand.change("ada", zone=zone)
    stand.edit("desk", "{thing: desk,", '{thing: "desk until ${form.until}",')
    if not decided:
        stand.edit("desk", "approve:\n  - by: [manager]\n    why: Look at the space.\n", "")
    day = local_day(stand.clock(), stand.house.zone) + timedelta(days=30)
    made = stand.ask("ada", "desk", {"until": day.isoformat()})
    if decided:
        stand.decide("mara", made.id)
    (step,) = stand.steps(made.id)
    assert step.args["thing"] == f"desk until {spoken_day(day)}"
