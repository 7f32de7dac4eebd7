"""Items that do not go together with others."""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.draft import Draft
from selfserve.catalog.problems import Problem
from selfserve.catalog.sentences import did_you_mean


def conflicts(draft: Draft) -> Iterator[Problem]:
    """`conflicts` names other items of the catalog."""
    known = [source.model.id for source in draft.items]
    for source in draft.items:
        for at, other in enumerate(source.model.conflicts or ()):
            if other == source.model.id:
                yield source.at_value(("conflicts", at), "An item goes together with itself; take it out.")
            elif other not in known:
                hint = did_you_mean(other, known)
                yield source.at_value(("conflicts", at), f'There is no item "{other}".{hint}')
