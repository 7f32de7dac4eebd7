"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from selfserve.connectors.contract import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen: `area` is where (`settings`, `store`, `connectors.directory`), `text` one sentence."""

    area: str
    level: Level
    text: str


def ok(area: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(area, Level.INFO, text)


def warning(area: str, text: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(area, Level.WARNING, text)


def failure(area: str, text: str) -> Finding:
    """It does not work."""
    return Finding(area, Level.ERROR, text)


def worst(findings: Iterable[Finding]) -> Level:
    """The heaviest level among the findings."""
    order = [Level.INFO, Level.WARNING, Level.ERROR]
    return max((one.level for one in findings), key=order.index, default=Level.INFO)
