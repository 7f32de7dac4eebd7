"""All that stands in the way of a start, told in one go: who mends the first thing should not meet the next at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from selfserve.cli.checks.catalog import check_catalog
from selfserve.cli.checks.secrets import check_secrets
from selfserve.cli.checks.targets import check_section
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings
from selfserve.connectors.contract import Level
from selfserve.connectors.problems import ConnectorProblem
from selfserve.settings.secrets import SecretUnavailable


@contextmanager
def all_at_once(around: Surroundings) -> Iterator[None]:
    """What refuses the start inside raises Stop with its own sentence first, and then every other one, a line each.

    Settings are read before, and tell all of their mistakes themselves.
    """
    try:
        yield
    except (SecretUnavailable, ConnectorProblem) as problem:
        raise Stop(_with_others(around, str(problem)), WRONG) from None
    except Stop as stop:
        raise Stop(_with_others(around, str(stop)), stop.code) from None


def _with_others(around: Surroundings, first: str) -> str:
    others: list[str] = []
    for one in _others(around):
        if not any(_told(one, said) for said in (first, *others)):
            others.append(one)
    return "\n".join([first, *others])


def _others(around: Surroundings) -> Iterator[str]:
    found = [*check_secrets(around), *check_catalog(around)]
    for name in sorted(around.settings.connectors):
        found += check_section(around, name)
    yield from (one.text for one in found if one.level is Level.ERROR)


def _told(sentence: str, first: str) -> bool:
    """A sentence may stand in another one with its place before it (`server.sealing_key: file:… does not exist`)."""
    return sentence in first or any(line and line in sentence for line in first.splitlines())
