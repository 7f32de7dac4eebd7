"""Whether an item can be asked for on behalf of somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selfserve.catalog.draft import ActionCatalogue
from selfserve.catalog.items import ForOthers, Item, Step


def for_others(item: Item, actions: ActionCatalogue) -> ForOthers:
    """Who may ask for somebody else, as the file says it; left out, it follows from the steps.

    A step that gives a secret, or may cost the customer data, is asked for by nobody but them: the secret is theirs
    alone, and so is the loss. Where it is not known, the item's own word counts, and without one nobody may.
    """
    plain = [theirs_alone(actions, step, step.arguments.plain()) for step in item.fulfil]
    if True in plain:
        return "nobody"
    return item.for_others or ("nobody" if None in plain else "manager")


def theirs_alone(actions: ActionCatalogue, step: Step, args: Mapping[str, Any]) -> bool | None:
    """Whether the step, with these arguments, gives a secret or destroys; None where that is not known."""
    action = actions.lookup(step.use)
    if action is None:
        return None
    return True if action.destructive else actions.gives_secret(step.use, args)
