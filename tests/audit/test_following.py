"""Whoever follows the trail by the last id they read misses no event, however late it is committed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session
from tests.stand.house import Stand

from selfserve.audit import reading
from selfserve.audit.seal import SETTLE, seal
from selfserve.audit.trail import Trail
from selfserve.store import ids
from selfserve.store.database import StoreBusy, patient


class Follower:
    """Reads on from the last event it read, as a program does by the API."""

    def __init__(self, stand: Stand, limit: int = reading.PAGE) -> None:
        self.stand, self.limit = stand, limit
        self.read: list[reading.Told] = []

    def follow(self) -> list[str]:
        """The streams of all that was read so far."""
        while True:
            after = self.read[-1].id if self.read else None
            with self.stand.house.database.read() as session:
                page = reading.read(session, after=after, limit=self.limit)
            self.read.extend(page)
            if not page:
                return [one.stream for one in self.read]


def tell(session: Session, stand: Stand, stream: str) -> None:
    """One event."""
    Trail(session, stream).tell("x", at=stand.clock())


def settled(stand: Stand) -> int:
    """Time goes by, and what was told before is sealed; returns how many events that were."""
    stand.clock.forward(seconds=2 * SETTLE.total_seconds())
    return stand.write(seal, stand.clock())


def test_an_event_of_a_transaction_that_stays_open_for_long_is_not_passed_over(stand: Stand, second: Stand) -> None:
    """It has the smaller id and the earlier time, and comes to be seen long after a greater one was read. SQLite lets
    nobody else write meanwhile, so that there it never comes to that."""
    follower = Follower(stand)
    with second.house.database.write() as late:
        tell(late, second, "late")
        if stand.house.database.sqlite:
            with patient(0.05), pytest.raises(StoreBusy):
                stand.write(tell, stand, "soon")
        else:
            stand.write(tell, stand, "soon")
            for _ in range(3):
                settled(stand)
                assert follower.follow() == ["soon"]
    if stand.house.database.sqlite:
        stand.write(tell, stand, "soon")
    assert settled(stand)
    assert sorted(follower.follow()) == ["late", "soon"]
    stand.write(tell, stand, "next")
    settled(stand)
    assert sorted(follower.follow()) == ["late", "next", "soon"]


def test_an_event_whose_id_was_made_long_before_it_is_stored_is_not_passed_over(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a process that stood still in between, or a machine whose clock is behind."""
    moment = SimpleNamespace(time_ns=lambda: 1_800_000_000 * 10**9)
    monkeypatch.setattr(ids, "time", moment)
    follower = Follower(stand)
    stand.write(tell, stand, "first")
    settled(stand)
    assert follower.follow() == ["first"]
    monkeypatch.setattr(moment, "time_ns", lambda: 1_700_000_000 * 10**9)
    stand.write(tell, stand, "second")
    settled(stand)
    assert follower.follow() == ["first", "second"]
    assert follower.follow() == ["first", "second"]


def test_what_is_not_sealed_yet_is_not_shown(stand: Stand) -> None:
    """Its place in the order is not known before."""
    follower = Follower(stand)
    stand.write(tell, stand, "first")
    assert follower.follow() == []
    settled(stand)
    assert follower.follow() == ["first"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_end_within_a_seal_and_go_on_there(stand: Stand, limit: int) -> None:
    """Five events under one seal, and two under the next: each is read once, in that order."""
    for number in range(7):
        stand.write(tell, stand, f"stream:{number}")
        if number == 4:
            assert settled(stand) == 5
    settled(stand)
    follower = Follower(stand, limit)
    assert sorted(follower.follow()[:5]) == [f"stream:{number}" for number in range(5)]
    assert sorted(follower.follow()[5:]) == ["stream:5", "stream:6"]
    assert [one.sealed for one in follower.read] == sorted(one.sealed for one in follower.read)


@pytest.mark.parametrize(("cursor", "shown"), [("", 1), ("0", 1), ("zz", 0)])
def test_a_place_that_is_none_leads_to_what_comes_after_it(stand: Stand, cursor: str, shown: int) -> None:
    """Whatever a caller writes there."""
    stand.write(tell, stand, "first")
    settled(stand)
    with stand.house.database.read() as session:
        assert len(reading.read(session, after=cursor)) == shown
