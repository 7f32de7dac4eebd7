"""The house of the storm: the stand's people and more, one real directory as target, the wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from selfserve.catalog.live import LiveCatalog
from selfserve.connectors.contract import Ports
from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.registry import Registry
from selfserve.fulfilment.engine import Engine
from selfserve.fulfilment.house import House
from selfserve.settings.sealing import Sealer
from selfserve.store.database import Database
from selfserve.store.tables import Person

CATALOG = Path(__file__).parent / "catalog"
ITEMS = ("at-once", "approved", "queued", "both")
GROUPS = {"at-once": "a", "approved": "b", "queued": "c", "both": "de"}
LEASE = timedelta(seconds=2)


def wall() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def build(url: str, executor: str, directory: Mapping[str, Any]) -> House:
    """A house on an existing store."""
    database = Database(url)
    ports = Ports(now=wall)
    registry = Registry.build({"directory": {"kind": "ldap", **directory}}, ports, extra=[LdapConnector])
    return House(
        database=database,
        catalog=LiveCatalog(CATALOG, registry),
        connectors=registry,
        engine=Engine(database, executor=executor, poll=0.1),
        sealer=Sealer(b"k" * 32),
        now=wall,
        zone=ZoneInfo("Europe/Berlin"),
        executor=executor,
        lease=LEASE,
    )


def item_of(number: int) -> str:
    """What customer `number` asks for."""
    return ITEMS[number % len(ITEMS)]


def gives_back(number: int) -> bool:
    """Whether customer `number` gives it back in the end."""
    return number // len(ITEMS) % 2 == 1


def customer(number: int) -> str:
    """The login of customer `number`; also their id and key."""
    return f"p{number:05d}"


def settle(database: Database, customers: int) -> None:
    """Store the customers, and Dora who decides."""
    logins = [*map(customer, range(customers)), "dora"]
    with database.write() as session:
        for login in logins:
            session.add(
                Person(
                    id=login,
                    key=login,
                    dn=f"uid={login}",
                    login=login,
                    email=f"{login}@fern.example",
                    name=login,
                    seen_at=wall(),
                )
            )
