"""The durable tasks of this room, registered with the engine by name."""

from __future__ import annotations

from selfserve.fulfilment import sealed
from selfserve.fulfilment.house import House
from selfserve.fulfilment.tasks import in_transaction
from selfserve.requests import drafts, presence, stages
from selfserve.requests.ask_keys import forget_keys
from selfserve.requests.reconcile import find_lost, reconcile


def register(house: House) -> None:
    """Make this room's tasks known to the engine; called once before it starts."""
    house.engine.register(stages.TICK, in_transaction(house, stages.tick))
    house.engine.every("reconcile", "0 7 * * * *", lambda: _reconcile(house))
    house.engine.every("lost", "45 * * * * *", lambda: _find_lost(house))
    house.engine.every("drafts", "0 50 3 * * *", lambda: _forget(house))
    house.engine.every("watchers", "0 23 * * * *", lambda: forget_watchers(house))
    house.engine.every("secrets", "0 */10 * * * *", lambda: _wipe_unkept(house))


def _reconcile(house: House) -> None:
    reconcile(house)


def _find_lost(house: House) -> None:
    find_lost(house)


def _wipe_unkept(house: House) -> None:
    sealed.wipe_unkept(house)


def _forget(house: House) -> None:
    with house.database.write() as session:
        drafts.forget(session, house.now())
    forget_keys(house)


def forget_watchers(house: House) -> None:
    """Remove what is left of pages upon cases that are open no more."""
    with house.database.write() as session:
        presence.forget(session, house.now())
