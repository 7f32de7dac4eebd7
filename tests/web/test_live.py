"""Watching the trail: what changed, whom it concerns, and pages told once."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from selfserve.requests import acts, desk
from selfserve.requests.decide import Say
from selfserve.store.database import StoreBusy
from selfserve.store.tables import AuditEvent
from selfserve.web.live import Change, Live
from tests.web.stand import PageStand
from tests.web.waiting import until


@pytest.fixture
def live(stand: PageStand) -> Live:
    """A watcher that looks only when it is told to."""
    made = Live(stand.house)
    made.begin()
    return made


def test_nothing_new_is_no_change(live: Live, stand: PageStand) -> None:
    """A second look finds nothing of what the first one told."""
    stand.ask("ana", "vpn-access")
    assert live.look() is not None
    assert live.look() is None


def test_a_change_names_customer_and_deciders(live: Live, stand: PageStand) -> None:
    """What waits for Tomás concerns Ana and him, and nobody else."""
    made = stand.ask("ana", "finance-reports", {"reason": "Forecast for the design budget."})
    change = live.look()
    assert change is not None
    assert f"request:{made.id}" in change.streams
    assert change.people == {stand.id("ana"), stand.id("tomas")}
    assert not change.concerns(stand.id("jonas"))


def test_a_case_about_what_is_taken_back_concerns_whoever_held_it(live: Live, stand: PageStand) -> None:
    """Though it is about no request: their story says who is at it."""
    made = stand.ask("ana", "shared-mailbox", {"mailbox": "team1@fernhill.example"})
    stand.decide("tomas", made.name, Say.APPROVE)
    stand.work()
    fields = {"agreed_by": "Mila"}
    desk.done(stand.house, stand.case(made.name).id, stand.id("ruth"), fields=fields, on_my_word=True)
    stand.work()
    with stand.house.database.write() as session:
        acts.give_back(session, stand.house, made.name, stand.id("ana"), stand.house.now())
    stand.work()
    (case,) = stand.cases()
    assert live.look() is not None
    desk.take(stand.house, case.id, stand.id("ruth"))
    change = live.look()
    assert change is not None
    assert change.streams == {f"escalation:{case.id}"}
    assert change.people == {stand.id("ana"), stand.id("tomas")}, "and whoever decided about it"


def test_an_event_that_became_visible_late_is_not_missed(live: Live, stand: PageStand) -> None:
    """An id made before the newest one, committed after it, is still told: transactions do not end in order."""
    made = stand.ask("ana", "vpn-access")
    with stand.house.database.write() as session:
        first = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id).limit(1)).one()
        kept = {column.name: getattr(first, column.key) for column in AuditEvent.__table__.columns}
        session.execute(sa.delete(AuditEvent).where(AuditEvent.id == first.id))
    assert live.look() is not None
    with stand.house.database.write() as session:
        session.execute(sa.insert(AuditEvent).values(**kept))
    change = live.look()
    assert change is not None
    assert change.streams == {f"request:{made.id}"}


def test_too_much_at_once_is_told_as_anything_may_have_changed() -> None:
    """Such a change concerns everybody."""
    assert Change(everything=True).concerns("whoever")


async def test_changes_during_a_pages_work_lead_to_one_more_run(stand: PageStand) -> None:
    """A page that is still renewing itself is set off once more afterwards, not once for each change."""
    live, gate, runs = Live(stand.house), asyncio.Event(), list[None]()

    async def renew() -> None:
        runs.append(None)
        await gate.wait()

    live.watch(lambda change: change.desk, renew)
    for _ in range(3):
        live._tell(Change(desk=True))
        await asyncio.sleep(0)
    assert len(runs) == 1
    gate.set()
    await until(lambda: len(runs) == 2)
    live._tell(Change(catalog=True))
    await asyncio.sleep(0)
    assert len(runs) == 2


async def test_a_change_reaches_a_page_from_the_watching_thread(stand: PageStand) -> None:
    """What happens in the store sets off the page in the event loop, and a page that was left is let alone."""
    live, runs = Live(stand.house, period=0.02), list[None]()

    async def renew() -> None:
        runs.append(None)

    end = live.watch(lambda change: change.concerns(stand.id("ana")), renew)
    live.start()
    try:
        await until(lambda: live.ready)
        await asyncio.to_thread(stand.ask, "ana", "vpn-access")
        await until(lambda: bool(runs))
    finally:
        end()
        await live.stop()


def test_a_look_that_fails_half_way_is_told_by_the_next(
    live: Live, stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events count as seen once it is known whom they concern: a store away in between costs no page its change."""
    made = stand.ask("ana", "vpn-access")
    stand.house.catalog.refresh(force=True)
    with monkeypatch.context() as broken:
        broken.setattr("selfserve.web.live._concerned", _away)
        with pytest.raises(StoreBusy):
            live.look()
    change = live.look()
    assert change is not None
    assert f"request:{made.id}" in change.streams
    assert change.catalog


def _away(*_: object) -> frozenset[str]:
    raise StoreBusy("away for a moment")


async def test_a_page_whose_work_failed_tries_again_by_itself(stand: PageStand) -> None:
    """It does not stand as it was until something else happens."""
    live, runs = Live(stand.house, period=0.01), list[None]()

    async def renew() -> None:
        runs.append(None)
        if len(runs) < 3:
            raise StoreBusy("away for a moment")

    live.watch(lambda change: change.desk, renew)
    live._tell(Change(desk=True))
    await until(lambda: len(runs) == 3)


async def test_a_page_that_was_left_is_not_tried_again(stand: PageStand) -> None:
    """It fails since it was left."""
    live, left, tried = Live(stand.house, period=0.01), list[None](), list[None]()

    async def leaves() -> None:
        left.append(None)
        end()
        raise StoreBusy("away for a moment")

    async def fails() -> None:
        tried.append(None)
        raise StoreBusy("away for long")

    end = live.watch(lambda change: change.desk, leaves)
    end_other = live.watch(lambda change: change.desk, fails)
    live._tell(Change(desk=True))
    await until(lambda: len(tried) == 4)
    end_other()
    assert len(left) == 1


async def test_a_change_is_the_next_try_of_a_page_whose_work_failed(stand: PageStand) -> None:
    """What can be read again is not kept waiting."""
    live, tried = Live(stand.house, period=3600), list[None]()

    async def fails_once() -> None:
        tried.append(None)
        if len(tried) == 1:
            raise StoreBusy("away for a moment")

    live.watch(lambda change: change.desk, fails_once)
    live._tell(Change(desk=True))
    await until(lambda: len(tried) == 1)
    live._tell(Change(desk=True))
    await until(lambda: len(tried) == 2)


async def test_a_store_that_is_away_at_the_start_is_waited_for(
    stand: PageStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watching begins once it is there; else no page of the process would ever hear of anything."""
    live, genuine, begun = Live(stand.house, period=0.01), Live.begin, list[None]()

    def away_at_first(self: Live) -> None:
        begun.append(None)
        if len(begun) < 3:
            raise StoreBusy("away for a moment")
        genuine(self)

    monkeypatch.setattr(Live, "begin", away_at_first)
    live.start()
    try:
        await until(lambda: live.ready)
    finally:
        await live.stop()
