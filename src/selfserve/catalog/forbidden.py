"""What an item asks of a connector that the connector's own configuration never lets happen."""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.draft import Draft
from selfserve.catalog.problems import Problem


def forbidden(draft: Draft) -> Iterator[Problem]:
    """Arguments that stand in the file and with which every ask would be declined. Such a catalog is served all the
    same, its other items being right; whoever checks it is told."""
    for source in draft.items:
        for index, step in enumerate(source.model.fulfil):
            for name, sentence in draft.actions.forbidden(step.use, step.arguments.plain()).items():
                yield source.at_value(("fulfil", index, "with", name), sentence)
