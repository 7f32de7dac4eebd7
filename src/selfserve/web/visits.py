"""Who looks at a page, and what they may do there: asked again for every page that is built and for every act."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ParamSpec, Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog
from nicegui import Client, run, ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments
from starlette.requests import Request

from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, msg
from selfserve.languages.reader import Reader
from selfserve.people.device_tokens import DeviceRules
from selfserve.people.principal import Principal
from selfserve.people.roles import Role
from selfserve.requests.refusals import NotAllowed, Refusal
from selfserve.settings.model import Settings
from selfserve.store.database import StoreBusy
from selfserve.store.tables import Person, Preference
from selfserve.web.away import busy
from selfserve.web.deck import Deck
from selfserve.web.live import Live, Wants
from selfserve.web.parts.frame import Frame
from selfserve.web.sessions import SessionRules

log = structlog.get_logger(__name__)
EVERY = 30.0
"""Seconds between two looks of a page that tells times, where nothing changes."""
P = ParamSpec("P")
R = TypeVar("R")
Act = Callable[[GenericEventArguments], Coroutine[Any, Any, None]]
"""What an event sets off."""


def fault(support: str, reference: str) -> Message:
    """What is said of a fault of ours; `support` is how to reach a human, who finds `reference` in the log."""
    return msg(
        "Something went wrong on our side. Nothing was lost; please try again in a moment. "
        "If it stays like this, give the reference {reference}: {support}",
        support=support,
        reference=reference,
    )


def new_reference() -> str:
    """Eight signs that can be read out on the phone, and tie what somebody saw to the line in the log."""
    return secrets.token_hex(4)


class Parts(Protocol):
    """What `app.py` puts together, as far as the pages need it."""

    @property
    def house(self) -> House:
        """The working rooms."""

    @property
    def settings(self) -> Settings:
        """The installation's settings."""

    @property
    def rules(self) -> SessionRules:
        """How long sessions live, and who has which role."""

    @property
    def device_rules(self) -> DeviceRules:
        """How long apps stay signed in."""

    def principal_of(self, request: Request) -> Principal | None:
        """Who is signed in with the request's cookie, now; None for nobody. Blocking."""

    def onlooker_of(self, request: Request) -> Principal | None:
        """The same for a page that stays open: that it does is no sign of life. Blocking."""


class SignedOut(Exception):  # noqa: N818  (a state, not a fault)
    """The session of the page has ended."""


async def aside(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Blocking work in a thread; cancelled where the process is shutting down."""

    def boxed() -> tuple[R]:
        return (work(*args, **kwargs),)

    done = await run.io_bound(boxed)
    if done is None:
        raise asyncio.CancelledError
    return done[0]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came with the request that is being answered, read for that very request: the wall has let them in, and the
    frame shows them. Good for the page that goes out with the answer; whatever comes later is asked anew."""

    principal: Principal
    person: Person
    chosen: Preference


@dataclass
class Visit:
    """One browser tab. `person_id` never changes for its life: somebody else signing in there loads it anew."""

    parts: Parts
    live: Live
    deck: Deck
    client: Client
    person_id: str
    reader: Reader
    frame: Frame | None = None
    arrival: Arrival | None = None
    app_id: str | None = None
    """The app whose window this tab is; None for a browser."""
    role: Role = Role.CUSTOMER
    """What one must hold to see the page that stands."""
    ends: list[Callable[[], None]] = field(default_factory=list)

    @property
    def house(self) -> House:
        """The working rooms."""
        return self.parts.house

    @property
    def zone(self) -> ZoneInfo:
        """Where the reader's clock hangs."""
        return self.reader.zone

    @property
    def now(self) -> datetime:
        """This instant, by the house's clock."""
        return self.parts.house.now()

    async def who(self, *, unasked: bool = False) -> Principal:
        """Who is looking, asked anew unless they just came; SignedOut where it is nobody any more, or somebody else.

        `unasked`: they did nothing, the page shows by itself how it is now.
        """
        if self.arrival is not None:
            return self.arrival.principal
        found = await aside(self.parts.onlooker_of if unasked else self.parts.principal_of, self.client.request)
        if found is None or found.person_id != self.person_id:
            raise SignedOut
        return found

    async def may(self, role: Role, *, unasked: bool = False) -> Principal:
        """`who`, if they hold the role; NotAllowed else."""
        principal = await self.who(unasked=unasked)
        if not principal.has(role):
            raise NotAllowed(msg("This is not for you (any more)."))
        return principal

    def leave(self) -> None:
        """Load the page anew, which leads to sign-in where nobody is signed in."""
        self.client.run_javascript("location.reload()")

    def announce(self, words: str) -> None:
        """Tell what an act came to, seen and read out; a `Message` in the reader's language."""
        if self.frame is not None:
            self.frame.announce(self.reader.tell(words))

    def on_change(
        self,
        wants: Wants,
        act: Callable[[], Awaitable[None]],
        *,
        on: Element,
        lasting: bool = False,
        timed: bool = False,
    ) -> None:
        """Run `act` within `on` after each change that `wants` is true for, until the page is left: for as long as
        whoever looks may see it.

        `lasting` is for the frame, which stays while pages come and go. `timed`: the page tells times, which go on
        where nothing changes, so it is shown anew once in a while as well.
        """
        act = self.looking(act)

        async def run_there() -> None:
            if on.is_deleted or self.client.is_deleted:
                end()
                return
            with on:
                await act()

        end = self.live.watch(wants, run_there)
        if timed:
            ui.timer(EVERY, run_there, immediate=False)
        if lasting:
            self.client.on_delete(end)
        else:
            self.ends.append(end)

    def looking(self, act: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """`act`, which shows how it is now; whoever may not see the page any more leaves it instead."""
        role = self.role

        async def look() -> None:
            try:
                await self.may(role, unasked=True)
                await act()
            except (SignedOut, NotAllowed):
                self.leave()

        return look

    def speak(self, refusal: Refusal) -> None:
        """Tell a refusal, seen and read out, where there is no field for it to stand beside."""
        if self.frame is not None:
            self.frame.warn(self.reader.tell(refusal.words))

    def settle(self) -> None:
        """Stop watching for a page that was left."""
        while self.ends:
            self.ends.pop()()

    def acting(self, role: Role, act: Act, refused: Callable[[Refusal], None]) -> Act:
        """`act` as an event handler: only for who still holds the role; every refusal goes to `refused` as it is.

        A fault is logged, and told as one. It runs within the page, not within the element that was pressed: a change
        seen meanwhile may have taken that away.
        """

        async def handler(event: GenericEventArguments) -> None:
            with self.client:
                await answer(event)

        async def answer(event: GenericEventArguments) -> None:
            try:
                await self.may(role)
                await act(event)
            except SignedOut:
                self.leave()
            except Refusal as refusal:
                refused(refusal)
            except StoreBusy as waited:
                log.warning("store_busy", person=self.person_id, why=str(waited))
                refused(Refusal(busy()))
            except Exception:
                reference = new_reference()
                log.exception("act_failed", person=self.person_id, reference=reference)
                refused(Refusal(fault(self.parts.settings.company.help, reference)))
            finally:
                self.live.nudge()

        return handler


def go(path: str) -> None:
    """Move to another page of ours."""
    ui.navigate.to(path)
