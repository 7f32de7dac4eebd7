"""What somebody said about telling of this computer: for one server and one sign-in, gone with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfserve.desktop import place


@dataclass
class Consent:
    """Kept in the file `memory`, for the server at `origin` and the app whose token is shown. What was decided in this
    run holds in it, whatever became of the file."""

    memory: Path
    origin: str
    _decided: dict[str, Any] = field(default_factory=dict)

    def given(self, token: str | None) -> bool | None:
        """What was decided; None where nothing was, or by whoever was signed in before, or for another server."""
        told = self._decided or place.read(self.memory)
        sends = told.get("send")
        ours = told.get("server") == self.origin and told.get("app") == _app_of(token)
        return sends if ours and isinstance(sends, bool) else None

    def keep(self, token: str | None, *, sends: bool) -> bool:
        """Remember what was decided; False where that lasts no longer than this run. What was decided before is gone,
        if at all it can be: an earlier yes is none any more."""
        self._decided = {"server": self.origin, "app": _app_of(token), "send": sends}
        if place.write(self.memory, self._decided):
            return True
        place.forget(self.memory)
        return False

    def forget(self) -> None:
        """Nobody is signed in any more."""
        self._decided = {}
        place.forget(self.memory)


def _app_of(token: str | None) -> str:
    """The number of the app in its token, which stays through all starts and is no secret."""
    parts = (token or "").split("_", 2)
    return parts[1] if len(parts) == 3 else ""
