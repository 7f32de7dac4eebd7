"""The one place where the parts are put together."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from selfserve import schema, tasks, techops
from selfserve.catalog.keeping import unserved
from selfserve.catalog.live import LiveCatalog
from selfserve.catalog.problems import Problem
from selfserve.connectors.contract import Ports
from selfserve.connectors.registry import Registry
from selfserve.fulfilment import sealed, seats
from selfserve.fulfilment.engine import Engine
from selfserve.fulfilment.house import House
from selfserve.fulfilment.leases import Heart
from selfserve.good_catalogs import GoodCatalogs
from selfserve.insights import looking as first_look
from selfserve.locks import StoreTaken, only_one
from selfserve.people.groups import PresentPeople
from selfserve.people.roles import RoleRules
from selfserve.schema import CannotStart, StoreUnfit
from selfserve.seat_port import SeatPort
from selfserve.settings.model import Settings
from selfserve.settings.sealing import Sealer, read_key
from selfserve.settings.secrets import SecretSource
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.ids import new_id
from selfserve.store.rights import open_to_others
from selfserve.store.seats import StoredSeats
from selfserve.store.writable import Writable

log = structlog.get_logger(__name__)


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
    lock: IO[str] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _ends: ExitStack = field(default_factory=ExitStack)
    _running: bool = False

    def __post_init__(self) -> None:
        self._writable = Writable(self.house.database)
        if self.lock is not None:
            self._ends.callback(self.lock.close)
        self._ends.callback(self.house.database.close)
        self._ends.callback(self.house.connectors.close)
        self._ends.callback(self.house.engine.stop)

    def start(self) -> None:
        """Begin: write the lease, start the engine (where it works), watch the catalog. Undone where it fails."""
        try:
            self.heart.start()
            self._ends.callback(self.heart.stop)
            if self.works:
                tasks.register(self)
                self._ends.callback(self.house.engine.stop)
                self.house.engine.start()
                first_look.begin(self.house)
            self._watch()
        except BaseException:
            self.stop()
            raise
        self._running = True

    def _watch(self) -> None:
        """Hold the catalog against people as they are now, and follow its files."""
        people = PresentPeople(self.house.database)
        self.house.catalog.begin(people if people.any() else None)
        every = self.settings.catalog.reload_every.total_seconds()
        watch = threading.Thread(target=self.house.catalog.watch, args=(self._stop, every), name="catalog", daemon=True)
        watch.start()
        self._ends.callback(watch.join)
        self._ends.callback(self._stop.set)

    def stop(self) -> None:
        """End in order: no new work, what runs may finish, the lease is given back, connections are closed.

        Each part is ended even where one before it cannot be (a store that is away takes no lease back). A second call
        does nothing.
        """
        self._running = False
        self._ends.close()

    def readiness(self) -> dict[str, Callable[[], str]]:
        """What `/readyz` asks: a sentence where something is not right."""
        return {"process": lambda: "" if self._running else "It is starting or stopping.", "store": self._store_ready}

    def _store_ready(self) -> str:
        database = self.house.database
        if database.sqlite and not Path(str(database.url.database)).exists():
            return "The store's file is gone."
        try:
            with database.read() as session:
                session.execute(sa.text("SELECT 1"))
        except SQLAlchemyError:
            return "The store does not answer."
        return self._writable()


def build(
    settings: Settings,
    secrets: SecretSource,
    *,
    works: bool | None = None,
    looking: bool = False,
    upgrades: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> App:
    """Put an installation together on a store that is as this build needs it. CannotStart, or the parts' own sentences.

    `works` False: only take orders and show pages; the work is done by workers elsewhere. `looking`: it will never be
    started, so another process may work on the store meanwhile. `upgrades`: a store that is not there is made, and an
    older one brought up; only for a house that keeps its own store, since whoever runs one backs it up before.
    """
    working = settings.worker.enabled if works is None else works
    if not upgrades and (missing := migrations.missing(settings.store.address())):
        raise StoreUnfit(missing)
    with ExitStack() as undo:
        database = open_store(settings, secrets)
        undo.callback(database.close)
        if not looking:
            _warn_of_open_store(settings, database)
        lock = _claim(database) if working and not looking else None
        if lock is not None:
            undo.callback(lock.close)
        engine = engine_of(settings, database)
        if looking:
            _look(database)
        else:
            (schema.bring_up if upgrades else schema.check)(database, engine)
        house = _house(settings, secrets, database, engine, works=working, looking=looking, now=now)
        undo.pop_all()
    return App(
        settings=settings,
        secrets=secrets,
        house=house,
        roles=RoleRules.of(settings.roles.model_dump()),
        works=working,
        heart=Heart(house, "worker" if working else "web", sweeps=working),
        lock=lock,
    )


def _warn_of_open_store(settings: Settings, database: Database) -> None:
    """A warning and not a refusal: whoever runs it may have reasons, and nobody is helped by a house that is shut."""
    sentence = database.sqlite and open_to_others(Path(str(database.url.database)), settings.store.folder)
    if sentence:
        log.warning("store_open_to_others", problem=sentence)


def _claim(database: Database) -> IO[str] | None:
    try:
        return only_one(database)
    except StoreTaken as taken:
        raise CannotStart(str(taken)) from None


def engine_of(settings: Settings, database: Database) -> Engine:
    """The engine upon a store, not begun."""
    return Engine(
        database,
        executor=f"{socket.gethostname()}-{os.getpid()}-{new_id()[-6:]}",
        poll=settings.worker.poll.total_seconds(),
        concurrency=settings.worker.concurrency,
    )


def _look(database: Database) -> None:
    """Who only looks needs no engine."""
    if wrong := migrations.wrong(database.engine):
        raise StoreUnfit(wrong)


def _house(
    settings: Settings,
    secrets: SecretSource,
    database: Database,
    engine: Engine,
    *,
    works: bool,
    looking: bool,
    now: Callable[[], datetime],
) -> House:
    sealer = sealer_of(settings, secrets)
    registry = build_registry(
        settings,
        secrets,
        database,
        sealer,
        now,
        served=lambda session, keys, at: seats.wake(session, house, keys, at),
        waits=lambda session, pool, at: seats.tell_short(session, house, pool, at),
        freed=lambda session, key: sealed.freed(session, house, key),
    )
    catalog = LiveCatalog(
        settings.catalog.folder,
        registry,
        on_broken=lambda problems: _broken(house, settings, problems),
        on_good=lambda: log.info("catalog_mended"),
        keeper=None if looking else GoodCatalogs(database, now),
    )
    house = House(
        database=database,
        catalog=catalog,
        connectors=registry,
        engine=engine,
        sealer=sealer,
        now=now,
        zone=ZoneInfo(settings.company.zone),
        executor=engine.executor,
        works=works,
        first_attempt_budget=settings.worker.first_attempt_budget,
    )
    return house


def open_store(settings: Settings, secrets: SecretSource) -> Database:
    """The store of the settings, opened."""
    password = secrets.resolve(settings.store.password) if settings.store.password else None
    return Database(settings.store.address(password))


def sealer_of(settings: Settings, secrets: SecretSource) -> Sealer:
    """What seals secrets at rest."""
    former = [read_key(secrets.resolve(reference)) for reference in settings.server.former_sealing_keys]
    return Sealer(read_key(secrets.resolve(settings.server.sealing_key)), former)


def build_registry(
    settings: Settings,
    secrets: SecretSource,
    database: Database,
    sealer: Sealer,
    now: Callable[[], datetime],
    **told: Callable[..., object],
) -> Registry:
    """The configured connectors, with the memory they are lent; `told` is who hears of seats (see `StoredSeats`)."""
    ports = Ports(seats=SeatPort(StoredSeats(database, sealer, **told), now), now=now)
    sections = {name: {"kind": section.kind, **section.rest} for name, section in settings.connectors.items()}
    return Registry.build(sections, ports, resolve=secrets.resolve, folder=settings.folder, place=settings.place)


def _broken(house: House, settings: Settings, problems: tuple[Problem, ...]) -> None:
    served, held = house.catalog, unserved(settings.catalog.folder, house.catalog.current)
    log.error(
        "catalog_broken",
        problems=[str(problem) for problem in problems],
        served_since=served.since.isoformat(timespec="seconds") if served.since else "",
        edited_but_not_served=held.edited,
        gone_but_served=held.gone,
    )
    techops.tell_catalog_broken(house, settings, problems, held)
