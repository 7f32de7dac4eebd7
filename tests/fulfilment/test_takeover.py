"""Work of dead processes is taken up by the living, not for ever, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.stand.clock import Clock
from tests.stand.house import Stand
from tests.stand.shelf import Killed
from tests.telemetry.test_figures import value

from selfserve.fulfilment import circuits, give_up, leases
from selfserve.fulfilment.engine import Orphan
from selfserve.fulfilment.fulfil import fulfil
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import ExecutorLease, Request, Takeover


def _dead_order(stand: Stand, monkeypatch: pytest.MonkeyPatch, order: str) -> list[str]:
    """The engine shows `order` as begun by somebody dead until it is cancelled; returns what was resumed."""
    resumed: list[str] = []
    engine = stand.house.engine
    given_up: set[str] = set()
    monkeypatch.setattr(
        engine, "orphans", lambda _alive: [] if order in given_up else [Orphan(order, order.split(":")[0], "dead")]
    )
    monkeypatch.setattr(engine, "resume", lambda ids: resumed.extend(ids))
    monkeypatch.setattr(engine, "give_up", lambda ids: given_up.update(ids))
    return resumed


def test_a_living_lease_keeps_its_work_and_a_dead_one_loses_it(stand: Stand) -> None:
    """PostgreSQL: by the beat of the lease. SQLite: one process only, so whoever else was is gone."""
    other = stand.again("other")
    with stand.house.database.write() as session:
        leases.beat(session, other.house, "worker")
    with stand.house.database.read() as session:
        alive = leases.living(session, stand.house)
        assert alive == ({"one"} if stand.house.database.sqlite else {"one", "other"})
    stand.clock.forward(seconds=31)
    with stand.house.database.read() as session:
        assert leases.living(session, stand.house) == {"one"}


def test_machines_whose_clocks_disagree_take_nothing_from_each_other(stand: Stand, second: Stand) -> None:
    """One two minutes ahead, one half a minute behind: who is alive is said by the store's clock, which both share."""
    ahead, behind = Clock(datetime.now(UTC) + timedelta(minutes=2)), Clock(datetime.now(UTC) - timedelta(seconds=31))
    first = replace(stand.house, now=behind, one_clock=False)
    other = replace(second.house, now=ahead, one_clock=False)
    for house in (first, other):
        stand.write(leases.beat, house, "worker")
    both = {"one", "two"}
    with stand.house.database.read() as session:
        for house in (first, other):
            assert leases.living(session, house) == ({house.executor} if house.database.sqlite else both)
    if not stand.house.database.sqlite:
        with stand.house.database.write() as session:
            session.execute(sa.update(ExecutorLease).values(beaten_at=sa.func.now() - timedelta(seconds=31)))
        with stand.house.database.read() as session:
            assert leases.living(session, first) == {"one"}
            assert not circuits.names(session, first)


def test_a_lease_is_given_back_at_an_orderly_end(stand: Stand) -> None:
    """Others take over at once, not after half a minute."""
    with stand.house.database.write() as session:
        leases.beat(session, stand.house, "worker")
        leases.beat(session, stand.house, "worker")
        leases.leave(session, stand.house)
    with stand.again("two").house.database.read() as session:
        assert leases.living(session, stand.again("two").house) == {"two"}


def test_the_heart_beats_before_any_work_and_stops(stand: Stand) -> None:
    """The lease is there when `start` returns, and gone when `stop` does."""
    heart = leases.Heart(stand.house, "worker", sweeps=True)
    heart.start()
    with stand.house.database.read() as session:
        assert session.get(ExecutorLease, "one") is not None
    heart.stop()
    with stand.house.database.read() as session:
        assert session.get(ExecutorLease, "one") is None


def test_work_that_kills_its_workers_ends_with_a_human(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was taken up five times: it is not given to anybody again, and somebody is told, once."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    resumed = _dead_order(stand, monkeypatch, f"fulfil:{made.id}:2")
    for _ in range(8):
        leases.sweep(stand.house)

    assert len(resumed) == leases.MOST_TAKEOVERS
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    case = stand.case()
    assert (case.why, case.request_id) == ("retries_spent", made.id)


def test_a_first_attempt_that_kills_its_process_reaches_a_human_as_soon_as_durable_work_does(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its death counts for the order it becomes: no more workers die of it than of durable work, and then a person."""
    stand.shelf.faults = ["killed_before"]
    with pytest.raises(Killed):
        stand.ask("ada", "lamp")
    other = stand.again("two")
    (grant,) = stand.grants("ada")
    with stand.house.database.read() as session:
        request_id = session.scalars(sa.select(Request.id)).one()
    order = f"fulfil:{request_id}:1"
    assert leases.sweep(other.house) == 1

    deaths, taken_up = 1, value("selfserve_takeovers_total")
    resumed = _dead_order(stand, monkeypatch, order)
    while not other.open_cases():
        (run,) = stand.runs(request_id)
        stand.shelf.faults = ["killed_before"]
        with pytest.raises(Killed):
            fulfil(other.house, run.id)
        deaths += 1
        leases.sweep(other.house)

    assert deaths == leases.MOST_TAKEOVERS + 1
    assert resumed == [order] * (leases.MOST_TAKEOVERS - 1)
    assert value("selfserve_takeovers_total") == taken_up + leases.MOST_TAKEOVERS
    case = stand.case()
    assert (case.why, case.request_id) == ("retries_spent", request_id)
    assert stand.request(request_id).state == RequestState.HANDED_OVER
    assert stand.shelf.effects[("lamp", "ada")] == 0
    assert stand.grants("ada")[0].id == grant.id


@pytest.mark.parametrize("dies", ["before a human has it", "before the engine lets go of it"])
def test_a_sweep_that_dies_while_it_gives_up_leaves_nothing_in_two_minds(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    """The next one does what is left: the order is out of the queue, and a human has the work, once."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    order = f"fulfil:{made.id}:2"
    schema = "" if stand.house.database.sqlite else "dbos."
    begun = f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = 'dead' WHERE workflow_uuid = :order"
    with stand.house.database.write() as session:
        session.execute(sa.text(begun), {"order": order})
        session.add(Takeover(order=order, times=leases.MOST_TAKEOVERS, at=stand.clock()))

    def dead(*_: object) -> None:
        raise Killed

    half: object = give_up if dies == "before a human has it" else stand.house.engine
    with monkeypatch.context() as fault:
        fault.setattr(half, "give_up", dead)
        with pytest.raises(Killed):
            leases.sweep(stand.house)
    for _ in range(2):
        leases.sweep(stand.house)

    assert stand.house.engine.standing([order]) == {order: "CANCELLED"}
    assert stand.case().request_id == made.id
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.kinds(f"request:{made.id}").count("request.handed_over") == 1


def test_a_revoke_that_kills_its_workers_stays_visible_and_goes_on(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking back is never given up: the grant is shown as failed, a human is told, another try is ordered."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=8)
    (grant,) = stand.grants("ada")
    stand.tick_grant(grant)
    _dead_order(stand, monkeypatch, f"revoke:{grant.id}:1")
    for _ in range(8):
        leases.sweep(stand.house)
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    assert stand.case().grant_id == grant.id
    stand.pass_time(hours=1)
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.open_cases()


def test_a_timer_that_kills_its_workers_is_told(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever order it is, somebody looks; the hourly look does what the timer would have done."""
    stand.ask("ada", "screen")
    _dead_order(stand, monkeypatch, "timer:stage:x:1")
    for _ in range(8):
        leases.sweep(stand.house)
    assert stand.case().subject == "order:timer:stage:x:1"


def test_a_first_attempt_is_taken_over_once(stand: Stand) -> None:
    """Swept, then it is in the queue: the next sweep finds nothing."""
    stand.shelf.faults = ["killed_after"]
    with pytest.raises(Killed):
        stand.ask("ada", "lamp")
    other = stand.again("two")
    assert leases.sweep(other.house) == 1
    assert leases.sweep(other.house) == 0


def test_old_leases_are_cleared_away(stand: Stand) -> None:
    """Processes come and go; the table does not grow."""
    other = stand.again("other")
    with stand.house.database.write() as session:
        leases.beat(session, other.house, "web")
    stand.clock.forward(seconds=timedelta(minutes=11).total_seconds())
    leases.sweep(stand.house)
    with stand.house.database.read() as session:
        assert session.get(ExecutorLease, "other") is None
