"""What gives access or spares a decision: a device's word about itself says nothing to it."""

from __future__ import annotations

from typing import Any

from selfserve.catalog.facts import Context
from selfserve.catalog.rules import Rule

CLAIMED = (
    "A device tells this about itself, and may tell anything: here it is null until device management vouches for it. "
    "Ask for device.proven as well."
)
"""What an author reads who takes a device at its word."""


class DecidingRule(Rule):
    """A rule that decides. A device counts for it once it is proven; until then there is none, as in a browser.

    So whatever the rule says, a claim changes nothing of its answer: no mention of `device` has to be trusted.
    """

    __slots__ = ()

    def value(self, context: Context) -> Any:
        """What the rule gives, as a Python value; RuleFailed where it raises, or could take too long."""
        return super().value(proven(context))


def proven(context: Context) -> Context:
    """What may be known where something is decided, or done: a device only once management vouches for it."""
    device = context.get("device")
    return context if device is None or device.get("proven") is True else {**context, "device": None}
