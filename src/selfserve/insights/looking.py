"""Have the installation looked at now, by whoever works: connectors and certificates, and told to all who look on."""

from __future__ import annotations

from datetime import timedelta

from selfserve.audit.trail import Trail
from selfserve.fulfilment.house import House

LOOK = "look_after_installation"
"""The name of the task: `tasks.register` makes it known."""
AT_MOST = timedelta(seconds=10)


def ask(house: House, person_id: str) -> None:
    """Order a look; asked again within seconds, the one ordered already counts."""
    now = house.now()
    turn = int(now.timestamp() // AT_MOST.total_seconds())
    with house.database.write() as session:
        house.engine.later(session, LOOK, f"look:{turn}")
        Trail(session, "installation").tell("installation.look_asked", at=now, actor=f"person:{person_id}")
