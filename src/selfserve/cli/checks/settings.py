"""Are the settings right, those of the connectors included?"""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.cli.checks.finding import Finding, failure, ok
from selfserve.cli.surroundings import Surroundings
from selfserve.connectors.kinds import Kinds
from selfserve.connectors.problems import BadSection, ConnectorProblem
from selfserve.connectors.sections import read_section
from selfserve.settings.secrets import referred

AREA = "settings"


def check_settings(around: Surroundings) -> Iterator[Finding]:
    """One finding for each key of a connector that is wrong, or one that all are right. No secret is read."""
    bad = [
        failure(AREA, problem)
        for name in sorted(around.settings.connectors)
        for problem in section_problems(around, name)
    ]
    yield from bad or [ok(AREA, f"{around.config} is right.")]


def section_problems(around: Surroundings, name: str) -> tuple[str, ...]:
    """What is wrong in a connector's section, a sentence for each key. No secret is read."""
    settings = around.settings
    section = settings.connector_sections[name]
    try:
        kind = Kinds().of_section(name, str(section["kind"]), settings.place)
        read_section(name, section, kind, _written, settings.folder, settings.place)
    except BadSection as bad:
        return bad.problems
    except ConnectorProblem as problem:
        return (str(problem),)
    return ()


def _written(secret: str) -> str:
    """A secret's reference in its place: that it is one, not what it leads to, is a matter of the settings."""
    return str(referred(secret))
