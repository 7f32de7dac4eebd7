"""Who else looks at a case, as its page says it: so that no two people do the same work."""

from __future__ import annotations

import threading

import structlog
from markupsafe import Markup
from nicegui import background_tasks, ui

from selfserve.people.roles import Role
from selfserve.requests import presence
from selfserve.requests.refusals import NotAllowed
from selfserve.store.away import AWAY
from selfserve.store.ids import new_id
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, show
from selfserve.web.speech import reader, say_n
from selfserve.web.visits import SignedOut, Visit, aside

log = structlog.get_logger(__name__)
EVERY = 5.0
"""Seconds between looks while the page is open. What is written is rarer: see `presence.RENEWED`."""


class CaseWatchers:
    """One line, empty while nobody else is there. The page counts as open while its browser is connected and whoever
    looks at it is still one of the staff."""

    def __init__(self, visit: Visit, case_id: str) -> None:
        self._visit, self._case_id, self._tab = visit, case_id, new_id()
        self._turn, self._over, self._names = threading.Lock(), False, list[str]()
        self._line = show(NOTHING).classes("s-watched").mark("watchers")
        self._line.props["role"] = "status"
        self._timer = ui.timer(EVERY, self._renew)
        visit.ends.append(self._end)

    async def _renew(self) -> None:
        if not self._visit.client.has_socket_connection:
            return
        try:
            await self._visit.may(Role.STAFF, unasked=True)
            names = await aside(self._look)
        except (SignedOut, NotAllowed):
            self._tell([])
            self._end()
            self._visit.leave()
        except AWAY as waited:
            log.info("presence_unknown", case=self._case_id, why=str(waited))
        else:
            self._tell(names)

    def _tell(self, names: list[str]) -> None:
        if names != self._names and not self._line.is_deleted:
            self._names = names
            self._line.set_content(str(_words(names)))

    def _end(self) -> None:
        self._timer.cancel()
        background_tasks.create(self._leave(), name="presence-left")

    async def _leave(self) -> None:
        try:
            await aside(self._forget)
        except AWAY as waited:
            # It is forgotten in a while all the same.
            log.info("presence_not_ended", case=self._case_id, why=str(waited))

    def _look(self) -> list[str]:
        # A look that was under way when the page was left must not say afterwards that it is open.
        with self._turn:
            if self._over:
                return []
            return presence.look(self._visit.house, self._case_id, self._visit.person_id, self._tab)

    def _forget(self) -> None:
        with self._turn:
            said, self._over = not self._over, True
            if said:
                presence.leave(self._visit.house, self._tab)


def _words(names: list[str]) -> Markup:
    if not names:
        return NOTHING
    words = say_n(
        "{names} is looking at this too.",
        "{names} are looking at this too.",
        len(names),
        names=reader().list(names),
    )
    return Markup("{}<span>{}</span>").format(icon("eye"), words)
