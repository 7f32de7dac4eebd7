"""The durable tasks of this room, registered with the engine by name."""

from __future__ import annotations

from collections.abc import Callable

from selfserve.fulfilment import ends, escalation, grants, seats, unclaimed
from selfserve.fulfilment.fulfil import fulfil
from selfserve.fulfilment.house import House
from selfserve.fulfilment.keeping import forget_runs
from selfserve.fulfilment.queueing import queue_of
from selfserve.fulfilment.revoke import revoke
from selfserve.store.states import Purpose


def in_transaction(house: House, work: Callable[..., object]) -> Callable[..., None]:
    """A task that is one transaction: `work(session, house, *args, now)`."""

    def task(*args: object) -> None:
        with house.database.write() as session:
            work(session, house, *args, house.now())

    return task


def register(house: House) -> None:
    """Make this room's tasks and queues known to the engine; called once before it starts."""
    engine = house.engine
    engine.register(Purpose.FULFIL, lambda run_id: fulfil(house, run_id))
    engine.register(Purpose.REVOKE, lambda run_id: revoke(house, run_id))
    engine.register(grants.TICK, in_transaction(house, ends.tick))
    engine.register(escalation.RISE, in_transaction(house, escalation.rise))
    engine.every("seats", "0 10 * * * *", in_transaction(house, seats.tell_still_short))
    engine.every("unclaimed", "0 25 * * * *", in_transaction(house, unclaimed.tell_unclaimed))
    engine.every("forget", "0 20 3 * * *", lambda: _forget(house))
    for connector in house.connectors.connectors:
        engine.queue(queue_of(connector))


def _forget(house: House) -> None:
    house.engine.forget(house.now())
    forget_runs(house)
