"""The hourly look: each finding once, each put right, and none keeps the others from being looked at."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand import invariants
from tests.stand.house import Stand

from selfserve.connectors.contract import Observation
from selfserve.requests import reconcile as module
from selfserve.requests.reconcile import Findings, people_left, reconcile
from selfserve.store.states import GrantState, RequestState, RunState
from selfserve.store.tables import Run, Step


def test_all_well_finds_nothing_and_changes_nothing(stand: Stand) -> None:
    """Held, waiting, on the desk, on its way: as they should be."""
    stand.ask("ada", "lamp")
    stand.ask("ben", "screen")
    stand.ask("eli", "laptop")
    stand.ask("ada", "chair")
    stand.work()
    assert not reconcile(stand.house).any


def test_a_customer_who_left_loses_what_they_held(stand: Stand) -> None:
    """Everything of theirs is taken back, and what they still waited for is not done."""
    stand.ask("ada", "lamp")
    stand.ask("ada", "cup")
    stand.ask("ben", "cup")
    stand.change("ada", gone_at=stand.clock())
    found = Findings()
    people_left(stand.house, found)
    assert len(found.left_customers) == 2
    stand.work()
    assert stand.shelf.things == {("cup", "ben")}
    assert not reconcile(stand.house).any


def test_a_customer_who_left_half_way_keeps_nothing(stand: Stand) -> None:
    """Step one done, step two waits; they leave: all is taken back, nothing more is done."""
    stand.shelf.faults = ["", "transient"]
    made = stand.ask("ada", "set")
    stand.change("ada", disabled=True)
    reconcile(stand.house)
    stand.pass_time(minutes=5)
    assert not stand.shelf.things
    assert stand.request(made.id).closed_at is not None
    assert stand.grants("ada")[0].state == GrantState.ENDED
    invariants.check(stand)


def test_a_request_without_a_run_is_ordered_again(stand: Stand) -> None:
    """Whatever happened to its run."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    with stand.house.database.write() as session:
        session.execute(sa.update(Run).values(state=RunState.STOPPED))
    assert reconcile(stand.house).stranded == [made.name]
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED


def test_a_grant_without_a_revoke_is_taken_back_again(stand: Stand) -> None:
    """Whatever happened to its run."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=8)
    (grant,) = stand.grants("ada")
    stand.tick_grant(grant)
    with stand.house.database.write() as session:
        session.execute(sa.update(Run).values(state=RunState.STOPPED))
    assert reconcile(stand.house).stranded == [grant.id]
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_a_revoke_the_engine_lost_is_ordered_again(stand: Stand) -> None:
    """Open in our rows, cancelled in the engine."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=8)
    (grant,) = stand.grants("ada")
    stand.tick_grant(grant)
    stand.house.engine.client.cancel_workflows([f"revoke:{grant.id}:1"])
    stand.clock.forward(minutes=6)
    assert reconcile(stand.house).lost_runs == [f"revoke:{grant.id}:1"]
    stand.work()
    assert not stand.shelf.things


def test_a_target_that_breaks_the_look_is_passed_over(stand: Stand) -> None:
    """One look raises, the others are made."""
    stand.ask("ada", "cup")
    made = stand.ask("ben", "cup")
    stand.shelf.things.clear()
    stand.shelf.looks = ["raise"]
    found = reconcile(stand.house)
    assert found.drifted == [made.name]


def test_all_that_is_held_is_compared_each_hour(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than is read at a time, and things that cannot be read among them: none waits for days to have its turn."""
    monkeypatch.setattr(module, "LOOKS", 1)
    for who in ("ada", "ben", "cora"):
        stand.ask(who, "cup")
    stand.shelf.looks = ["raise"]
    stand.shelf.things.clear()
    assert len(reconcile(stand.house).drifted) == 2
    with stand.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Step.looked_at.is_not(None))) == 3


def test_what_there_was_no_time_for_comes_first_the_next_hour(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes three minutes: two of three, and the third in an hour."""
    monkeypatch.setattr(module, "LOOKS", 1)
    for who in ("ada", "ben", "cora"):
        stand.ask(who, "cup")
    observe = type(stand.shelf).observe

    def slow(*given: Any) -> Observation:
        stand.clock.forward(minutes=3)
        return observe(*given)

    monkeypatch.setattr(type(stand.shelf), "observe", slow)
    reconcile(stand.house)
    with stand.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Step.looked_at.is_not(None))) == 2
    stand.clock.forward(hours=1)
    stand.shelf.things.discard(("cup", "cora"))
    assert len(reconcile(stand.house).drifted) == 1


def test_a_resting_connector_is_left_in_peace(stand: Stand) -> None:
    """Its circuit is open: no look, no drift."""
    stand.ask("ada", "cup")
    stand.shelf.offline = True
    stand.ask("ben", "cup")
    stand.pass_time(minutes=5)
    assert stand.house.connectors.resting() == ["shelf"]
    looks = stand.shelf.calls["observe"]
    assert not reconcile(stand.house).drifted
    assert stand.shelf.calls["observe"] == looks
