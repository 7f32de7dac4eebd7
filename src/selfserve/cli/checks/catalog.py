"""Is the catalog right?"""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.forbidden import forbidden
from selfserve.catalog.loading import CatalogBroken
from selfserve.cli.catalog import checked
from selfserve.cli.checks.finding import Finding, failure, ok
from selfserve.cli.surroundings import Surroundings
from selfserve.connectors.problems import ConnectorProblem

AREA = "catalog"
SHOWN = 5


def check_catalog(around: Surroundings) -> Iterator[Finding]:
    """The first few problems, or how many items there are."""
    try:
        found, _ = checked(around)
    except ConnectorProblem as problem:
        yield from (failure(AREA, line) for line in str(problem).splitlines())
        return
    problems = found.problems if isinstance(found, CatalogBroken) else tuple(sorted(forbidden(found.draft)))
    if not isinstance(found, CatalogBroken) and not problems:
        yield ok(AREA, f"{len(found.items)} items and {len(found.teams)} teams, all right.")
    yield from (failure(AREA, str(problem)) for problem in problems[:SHOWN])
    if len(problems) > SHOWN:
        yield failure(AREA, f"And {len(problems) - SHOWN} more; run `selfserve catalog check`.")
