"""Everything a catalog is refused for before it is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from selfserve.catalog.checks.approvals import approvals
from selfserve.catalog.checks.conflicts import conflicts
from selfserve.catalog.checks.deciders import deciders
from selfserve.catalog.checks.delivery import delivery
from selfserve.catalog.checks.forms import forms
from selfserve.catalog.checks.grants import grants
from selfserve.catalog.checks.house import house
from selfserve.catalog.checks.others import others
from selfserve.catalog.checks.rules import rules
from selfserve.catalog.checks.shape import shape
from selfserve.catalog.checks.steps import steps
from selfserve.catalog.checks.wordings import wordings
from selfserve.catalog.checks.worked_out import worked_out
from selfserve.catalog.draft import Draft
from selfserve.catalog.problems import Problem

CHECKS: Final[tuple[Callable[[Draft], Iterator[Problem]], ...]] = (
    house,
    shape,
    forms,
    rules,
    approvals,
    steps,
    worked_out,
    grants,
    delivery,
    deciders,
    others,
    conflicts,
    wordings,
)


def check(draft: Draft) -> list[Problem]:
    """Every problem of `draft`, unsorted."""
    return [problem for one in CHECKS for problem in one(draft)]
