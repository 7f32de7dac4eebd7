"""What somebody said about telling of this computer: for one server and one sign-in, gone with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from selfserve.desktop import place


@dataclass(frozen=True)
class Consent:
    """Kept in the file `memory`, for the server at `origin` and the app whose token is shown."""

    memory: Path
    origin: str

    def given(self, token: str | None) -> bool | None:
        """What was decided; None where nothing was, or by whoever was signed in before, or for another server."""
        told = place.read(self.memory)
        sends = told.get("send")
        ours = told.get("server") == self.origin and told.get("app") == _app_of(token)
        return sends if ours and isinstance(sends, bool) else None

    def keep(self, token: str | None, *, sends: bool) -> None:
        """Remember what was decided."""
        place.write(self.memory, {"server": self.origin, "app": _app_of(token), "send": sends})

    def forget(self) -> None:
        """Nobody is signed in any more."""
        place.forget(self.memory)


def _app_of(token: str | None) -> str:
    """The number of the app in its token, which stays through all starts and is no secret."""
    parts = (token or "").split("_", 2)
    return parts[1] if len(parts) == 3 else ""
