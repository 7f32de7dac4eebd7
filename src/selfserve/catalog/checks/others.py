"""Items that managers may ask for on behalf of somebody else, although only they themselves should."""

from __future__ import annotations

from collections.abc import Iterator

from selfserve.catalog.draft import Draft
from selfserve.catalog.items import Item
from selfserve.catalog.others import theirs_alone
from selfserve.catalog.problems import Problem
from selfserve.catalog.sources import Source


def others(draft: Draft) -> Iterator[Problem]:
    """`for_others: manager` where a step gives a secret or destroys something.

    Where that is not known here (a licence pool without the configuration), the installation that serves it checks.
    """
    for source in draft.items:
        if source.model.for_others == "manager":
            yield from _forbidden(draft, source)


def _forbidden(draft: Draft, source: Source[Item]) -> Iterator[Problem]:
    for step in source.model.fulfil:
        if theirs_alone(draft.actions, step, step.arguments.plain()):
            action = draft.actions.lookup(step.use)
            does = "may destroy something of theirs" if action is not None and action.destructive else "gives a secret"
            sentence = (
                f'The step "{step.id}" {does}, so only the person themselves can ask for it; write nobody, or leave '
                "`for_others` out."
            )
            yield source.at_value(("for_others",), sentence)
            return
