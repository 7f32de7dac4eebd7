"""The one place where the parts are put together."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from selfserve import tasks
from selfserve.catalog.live import LiveCatalog
from selfserve.catalog.problems import Problem
from selfserve.connectors.contract import Ports
from selfserve.connectors.registry import Registry
from selfserve.fulfilment.engine import Engine
from selfserve.fulfilment.house import House
from selfserve.fulfilment.leases import Heart
from selfserve.people.groups import GroupSizes
from selfserve.people.roles import RoleRules
from selfserve.seat_port import SeatPort
from selfserve.settings.model import Settings
from selfserve.settings.sealing import Sealer, read_key
from selfserve.settings.secrets import SecretSource
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.ids import new_id
from selfserve.store.seats import StoredSeats
from selfserve.store.tables import Person

log = structlog.get_logger(__name__)


class CannotStart(Exception):  # noqa: N818  (said to whoever started it, in a sentence)
    """Why the installation does not start, and what to do about it."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class App:
    """A running installation: built by `build`, begun by `start`, ended by `stop`."""

    settings: Settings
    secrets: SecretSource
    house: House
    roles: RoleRules
    works: bool
    heart: Heart
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: IO[str] | None = None

    def start(self) -> None:
        """Begin: lock a store that is one file, write the lease, start the engine (where it works), watch the catalog."""
        if self.works and self.house.database.sqlite:
            self._lock = _only_one(Path(str(self.house.database.url.database)))
        self.heart.start()
        if self.works:
            tasks.register(self)
            self.house.engine.start()
        every = self.settings.catalog.reload_every
        self._threads.append(
            threading.Thread(
                target=self.house.catalog.watch, args=(self._stop, every.total_seconds()), name="catalog", daemon=True
            )
        )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End in order: no new work, what runs may finish, the lease is given back, connections are closed."""
        self._stop.set()
        self.house.engine.stop()
        self.heart.stop()
        for thread in self._threads:
            thread.join()
        self.house.connectors.close()
        self.house.database.close()
        if self._lock is not None:
            self._lock.close()

    def readiness(self) -> dict[str, Callable[[], str]]:
        """What `/readyz` asks: a sentence where something is not right."""
        return {"store": self._store_ready, "catalog": lambda: ""}

    def _store_ready(self) -> str:
        try:
            with self.house.database.read() as session:
                session.execute(sa.text("SELECT 1"))
        except SQLAlchemyError:
            return "The store does not answer."
        return ""


def build(settings: Settings, secrets: SecretSource, *, works: bool | None = None, now: Callable[[], datetime] = utc_now) -> App:
    """Put an installation together; opens the store and brings its schema up. Raises CannotStart, or the parts' own sentences.

    `works` False: only take orders and show pages; the work is done by workers elsewhere.
    """
    working = settings.worker.enabled if works is None else works
    database = open_store(settings, secrets)
    executor = f"{socket.gethostname()}-{os.getpid()}-{new_id()[-6:]}"
    engine = Engine(
        database,
        executor=executor,
        poll=settings.worker.poll.total_seconds(),
        concurrency=settings.worker.concurrency,
    )
    if migrations.current(database.engine) != migrations.head():
        migrations.upgrade(database.engine)
    engine.prepare()
    sealer = sealer_of(settings, secrets)
    registry = build_registry(settings, secrets, database, sealer, now)
    house = House(
        database=database,
        catalog=LiveCatalog(
            settings.catalog.folder, registry, people_view(database), on_broken=_broken, on_good=lambda: log.info("catalog_mended")
        ),
        connectors=registry,
        engine=engine,
        sealer=sealer,
        now=now,
        zone=ZoneInfo(settings.company.zone),
        executor=executor,
        works=working,
        first_attempt_budget=settings.worker.first_attempt_budget,
    )
    return App(
        settings=settings,
        secrets=secrets,
        house=house,
        roles=RoleRules.of(settings.roles.model_dump()),
        works=working,
        heart=Heart(house, "worker" if working else "web", sweeps=working),
    )


def people_view(database: Database) -> GroupSizes | None:
    """What the catalog's checks may know of people; nothing before they were read from the directory for the first time."""
    with database.read() as session:
        known = session.scalar(sa.select(Person.id).limit(1))
    return GroupSizes(database) if known else None


def open_store(settings: Settings, secrets: SecretSource) -> Database:
    """The store of the settings, opened."""
    password = secrets.resolve(settings.store.password) if settings.store.password else None
    return Database(settings.store.address(password))


def sealer_of(settings: Settings, secrets: SecretSource) -> Sealer:
    """What seals secrets at rest."""
    former = [read_key(secrets.resolve(reference)) for reference in settings.server.former_sealing_keys]
    return Sealer(read_key(secrets.resolve(settings.server.sealing_key)), former)


def build_registry(
    settings: Settings, secrets: SecretSource, database: Database, sealer: Sealer, now: Callable[[], datetime]
) -> Registry:
    """The configured connectors, with the memory they are lent."""
    fingerprint = read_key(secrets.resolve(settings.server.sealing_key))
    ports = Ports(seats=SeatPort(StoredSeats(database, sealer, fingerprint), now), now=now)
    sections = {name: {"kind": section.kind, **section.rest} for name, section in settings.connectors.items()}
    return Registry.build(sections, ports, resolve=secrets.resolve)


def _broken(problems: tuple[Problem, ...]) -> None:
    log.error("catalog_broken", problems=[str(problem) for problem in problems])


def _only_one(store: Path) -> IO[str]:
    """Hold the lock beside a store that is one file; CannotStart where another process works on it."""
    place = store.with_name(store.name + ".lock")
    lock = place.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotStart(
            f"Another process works on {store} already; one file is for one process. For several, use PostgreSQL."
        ) from None
    return lock
