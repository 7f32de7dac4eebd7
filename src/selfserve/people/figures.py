"""What one reading of the directory did, in figures an admin can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import Any

from selfserve.languages.messages import again, kept

SHOWN = 20
"""How many examples of one fault are kept."""
KEPT = "alarms_kept"
"""Where the figures of the store have what makes their alarms in another language."""


@dataclass
class SyncFigures:
    """Counts of one reading. `alarms` are sentences for admins; a reading with `refused` changed nobody.

    `present`, `without_mail`, `same_login` and `same_mail` tell of everybody as they are known after it.
    """

    full: bool
    read: int = 0
    added: int = 0
    changed: int = 0
    disabled: int = 0
    enabled: int = 0
    gone: int = 0
    returned: int = 0
    managers: int = 0
    groups: int = 0
    joined: int = 0
    left: int = 0
    present: int = 0
    without_mail: int = 0
    unfit: list[str] = field(default_factory=list)
    same_login: list[str] = field(default_factory=list)
    same_mail: list[str] = field(default_factory=list)
    same_group_name: list[str] = field(default_factory=list)
    sessions_ended: int = 0
    tokens_revoked: int = 0
    refused: bool = False
    alarms: list[str] = field(default_factory=list)

    @property
    def effective(self) -> bool:
        """True where anything in the store changed."""
        counts = (self.added, self.changed, self.gone, self.returned, self.managers, self.joined, self.left)
        return any(counts)

    def as_json(self) -> dict[str, Any]:
        """For the store and the trail: lists cut to a few examples beside their length."""
        whole = asdict(self)
        for name, value in list(whole.items()):
            if isinstance(value, list):
                whole[name] = value[:SHOWN]
                whole[f"{name}_count"] = len(value)
        return whole

    def stored(self) -> dict[str, Any]:
        """The same, with what makes the alarms in another language."""
        return self.as_json() | {KEPT: [kept(alarm) for alarm in self.alarms[:SHOWN]]}


def alarms_of(figures: Mapping[str, Any]) -> list[str]:
    """The alarms in what `stored` gave, as they were made: to be told in the reader's language."""
    told = zip_longest(figures.get("alarms", ()), figures.get(KEPT, ()))
    return [again(str(alarm), beside) for alarm, beside in told if alarm is not None]
