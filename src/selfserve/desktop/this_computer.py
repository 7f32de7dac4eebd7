"""What this machine says of itself, as far as whoever is signed in lets it."""

from __future__ import annotations

from datetime import datetime, timedelta

from selfserve.desktop.around import Around
from selfserve.desktop.consent import Consent
from selfserve.desktop.facts import Facts
from selfserve.desktop.trouble import Trouble

FRESH = timedelta(minutes=1)
"""How long a look at the machine counts: long enough that what was just shown is what is told."""


class ThisComputer:
    """The machine around the app; `consent` is what was decided about telling of it."""

    def __init__(self, around: Around) -> None:
        self.consent = Consent(around.memory, around.server.origin)
        self._around = around
        self._facts: Facts | None = None
        self._looked: datetime | None = None

    def facts(self) -> Facts:
        """What it could say, as it is now."""
        now = self._around.now()
        if self._facts is None or self._looked is None or abs(now - self._looked) > FRESH:
            self._facts, self._looked = self._around.facts(), now
        return self._facts

    def look_again(self) -> None:
        """What was seen of it counts no more."""
        self._facts, self._looked = None, None

    def tell(self, token: str | None, *, told: bool) -> None:
        """Say what may be said, and let the server forget what may not where it was `told`; a failure costs no more
        than the next start's try."""
        try:
            if token and self.consent.given(token):
                self._around.server.tell(token, self.facts().plain())
            elif token and told:
                self._around.server.untell(token)
        except Trouble:
            return
