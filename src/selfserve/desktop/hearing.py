"""What the server has to tell while the app runs: each notice once, by the system's own."""

from __future__ import annotations

from collections.abc import Callable

from selfserve.desktop.around import Around
from selfserve.desktop.server import Notice


class Hearing:
    """Asks for what is new, and tells it; `pressed` gets the path of a notice that is pressed."""

    def __init__(self, around: Around, pressed: Callable[[str], None]) -> None:
        self._around, self._teller = around, around.teller(pressed)
        self.begun = False
        """Whether the server was asked what is no news, since somebody signed in."""
        self._after = ""
        self._seen: set[str] = set()

    def hear(self, token: str) -> None:
        """Tell what is new since the last look; raises Trouble."""
        self.begun = True
        news = self._around.server.news(token, self._after)
        self._after = news.after
        for notice in news.notices:
            if notice.id not in self._seen:
                self._teller.tell(notice)
        self._seen.update(news.known, (notice.id for notice in news.notices))

    def forget(self) -> None:
        """Nobody is signed in any more: what is there for whoever comes next is no news."""
        self.begun, self._after = False, ""
        self._seen.clear()

    def say(self, title: str, body: str) -> None:
        """Tell something of the app's own, by the keys of its words."""
        to, name = self._around.to, self._around.brand.name
        self._teller.tell(Notice("", to.say(title), to.say(body, name=name), ""))
