"""The configured connectors, as commands build them: with secrets and the store's memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from selfserve.cli.surroundings import Surroundings
from selfserve.connectors.contract import Ports
from selfserve.connectors.registry import Registry


@contextmanager
def registry(around: Surroundings, name: str) -> Iterator[Registry]:
    """A registry with the connector called `name` alone, so that another's fault does not hide it.

    Raises a ConnectorProblem for a section that does not fit. A store that does not exist yet is not made by looking.
    """
    from selfserve import app  # the whole house; short commands do without

    narrowed = around.settings.model_copy(update={"connectors": {name: around.settings.connectors[name]}})
    if not around.store_exists:
        yield from _until_closed(alone(around, name))
        return
    with around.any_database() as database:
        sealer = app.sealer_of(narrowed, around.secrets)
        built = app.build_registry(narrowed, around.secrets, database, sealer, around.now)
        yield from _until_closed(built)


def alone(around: Surroundings, name: str) -> Registry:
    """The same without the store's memory: enough to see whether the section fits. To be closed by the caller."""
    sections = {name: around.settings.connector_sections[name]}
    secrets, folder = around.secrets, around.settings.folder
    return Registry.build(sections, Ports(now=around.now), resolve=secrets.resolve, folder=folder)


def _until_closed(built: Registry) -> Iterator[Registry]:
    try:
        yield built
    finally:
        built.close()
