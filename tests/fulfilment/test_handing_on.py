"""Two ends meet at one thing: what the first hands on is the second's to take back, however close they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests.stand import invariants
from tests.stand.house import Stand
from tests.stand.stores import somebody_waits

from selfserve.fulfilment import owned
from selfserve.fulfilment.revoke import revoke
from selfserve.requests import acts
from selfserve.requests.submit import Submitted
from selfserve.store.states import GrantState
from selfserve.store.tables import Grant, Step


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """The thread of the other process."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _gives_back(stand: Stand, made: Submitted) -> None:
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())


def _grant_of(stand: Stand, item: str) -> Grant:
    return next(grant for grant in stand.grants("ada") if grant.item_id == item)


def _until_it_waits(stand: Stand, late: Future[None]) -> None:
    turn = threading.Event()
    while not somebody_waits(stand.house.database):
        assert not late.done(), "it did not wait"
        turn.wait(0.01)


def _all_gone(stand: Stand) -> None:
    stand.pass_time(minutes=1)
    assert not stand.shelf.things
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED] * 2
    with stand.house.database.read() as session:
        assert session.scalars(sa.select(Step).where(Step.ours.is_(True))).all() == []
    invariants.check(stand)


def test_what_is_just_handed_on_is_waited_for_by_the_heir_that_ends(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The fork leaves it to the set, and has not written that down; the set ends meanwhile, and takes it back."""
    fork, whole = stand.ask("ada", "fork"), stand.ask("ada", "set")
    _gives_back(stand, fork)

    def ends() -> None:
        _gives_back(second, whole)
        (run,) = second.runs(_grant_of(second, "set").id)
        revoke(second.house, run.id)

    with stand.house.database.write() as session:
        assert owned.to_undo(session, _grant_of(stand, "fork").id, stand.clock()) == []
        session.flush()
        late = beside.submit(ends)
        _until_it_waits(stand, late)
    late.result(30)
    assert not stand.shelf.things
    _all_gone(stand)


def test_nothing_is_handed_on_to_what_has_ended_meanwhile(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The set's step is waited for, and by then the set is ending: the fork takes its own back itself."""
    fork, whole = stand.ask("ada", "fork"), stand.ask("ada", "set")
    _gives_back(stand, fork)
    (run,) = stand.runs(_grant_of(stand, "fork").id)
    locked = sa.select(Step).where(Step.request_id == whole.id).with_for_update()

    def hold_and_end(session: Session) -> None:
        session.scalars(locked).all()
        late.append(beside.submit(revoke, second.house, run.id))
        _until_it_waits(stand, late[0])
        acts.give_back(session, stand.house, whole.name, stand.people["ada"], stand.clock())

    late: list[Future[None]] = []
    stand.write(hold_and_end)
    late[0].result(30)
    assert ("fork", "ada") not in stand.shelf.things
    assert not stand.steps(whole.id)[1].ours
    _all_gone(stand)
