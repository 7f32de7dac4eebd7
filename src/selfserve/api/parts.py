"""What the REST face is handed by `app.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from selfserve.fulfilment.house import House
from selfserve.people.roles import RoleRules


@dataclass(frozen=True)
class Parts:
    """The house, who has which role, and what `readyz` asks. Each check gives a sentence where it fails, else an empty one."""

    house: House
    roles: RoleRules
    readiness: dict[str, Callable[[], str]] = field(default_factory=dict)
