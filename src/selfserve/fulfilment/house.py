"""What the working rooms are handed: built once in `app.py`, passed along explicitly, no global state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from selfserve.catalog.live import LiveCatalog
from selfserve.connectors.patience import CALL
from selfserve.connectors.registry import Registry
from selfserve.fulfilment.engine import Engine
from selfserve.settings.sealing import Sealer
from selfserve.store.database import Database
from selfserve.store.tables import Person

Clock = Callable[[], datetime]


class Orders(Protocol):
    """All that ordering durable work needs of a house: commands that build no whole one order work, too."""

    @property
    def engine(self) -> Engine:
        """The engine that takes the orders."""


@dataclass(frozen=True)
class House:
    """The parts put together. `works` is False in a process that only takes orders (it has no connector secrets).
    `call` is how long one call of a connector is waited for where no person waits for it."""

    database: Database
    catalog: LiveCatalog
    connectors: Registry
    engine: Engine
    sealer: Sealer
    now: Clock
    zone: ZoneInfo
    executor: str
    works: bool = True
    first_attempt_budget: timedelta = timedelta(seconds=2)
    lease: timedelta = timedelta(seconds=30)
    call: timedelta = CALL
    one_clock: bool = False
    """True where `now` is known to be the same in every process."""

    @property
    def moment(self) -> Any:
        """Now, for what processes tell each other: by the store's own clock, since those of two machines never agree.
        A moment, or on PostgreSQL an expression for a statement."""
        return self.now() if self.database.sqlite or self.one_clock else sa.func.now()


def zone_of(house: House, person: Person) -> ZoneInfo:
    """The person's time zone, the company's where they have none that is known."""
    try:
        return ZoneInfo(person.zone) if person.zone else house.zone
    except (KeyError, ValueError):
        return house.zone
