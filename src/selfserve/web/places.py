"""Which path shows which page, and to whom; what is shown instead where it cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element

from selfserve.languages.messages import Message
from selfserve.people.roles import Role
from selfserve.requests.refusals import NotAllowed, NotFound
from selfserve.store.away import AWAY
from selfserve.web.away import busy
from selfserve.web.pages import approvals, case, catalog, desk, health, item, mine, request, requests
from selfserve.web.parts.markup import show
from selfserve.web.parts.pieces import empty
from selfserve.web.speech import say, tell
from selfserve.web.visits import SignedOut, Visit, fault, new_reference

log = structlog.get_logger(__name__)
SKELETON = Markup('<div class="s-skeleton" role="status" aria-label="{}"><i></i><i></i><i></i></div>')
"""Seen where a page takes longer than a blink."""
Build = Callable[..., Awaitable[str]]
"""Puts a page for a visit (and the parameters of its path) into the place at hand; returns the page's title."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One page: who may see it, and what builds it."""

    role: Role
    build: Build
    under: str
    """The entry of the navigation it belongs to."""


DESTINATIONS: Mapping[str, Destination] = {
    "/": Destination(Role.CUSTOMER, catalog.build, "/"),
    "/items/{item_id}": Destination(Role.CUSTOMER, item.build, "/"),
    "/requests": Destination(Role.CUSTOMER, requests.build, "/requests"),
    "/requests/{name}": Destination(Role.CUSTOMER, request.build, "/requests"),
    "/mine": Destination(Role.CUSTOMER, mine.build, "/mine"),
    "/approvals": Destination(Role.CUSTOMER, approvals.build, "/approvals"),
    "/desk": Destination(Role.STAFF, desk.build, "/desk"),
    "/desk/{case_id}": Destination(Role.STAFF, case.build, "/desk"),
    "/health": Destination(Role.ADMIN, health.build, "/health"),
}


class Places(ui.sub_pages):
    """The pages below the frame. Each is built only for somebody signed in who holds its role, asked at that moment.

    `status` is what a program is told of the page that was built first, as HTTP has it.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit, self.status = visit, 200
        self._place: Element | None = None
        self._skeleton: Element | None = None
        super().__init__({path: self._builder(destination) for path, destination in DESTINATIONS.items()})

    async def built(self, within: float) -> None:
        """Return when the page under way stands, or after so many seconds: what is late comes over the socket."""
        if not self._active_tasks:
            return
        _, late = await asyncio.wait(set(self._active_tasks), timeout=within)
        if late and self._place is not None:
            with self._place:
                self._skeleton = _shine()

    def _builder(self, destination: Destination) -> Callable[..., Awaitable[None]]:
        # What a builder takes by name is what the path and its query may give it.
        async def item_page(item_id: str, again: str = "") -> None:
            await self._build(destination, item_id, again)

        async def request_page(name: str) -> None:
            await self._build(destination, name)

        async def case_page(case_id: str) -> None:
            await self._build(destination, case_id)

        async def desk_page(view: str = "", item: str = "") -> None:
            await self._build(destination, view, item)

        async def page() -> None:
            await self._build(destination)

        named: dict[Build, Callable[..., Awaitable[None]]] = {
            item.build: item_page,
            request.build: request_page,
            desk.build: desk_page,
            case.build: case_page,
        }
        return named.get(destination.build, page)

    async def _build(self, destination: Destination, *names: str) -> None:
        visit = self._visit
        visit.settle()
        visit.role = destination.role
        if visit.frame is not None:
            visit.frame.stand(destination.under)
        with ui.element("div") as place:
            self._place = place
            # What goes out with the answer is waited for: nobody sees it come.
            self._skeleton = _shine() if visit.arrival is None else None
            try:
                await visit.may(destination.role)
                title = await destination.build(visit, *names)
            except SignedOut:
                visit.leave()
                return
            except (NotAllowed, NotFound) as refusal:
                place.clear()
                self.status = 404 if isinstance(refusal, NotFound) else 403
                title = _turned_away(refusal)
            except AWAY as waited:
                log.warning("store_busy", person=visit.person_id, path=destination.under, why=str(waited))
                place.clear()
                title = _unwell(busy())
            except Exception as error:
                place.clear()
                title = _failed(visit, destination.under, error)
            if self._skeleton is not None and not self._skeleton.is_deleted:
                self._skeleton.delete()
        ui.page_title(f"{title} · {visit.parts.settings.brand.name}")
        if visit.client.has_socket_connection and visit.frame is not None:
            visit.frame.arrive()

    def _render_404(self) -> None:
        self.status = 404
        if self._visit.frame is not None:
            self._visit.frame.stand("")
        ui.page_title(f"{say('Not found')} · {self._visit.parts.settings.brand.name}")
        words = say("The address may have a slip in it, or what was here has moved.")
        show(empty("compass", say("There is no such page"), words, ("/", say("To the catalog")), level=1))

    def _render_error(self, error: Exception) -> None:
        _failed(self._visit, "", error)


def _shine() -> Element:
    return show(SKELETON.format(say("One moment…"))).classes("s-late")


def _turned_away(refusal: NotAllowed | NotFound) -> str:
    if isinstance(refusal, NotFound):
        show(empty("search-x", say("Not found"), tell(refusal.words), ("/", say("To the catalog")), level=1))
        return say("Not found")
    words = say(
        "This page is for the people who do this work. If you are one of them, ask your TechOps team for the role."
    )
    show(empty("lock", say("This page is not for you"), words, ("/", say("To the catalog")), level=1))
    return say("Not for you")


def _failed(visit: Visit, path: str, error: Exception) -> str:
    """The trace goes to the log, a sentence with its reference to whoever looks."""
    reference = new_reference()
    log.error("page_failed", path=path, person=visit.person_id, reference=reference, exc_info=error)
    return _unwell(fault(visit.parts.settings.company.help, reference))


def _unwell(words: Message) -> str:
    show(empty("triangle-alert", say("This did not work"), tell(words), ("/", say("To the catalog")), level=1))
    return say("This did not work")
