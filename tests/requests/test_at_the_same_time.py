"""Two processes meet at one grant: the second sees what the first did, and says so in a sentence."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from tests.stand import invariants
from tests.stand.house import Stand
from tests.stand.stores import somebody_waits

from selfserve.fulfilment import ends
from selfserve.requests import acts
from selfserve.requests.refusals import NotPossible
from selfserve.store.states import GrantState
from selfserve.store.tables import Grant


def test_giving_back_what_is_just_expiring_is_no_fault_and_taken_back_once(stand: Stand, second: Stand) -> None:
    """The timer has the grant; who gives it back in that moment hears that there is nothing to give back any more."""
    made = stand.ask("ada", "lamp")
    (grant,) = stand.grants("ada")
    stand.clock.forward(hours=8)

    def give_back() -> None:
        with second.house.database.write() as session:
            acts.give_back(session, second.house, made.name, second.people["ada"], second.clock())

    with ThreadPoolExecutor(1) as other:
        with stand.house.database.write() as session:
            assert ends.tick(session, stand.house, grant.id, grant.timers, stand.clock()) == "ended"
            session.flush()
            late = other.submit(give_back)
            turn = threading.Event()
            while not somebody_waits(stand.house.database):
                assert not late.done(), "it did not wait for the timer"
                turn.wait(0.01)
        with pytest.raises(NotPossible):
            late.result(30)
    assert len(stand.runs(grant.id)) == 1
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert "grant.given_back" not in stand.kinds(f"request:{made.id}")
    invariants.check(stand)


def test_a_locked_row_is_read_as_it_is_then(stand: Stand) -> None:
    """However often it was read before in the same transaction: what is decided is decided by what is there."""
    stand.ask("ada", "lamp")
    (grant,) = stand.grants("ada")
    unseen = {"synchronize_session": False}
    with stand.house.database.write() as session:
        known = session.get_one(Grant, grant.id)
        session.execute(sa.update(Grant).values(timers=7), execution_options=unseen)
        assert known.timers != 7
        assert session.get_one(Grant, grant.id, with_for_update=True).timers == 7
        session.execute(sa.update(Grant).values(timers=8), execution_options=unseen)
        assert session.scalars(sa.select(Grant).with_for_update()).one().timers == 8
        known.timers = 9
        assert session.get_one(Grant, grant.id, with_for_update=True).timers == 9
