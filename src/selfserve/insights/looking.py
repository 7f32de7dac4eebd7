"""Have the installation looked at now, by whoever works: connectors and certificates, and told to all who look on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment.house import House

LOOK = "look_after_installation"
"""The name of the task: `tasks.register` makes it known."""
AT_MOST = timedelta(seconds=10)


def ask(house: House, person_id: str) -> None:
    """Order a look; asked again within seconds, the one ordered already counts."""
    with house.database.write() as session:
        _order(session, house)
        Trail(session, "installation").tell("installation.look_asked", at=house.now(), actor=f"person:{person_id}")


def _order(session: Session, house: House) -> None:
    turn = int(house.now().timestamp() // AT_MOST.total_seconds())
    house.engine.later(session, LOOK, f"look:{turn}")
