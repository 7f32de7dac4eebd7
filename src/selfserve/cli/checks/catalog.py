"""Is the catalog right?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from selfserve.catalog.loading import Catalog, CatalogBroken
from selfserve.cli.catalog import checked
from selfserve.cli.checks.finding import Finding, failure, ok
from selfserve.cli.stop import Stop
from selfserve.cli.surroundings import Surroundings
from selfserve.connectors.problems import ConnectorProblem
from selfserve.people.groups import GroupSizes
from selfserve.settings.secrets import SecretUnavailable
from selfserve.store.tables import Person

AREA = "catalog"
SHOWN = 5


def check_catalog(around: Surroundings) -> Iterator[Finding]:
    """The first few problems, or how many items there are."""
    try:
        found = _checked(around)
    except ConnectorProblem as problem:
        yield failure(AREA, str(problem))
        return
    if not isinstance(found, CatalogBroken):
        yield ok(AREA, f"{len(found.items)} items and {len(found.teams)} teams, all right.")
        return
    yield from (failure(AREA, str(problem)) for problem in found.problems[:SHOWN])
    if len(found.problems) > SHOWN:
        yield failure(AREA, f"And {len(found.problems) - SHOWN} more; run `selfserve catalog check`.")


def _checked(around: Surroundings) -> Catalog | CatalogBroken:
    """Held against people as well, where some were read already: a team that nobody is left in is found."""
    if around.store_exists:
        with contextlib.suppress(Stop, SecretUnavailable), around.database() as database:
            with database.read() as session:
                known = session.scalar(sa.select(Person.id).limit(1)) is not None
            if known:
                return checked(around, people=GroupSizes(database))
    return checked(around)
