"""The durable tasks of this room, registered with the engine by name."""

from __future__ import annotations

from selfserve.fulfilment.house import House
from selfserve.fulfilment.tasks import in_transaction
from selfserve.requests import drafts, presence, stages
from selfserve.requests.reconcile import reconcile


def register(house: House) -> None:
    """Make this room's tasks known to the engine; called once before it starts."""
    house.engine.register(stages.TICK, in_transaction(house, stages.tick))
    house.engine.every("reconcile", "0 7 * * * *", lambda: _reconcile(house))
    house.engine.every("drafts", "0 50 3 * * *", lambda: _forget_drafts(house))
    house.engine.every("watchers", "0 23 * * * *", lambda: forget_watchers(house))


def _reconcile(house: House) -> None:
    reconcile(house)


def _forget_drafts(house: House) -> None:
    with house.database.write() as session:
        drafts.forget(session, house.now())


def forget_watchers(house: House) -> None:
    """Remove what is left of pages upon cases that are open no more."""
    with house.database.write() as session:
        presence.forget(session, house.now())
