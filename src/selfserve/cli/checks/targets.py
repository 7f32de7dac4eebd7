"""Are the target systems reachable, and may we do there what items need?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from selfserve.cli.checks.finding import Finding, failure, warning
from selfserve.cli.stop import Stop
from selfserve.cli.surroundings import Surroundings
from selfserve.cli.targets import alone, registry
from selfserve.connectors.answers import text
from selfserve.connectors.guarded import Guarded
from selfserve.connectors.problems import ConnectorProblem
from selfserve.settings.secrets import SecretUnavailable

PATIENCE = timedelta(seconds=30)
"""How long somebody at a terminal waits for one connector."""
REMEMBERS = ("seats",)
"""Kinds of connectors whose memory is lent to them out of the store."""


def check_targets(around: Surroundings) -> Iterator[Finding]:
    """What each connector finds of itself."""
    names = sorted(around.settings.connectors)
    if not names:
        yield warning("connectors", "None is configured, so nothing can be done by machine.")
    for name in names:
        yield from check_target(around, name)


def check_target(around: Surroundings, name: str) -> list[Finding]:
    """What one connector finds of itself, each thing once; a fault of the connector is a finding as well."""
    area = f"connectors.{name}"
    try:
        with registry(around, name) as built:
            connector = built.get(name)
            if connector.kind in REMEMBERS and not around.store_ready:
                return [warning(area, "Its seats are counted in the store, which is not ready yet.")]
            found = Guarded(connector, PATIENCE).check()
            return list(dict.fromkeys(Finding(area, one.level, one.text) for one in found))
    except (ConnectorProblem, SecretUnavailable, Stop) as problem:
        return [failure(area, line) for line in str(problem).splitlines()]
    except Exception as error:  # connectors are others' code, and doctor goes on
        return [failure(area, text("problem", f"Its check failed with {type(error).__name__}: {error}."))]


def check_section(around: Surroundings, name: str) -> list[Finding]:
    """What is wrong with a connector's section and its secrets; nothing is called."""
    try:
        alone(around, name).close()
    except (ConnectorProblem, SecretUnavailable) as problem:
        return [failure(f"connectors.{name}", line) for line in str(problem).splitlines()]
    return []
