"""What the REST face is handed by `app.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from selfserve.api.app_rules import AppRules
from selfserve.api.measuring import MayMeasure
from selfserve.fulfilment.house import House
from selfserve.insights.installation import Expected
from selfserve.people.roles import RoleRules
from selfserve.people.seen import Seen


def _nothing() -> None:
    """Nothing has to be measured."""


@dataclass(frozen=True)
class Parts:
    """The house, who has which role, what `readyz` asks, and what brings the figures of `/metrics` up to date.

    Each readiness check gives a sentence where it fails, else an empty one. `figures_for` are those whom `/metrics`
    answers. `expected` is what the settings promise of the installation, `apps` what they let apps do. `seen` gathers
    the uses of tokens; whoever runs the application has it written down every few seconds.
    """

    house: House
    roles: RoleRules
    readiness: dict[str, Callable[[], str]] = field(default_factory=dict)
    measure: Callable[[], None] = _nothing
    figures_for: MayMeasure = field(default_factory=MayMeasure)
    expected: Expected = field(default_factory=Expected)
    apps: AppRules = field(default_factory=AppRules)
    seen: Seen = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seen", Seen(self.house.database))
