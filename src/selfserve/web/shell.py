"""The one page of the product: the frame, and in it whatever the path asks for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.fulfilment.house import zone_of
from selfserve.languages.books import accepted
from selfserve.languages.reader import Reader
from selfserve.notify import notices
from selfserve.people import preferences
from selfserve.people.principal import Principal
from selfserve.people.roles import Role
from selfserve.requests import small_counts
from selfserve.requests.small_counts import Counts
from selfserve.store.away import AWAY
from selfserve.store.tables import Person, Preference
from selfserve.web import away
from selfserve.web.deck import Deck
from selfserve.web.live import Live
from selfserve.web.parts.frame import Frame, Help, Place, Told
from selfserve.web.parts.keys import Keys
from selfserve.web.places import Places
from selfserve.web.plain import Plain, logos
from selfserve.web.speech import say, speak, tell
from selfserve.web.theme import LOOK_COOKIE, ahead, boot
from selfserve.web.visits import Arrival, Parts, Visit, aside

SIGN_OUT = "/auth/logout"
LATEST, MOST = 30, 300
"""Notices that are listed at first and for each press of "Show older", and at most."""
PATIENCE = 4.0
"""Seconds until a page goes out as far as it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who is looking, what they have chosen, and what the frame shows of them."""

    person: Person
    chosen: Preference
    reader: Reader
    counts: Counts


async def build(parts: Parts, live: Live, deck: Deck, request: Request) -> Response | None:
    """The page for whoever is signed in; for nobody, the way to sign in and back."""
    try:
        principal = getattr(request.state, "principal", None)  # the wall has looked a moment ago
        if principal is None:
            principal = await aside(parts.principal_of, request)
        known = None if principal is None else await aside(_known, parts, principal, request)
    except AWAY as error:
        return away.page(Plain.of(parts.settings), request.scope, error)
    if principal is None:
        return RedirectResponse(f"/sign-in?next={quote(_wanted(request), safe='')}", 303)
    if known is None:
        return RedirectResponse("/sign-in", 303)
    app_id = principal.device_token_id
    visit = Visit(parts, live, deck, ui.context.client, principal.person_id, known.reader, app_id=app_id)
    visit.arrival = Arrival(principal, known.person, known.chosen)
    speak(visit.client, known.reader)
    ui.add_head_html(ahead(visit.client.page.language or "en-GB"))
    ui.add_body_html(boot(say("One moment…"), request.cookies.get(LOOK_COOKIE, "")))
    visit.client.on_delete(visit.settle)
    visit.frame = _frame(visit, principal, known)
    try:
        with ui.element("div").classes("s-content") as content:
            visit.frame.skip_to(content)
            places = Places(visit).classes("s-page")
        await places.built(PATIENCE)
        visit.client.status_code = places.status
    finally:
        visit.arrival = None
    return None


def _wanted(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _known(parts: Parts, principal: Principal, request: Request) -> Known | None:
    with parts.house.database.read() as session:
        found = preferences.with_person(session, principal.person_id)
        if found is None:
            return None
        person, chosen = found
        counts = small_counts.counts(session, person.id, staff=principal.has(Role.STAFF))
    browser = accepted(request.headers.get("accept-language", ""))
    speaks = preferences.language(chosen.language, browser, person.language, parts.settings.company.language)
    return Known(person, chosen, Reader(speaks, zone_of(parts.house, person)), counts)


def _frame(visit: Visit, principal: Principal, known: Known) -> Frame:
    brand = visit.parts.settings.brand
    with visit.client.layout:
        frame = Frame(
            brand=brand.name,
            logo=logos(brand),
            name=principal.name,
            title=known.person.title or known.person.department,
            sign_out=SIGN_OUT,
            help_=Help(tell(visit.parts.settings.company.help), brand.ways),
        ).mark("frame")
        Keys()
    frame.move(target_index=0)
    frame.lead(_places(known.counts, principal), known.counts.notices)
    frame.on("notices", visit.acting(Role.CUSTOMER, lambda _: _tell(visit, frame), visit.speak))
    frame.on("older", visit.acting(Role.CUSTOMER, lambda _: _tell(visit, frame, older=True), visit.speak))
    seen = visit.acting(Role.CUSTOMER, lambda event: _seen(visit, frame, event), visit.speak)
    frame.on("seen", seen)
    staff = principal.has(Role.STAFF)
    visit.on_change(
        lambda change: change.concerns(visit.person_id) or (staff and change.desk),
        lambda: _count(visit, frame),
        on=frame,
        lasting=True,
    )
    return frame


def _places(counts: Counts, principal: Principal) -> list[Place]:
    places = [
        Place("/", "layout-grid", say("Catalog")),
        Place("/requests", "inbox", say("My requests"), counts.requests, say("open")),
        Place("/mine", "key-round", say("Yours")),
        Place("/approvals", "circle-check", say("Approvals"), counts.approvals, say("waiting for you")),
    ]
    if principal.has(Role.STAFF):
        places.append(Place("/desk", "life-buoy", say("Desk"), counts.desk, say("open cases")))
    if principal.has(Role.ADMIN):
        places.append(Place("/health", "activity", say("Health")))
    return places


async def _count(visit: Visit, frame: Frame) -> None:
    principal = await aside(visit.parts.onlooker_of, visit.client.request)
    if principal is None:
        return
    known = await aside(_known, visit.parts, principal, visit.client.request)
    if known is not None:
        frame.lead(_places(known.counts, principal), known.counts.notices)


async def _tell(visit: Visit, frame: Frame, *, older: bool = False) -> None:
    most = min(frame.listed + LATEST, MOST) if older else max(frame.listed, LATEST)
    found = await aside(_told, visit, most + 1)
    frame.tell(found[:most], older=len(found) > most and most < MOST)


def _told(visit: Visit, most: int) -> list[Told]:
    with visit.house.database.read() as session:
        found = notices.unread_first(session, visit.person_id, most)
        to, now = visit.reader, visit.now
        return [
            Told(
                one.id, to.tell(one.title).strip(), to.tell(one.body).strip(), one.path, to.moment(one.made_at, now),
                read=one.read_at is not None,
            )
            for one in found
        ]  # fmt: skip


async def _seen(visit: Visit, frame: Frame, event: GenericEventArguments) -> None:
    one = event.args if isinstance(event.args, str) else None
    await aside(_mark, visit, one)
    await _count(visit, frame)
    await _tell(visit, frame)


def _mark(visit: Visit, one: str | None) -> None:
    with visit.house.database.write() as session:
        notices.mark_read(session, visit.person_id, visit.now, one)
