"""Have the installation looked at now, by whoever works: connectors and certificates, and told to all who look on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment.house import House

LOOK = "look_after_installation"
"""The name of the task: `tasks.register` makes it known."""
AT_MOST = timedelta(seconds=10)
SETTLED = timedelta(seconds=15)
"""After its start: a process that ends at once, as for an address that is taken, is not held up by a look."""


def begin(house: House) -> None:
    """Order the first look of a process that works: what was seen before it began may not be so any more."""
    with house.database.write() as session:
        _order(session, house, "start", SETTLED)


def ask(house: House, person_id: str) -> None:
    """Order a look; asked again within seconds, the one ordered already counts."""
    with house.database.write() as session:
        _order(session, house, "asked")
        Trail(session, "installation").tell("installation.look_asked", at=house.now(), actor=f"person:{person_id}")


def _order(session: Session, house: House, why: str, after: timedelta | None = None) -> None:
    turn = int(house.now().timestamp() // AT_MOST.total_seconds())
    house.engine.later(session, LOOK, f"look:{why}:{turn}", after=after)
