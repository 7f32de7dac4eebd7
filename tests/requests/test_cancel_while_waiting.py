"""A customer cancels what the machine has not finished: not behind a worker's back, and nothing is left behind."""

from __future__ import annotations

import threading

import pytest
from tests.stand.house import Stand

from selfserve.connectors.contract import AlreadyDone
from selfserve.fulfilment.fulfil import fulfil
from selfserve.requests import acts, story
from selfserve.requests.refusals import NotPossible
from selfserve.store.states import GrantState, RequestState, RunState
from selfserve.store.tables import Request, Run

ROUNDS = 12


def _cancel(stand: Stand, name: str, who: str = "ada") -> Request:
    return stand.write(acts.cancel, stand.house, name, stand.people[who], stand.clock())


def _can(stand: Stand, name: str) -> frozenset[str]:
    with stand.house.database.read() as session:
        found = story.find(session, name)
        assert found is not None
        return story.story(session, stand.house, found, stand.people["ada"]).can


@pytest.mark.parametrize("item", ["lamp", "bell", "password"])
def test_what_waits_for_its_target_can_be_cancelled(stand: Stand, item: str) -> None:
    """Nothing was sent: it is over at once, and nothing happens when the target is back."""
    stand.shelf.offline = True
    made = stand.ask("ada", item)
    assert made.state is RequestState.FULFILLING
    assert "cancel" in _can(stand, made.name)
    _cancel(stand, made.name)
    assert "cancel" not in _can(stand, made.name)
    stand.shelf.offline = False
    stand.pass_time(minutes=10)
    assert stand.request(made.id).state == RequestState.CANCELLED
    assert not stand.shelf.effects
    assert not stand.open_cases()
    assert {grant.state for grant in stand.grants("ada")} <= {GrantState.ENDED}
    assert stand.ask("ada", item).state is RequestState.FULFILLED


def test_what_waits_for_an_open_circuit_can_be_cancelled(stand: Stand) -> None:
    """Nobody looked at the target for it yet."""
    stand.shelf.looks = ["auth", "auth"]
    stand.ask("ben", "lamp")
    made = stand.ask("ada", "lamp")
    stand.work()
    _cancel(stand, made.name)
    stand.pass_time(minutes=10)
    assert stand.shelf.calls["put"] == 0


def test_what_may_be_there_is_taken_back_when_it_is_cancelled(stand: Stand) -> None:
    """The answer was lost, but the lamp stands there: cancelling does not leave it behind."""
    stand.shelf.faults = ["answer_lost"]
    made = stand.ask("ada", "lamp")
    assert stand.shelf.things == {("lamp", "ada")}
    assert "cancel" in _can(stand, made.name)
    _cancel(stand, made.name)
    stand.pass_time(minutes=2)
    assert stand.shelf.things == set()
    assert stand.request(made.id).state == RequestState.CANCELLED
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]


def test_who_was_told_to_wait_for_its_end_is_told_of_it(stand: Stand) -> None:
    """Nobody knew whether it was ever given; asking again was refused with the promise of a word once it is gone."""
    stand.shelf.faults = ["answer_lost"]
    made = stand.ask("ada", "lamp")
    _cancel(stand, made.name)
    stand.shelf.offline = True
    stand.work()
    with pytest.raises(NotPossible, match="You are told once it is gone"):
        stand.ask("ada", "lamp")
    stand.shelf.offline = False
    stand.pass_time(minutes=5)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]
    assert stand.notices("ada") == ["What was left of “Lamp” has been taken back"]
    assert stand.ask("ada", "lamp").state is RequestState.FULFILLED


def test_an_order_under_way_is_undone_when_it_is_cancelled(stand: Stand) -> None:
    """The target is at it (a place in a waiting line): the place is given back."""
    made = stand.ask("ada", "chair")
    stand.work()
    assert "cancel" in _can(stand, made.name)
    _cancel(stand, made.name)
    stand.work()
    assert stand.shelf.calls["undo"] == 1
    assert stand.request(made.id).state == RequestState.CANCELLED


def test_a_one_off_that_may_be_done_is_not_cancelled(stand: Stand) -> None:
    """Nothing takes it back: a plain sentence, and the machine goes on finding out."""
    stand.shelf.faults = ["lost"]
    made = stand.ask("ada", "bell")
    assert made.state is RequestState.FULFILLING
    assert "cancel" not in _can(stand, made.name)
    with pytest.raises(NotPossible, match="may be done already"):
        _cancel(stand, made.name)
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED


def test_what_a_worker_is_doing_is_not_cancelled_behind_its_back(stand: Stand, second: Stand) -> None:
    """In the middle of the call the customer is asked to look again, and the call is concluded as ever."""
    told: list[str] = []
    made = _waiting(stand)

    def press() -> None:
        with pytest.raises(NotPossible) as refused:
            _cancel(second, made.name)
        told.append(str(refused.value))

    stand.shelf.before_apply = press
    stand.pass_time(minutes=1)
    assert told == ["This is just being done. Look again in a moment."]
    assert stand.request(made.id).state == RequestState.FULFILLED


def test_a_worker_that_comes_after_the_cancelling_does_nothing(stand: Stand, second: Stand) -> None:
    """Its order was in the queue already."""
    made = _waiting(stand)
    run = stand.runs(made.id)[-1]
    _cancel(stand, made.name)
    fulfil(second.house, run.id)
    assert stand.shelf.calls["put"] == 0
    assert stand.runs(made.id)[-1].state == RunState.STOPPED


def test_cancelling_and_beginning_at_the_same_moment_have_one_winner(stand: Stand, second: Stand) -> None:
    """Over and over, in two processes: either it is done and was not cancelled, or it is cancelled and was not done."""
    for round_ in range(ROUNDS):
        made, before = _waiting(stand), stand.shelf.calls["put"]
        run, refused = stand.runs(made.id)[-1], _at_once(stand, second, made.name, stand.runs(made.id)[-1].id)
        state = stand.request(made.id).state
        assert state == (RequestState.FULFILLED if refused else RequestState.CANCELLED), round_
        assert stand.shelf.calls["put"] - before == (1 if refused else 0)
        assert stand.runs(made.id)[-1].id == run.id
        if refused:
            stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
        stand.work()
        stand.clock.forward(minutes=2)
        assert stand.shelf.things == set()


def _waiting(stand: Stand) -> Request:
    """A request that waits for its second attempt; its target is back, and known to be (its circuit is closed)."""
    stand.shelf.blind = True
    made = stand.ask("ada", "lamp")
    stand.shelf.blind = False
    stand.house.connectors.note("shelf", AlreadyDone())
    return stand.request(made.id)


def _at_once(stand: Stand, second: Stand, name: str, run_id: str) -> bool:
    """Cancel in one process while another begins the run; True where the cancelling was refused."""
    gate, refused = threading.Barrier(2), []

    def begin() -> None:
        gate.wait()
        fulfil(second.house, run_id)

    worker = threading.Thread(target=begin)
    worker.start()
    gate.wait()
    try:
        _cancel(stand, name)
    except NotPossible as why:
        refused.append(why)
    worker.join()
    return bool(refused)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_run_that_another_transaction_holds_is_not_waited_for(stand: Stand, second: Stand) -> None:
    """The worker holds its run and waits for the request that the customer holds: both waiting would be a deadlock, so
    the one who cancels steps back at once. (SQLite has one writer at a time, so nobody holds a run there.)"""
    made = _waiting(stand)
    with second.house.database.write() as session:
        session.get(Run, stand.runs(made.id)[-1].id, with_for_update=True)
        with pytest.raises(NotPossible, match="just being done"):
            _cancel(stand, made.name)
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.FULFILLED
