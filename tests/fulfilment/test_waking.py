"""What waited while its target was left in peace goes on once that is back, however far its own pause had grown."""

from __future__ import annotations

import pytest
from tests.stand import invariants
from tests.stand.house import Stand

from selfserve.fulfilment import leases, waking
from selfserve.store.states import GrantState, RequestState, RunState

MANY = 1000


def _beat(stand: Stand) -> int:
    """A beat of the heart, and what it wakes."""
    return waking.wake(stand.house, stand.write(leases.beat, stand.house, "worker"))


def _dead(stand: Stand, minutes: int) -> None:
    """The shelf fails every call for so long; a circuit that stays open wakes nobody."""
    for _ in range(minutes):
        stand.pass_time(minutes=1)
        assert _beat(stand) == 0
    stand.shelf.faults = []


def _somebody_gets_through(stand: Stand) -> None:
    """A customer who comes just now, by whom the circuit closes."""
    made = stand.ask("dora", "cup")
    for _ in range(6):
        if stand.request(made.id).state == RequestState.FULFILLED:
            return
        stand.pass_time(minutes=1)
    raise AssertionError("the circuit stayed open")


def test_takings_back_go_on_once_their_target_is_back(stand: Stand) -> None:
    """Their own pauses have grown to half an hour; they do not sit them out."""
    for who in ("ada", "ben"):
        stand.ask(who, "lamp")
    stand.clock.forward(hours=8)
    stand.shelf.faults = ["transient"] * MANY
    for who in ("ada", "ben"):
        assert stand.tick_grant(stand.grants(who)[0]) == "ended"
    _dead(stand, 45)
    _somebody_gets_through(stand)
    assert stand.shelf.things == {("lamp", "ada"), ("lamp", "ben"), ("cup", "dora")}, "they would wait still"
    assert _beat(stand) == 2
    stand.work()
    assert stand.shelf.things == {("cup", "dora")}
    assert [stand.grants(who)[0].state for who in ("ada", "ben")] == [GrantState.ENDED] * 2
    assert _beat(stand) == 0
    invariants.check(stand)


def test_givings_go_on_once_their_target_is_back(stand: Stand) -> None:
    """The same for what people wait for."""
    stand.shelf.faults = ["transient"] * MANY
    made = [stand.ask(who, "lamp") for who in ("ada", "ben")]
    _dead(stand, 9)
    _somebody_gets_through(stand)
    assert stand.shelf.things == {("cup", "dora")}, "they would wait still"
    assert _beat(stand) == 2
    stand.work()
    assert [stand.request(one.id).state for one in made] == [RequestState.FULFILLED] * 2
    invariants.check(stand)


@pytest.mark.parametrize("connectors", [(), ("human",)])
def test_what_waits_for_another_target_is_not_woken(stand: Stand, connectors: tuple[str, ...]) -> None:
    """Its own pause counts."""
    stand.shelf.faults = ["transient"] * 3
    made = stand.ask("ada", "lamp")
    stand.work()
    before = stand.runs(made.id)
    assert before[-1].state == RunState.WAITING
    assert waking.wake(stand.house, connectors) == 0
    assert [run.id for run in stand.runs(made.id)] == [run.id for run in before]
