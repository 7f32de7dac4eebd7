"""The configured connectors, as commands build them: with secrets and the store's memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfserve.cli.surroundings import Surroundings
from selfserve.connectors.contract import Ports
from selfserve.connectors.registry import Registry
from selfserve.store.database import Database

if TYPE_CHECKING:
    from selfserve.fulfilment.engine import Engine


@contextmanager
def registry(around: Surroundings, name: str) -> Iterator[Registry]:
    """A registry with the connector called `name` alone, so that another's fault does not hide it.

    Raises a ConnectorProblem for a section that does not fit. A store that does not exist yet is not made by looking.
    A pool that was enlarged in the settings has its new seats from the first look on: who waits for one is woken.
    """
    from selfserve import app  # the whole house; short commands do without
    from selfserve.fulfilment import seats

    narrowed = around.settings.model_copy(update={"connectors": {name: around.settings.connectors[name]}})
    if not around.store_exists:
        yield from _until_closed(alone(around, name))
        return
    with around.any_database() as database, _orders(database) as orders:
        sealer = app.sealer_of(narrowed, around.secrets)
        served = lambda session, keys, at: seats.wake(session, orders, keys, at)  # noqa: E731
        built = app.build_registry(narrowed, around.secrets, database, sealer, around.now, served=served)
        yield from _until_closed(built)


@dataclass(frozen=True)
class _Orders:
    engine: Engine


@contextmanager
def _orders(database: Database) -> Iterator[_Orders]:
    """Takes orders for the workers; works at nothing itself."""
    from selfserve.fulfilment.engine import Engine

    engine = Engine(database, executor="cli")
    try:
        yield _Orders(engine)
    finally:
        engine.stop()


def alone(around: Surroundings, name: str) -> Registry:
    """The same without the store's memory: enough to see whether the section fits. To be closed by the caller."""
    sections = {name: around.settings.connector_sections[name]}
    secrets, settings = around.secrets, around.settings
    return Registry.build(
        sections, Ports(now=around.now), resolve=secrets.resolve, folder=settings.folder, place=settings.place
    )


def _until_closed(built: Registry) -> Iterator[Registry]:
    try:
        yield built
    finally:
        built.close()
