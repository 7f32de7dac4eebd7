"""Whoever follows the trail by its ids misses no event, also one that is committed late."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.stand.house import Stand

from selfserve.audit import reading
from selfserve.audit.seal import SETTLE
from selfserve.audit.trail import Trail
from selfserve.store import ids


class Moment:
    """The clock of which ids are made."""

    def __init__(self) -> None:
        self.nanoseconds = 1_800_000_000 * 10**9

    def forward(self, seconds: float) -> None:
        """Move on, or back."""
        self.nanoseconds += int(seconds * 10**9)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    """Ids are made at a moment that the test chooses."""
    made = Moment()
    monkeypatch.setattr(ids, "time", SimpleNamespace(time_ns=lambda: made.nanoseconds))
    return made


def test_an_event_that_is_committed_late_is_not_passed_over(stand: Stand, moment: Moment) -> None:
    """It has the smaller id, and comes to be seen after the greater one: neither is shown until that cannot be."""
    seen: list[reading.Told] = []

    def follow() -> list[str]:
        with stand.house.database.read() as session:
            seen.extend(reading.read(session, after=seen[-1].id if seen else None))
        return [one.stream for one in seen]

    def tell(stream: str) -> None:
        stand.write(lambda session: Trail(session, stream).tell("x", at=stand.clock()))

    moment.forward(0.5)
    tell("second")
    assert follow() == []
    moment.forward(-0.5)  # its id was made before, its transaction took a second longer
    tell("first")
    moment.forward(1)
    assert follow() == []
    moment.forward(SETTLE.total_seconds())
    assert follow() == ["first", "second"]
    assert follow() == ["first", "second"]
