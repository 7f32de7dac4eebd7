"""`/mine`: what you hold and until when, where you are signed in, the tokens that act for you, and how you want it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from nicegui import ui

from selfserve.languages.messages import msg
from selfserve.people import device_tokens, tokens
from selfserve.people.agents import browser_and_system
from selfserve.people.principal import Principal
from selfserve.people.roles import Role
from selfserve.requests import grant_rows
from selfserve.requests.grant_rows import GrantRow
from selfserve.requests.refusals import NotFound
from selfserve.store.states import GOING
from selfserve.store.tables import ApiToken, DeviceToken, SignIn
from selfserve.web import sessions
from selfserve.web.pages.mine_choices import Choices
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, joined, paragraph, show
from selfserve.web.parts.pieces import empty, hero, pill, question_and_answer, row, rows, tile, tint
from selfserve.web.parts.press import press
from selfserve.web.parts.times import when
from selfserve.web.speech import say, tell
from selfserve.web.visits import Act, Visit, aside

Doing = Callable[[], Coroutine[Any, Any, None]]
FORGOTTEN = "package"
"""The icon of what is no longer in the catalog."""
FOLLOW = """
    if (document.activeElement === document.body) {{
        const place = document.getElementById("c{id}"), buttons = [...place.querySelectorAll("button")];
        const title = document.querySelector(".s-content h1");
        title.setAttribute("tabindex", "-1");
        (buttons[Math.min({at}, buttons.length - 1)] || title).focus();
    }}
"""
"""Puts the keyboard on the button that came in the place of the one that was pressed."""


async def build(visit: Visit) -> str:
    """What is held, kept true; sessions and tokens, each ended by one press."""
    show(hero(say("Yours"), say("What you have and until when, and where you are signed in.")))
    with ui.element("div").classes("s-page-list"):
        held = show(_holdings(visit, await aside(_held, visit))).mark("held")
        doors = Doors(visit)
        await doors.renew()
        await Choices(visit).build()

    async def renew() -> None:
        held.set_content(str(_holdings(visit, await aside(_held, visit))))

    visit.on_change(lambda change: change.concerns(visit.person_id), renew, on=held, timed=True)
    return say("Yours")


def _held(visit: Visit) -> list[GrantRow]:
    with visit.house.database.read() as session:
        return grant_rows.held(session, visit.person_id)


def _holdings(visit: Visit, held: Sequence[GrantRow]) -> Markup:
    if not held:
        words = say("What you get shows up here, with the day it ends.")
        return empty("package-open", say("You hold nothing yet"), words, ("/", say("See the catalog")))
    parts = (
        (say("What you have"), [one for one in held if one.there]),
        (say("On its way, or being taken back"), [one for one in held if not one.there]),
    )
    return joined(
        Markup("{}{}").format(heading(name, 2, classes="s-h3 s-group"), rows(_holding(visit, one) for one in found))
        for name, found in parts
        if found
    )


def _holding(visit: Visit, one: GrantRow) -> Markup:
    catalog = visit.house.catalog.current
    item = catalog.items.get(one.item_id)
    drawn = tile(item.icon if item else FORGOTTEN, tint(catalog.policy, item.category if item else ""))
    under = " · ".join((one.name, *(question_and_answer(answer) for answer in one.answers[:2])))
    end = Markup("{}{}").format(NOTHING if one.there else pill(tell(one.state_words), "info"), _until(visit, one))
    return row(one.id, f"/requests/{one.name}", drawn, tell(one.item_name), under, end)


def _until(visit: Visit, one: GrantRow) -> str | Markup:
    """Until when it lasts; nothing for what is being taken back, which lasts no longer."""
    if one.state in GOING:
        return NOTHING
    if one.ends_at is None:
        return say("No end")
    return when(one.ends_at, visit.now, visit.reader, lambda day: say("Until {day}", day=day))


@dataclass(frozen=True, slots=True)
class Open:
    """The ways in that are open: this session and the others, apps, and tokens that still work."""

    principal: Principal
    sessions: Sequence[SignIn]
    apps: Sequence[DeviceToken]
    tokens: Sequence[ApiToken]


class Doors:
    """Sessions and tokens, with a button each; built anew after each act."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._place = ui.element("div").mark("doors")
        self._buttons = 0

    async def renew(self) -> None:
        """Show how it stands now."""
        found = await aside(self._open, await self._visit.who())
        self._place.clear()
        self._buttons = 0
        with self._place:
            self._show_sessions(found)
            self._show_apps(found)
            self._show_tokens(found.tokens)

    def _open(self, principal: Principal) -> Open:
        visit = self._visit
        with visit.house.database.read() as session:
            alive = sessions.listed(session, visit.person_id, visit.parts.rules, visit.now)
            mine = tokens.listed(session, visit.person_id)
            apps = device_tokens.listed(session, visit.person_id, visit.parts.device_rules, visit.now)
        browsers = [one for one in alive if one.device_token_id is None]
        return Open(
            principal, browsers, apps, [one for one in mine if one.revoked_at is None and one.ends_at > visit.now]
        )

    def _show_sessions(self, found: Open) -> None:
        if not found.sessions:
            return
        show(heading(say("Where you are signed in"), 2, classes="s-h3 s-group"))
        with ui.element("ul").classes("s-list"):
            for one in found.sessions:
                here = one.id == found.principal.sign_in_id
                act = None if here else self._ending(self._end, one.id)
                self._door(_device(one), say("This browser") if here else self._seen(one), "monitor-smartphone", act)
        if len(found.sessions) + len(found.apps) > 2:
            with ui.element("div").classes("s-acts").style("margin-top:12px"):
                act = self._ending(self._end_others, found.principal.sign_in_id)
                self._buttons += 1
                press(say("Sign out everywhere else"), self._by(act), mark="sign-out-everywhere-else")

    def _show_apps(self, found: Open) -> None:
        if not found.apps:
            return
        show(heading(say("Apps on your computers"), 2, classes="s-h3 s-group"))
        with ui.element("ul").classes("s-list"):
            for one in found.apps:
                here = one.id == found.principal.device_token_id
                used = say("Last used {moment}", moment=self._visit.reader.within(one.seen_at, self._visit.now))
                told = (say("This app") if here else used, say("tells about itself") if one.facts else "")
                act = None if here else self._ending(self._end_app, one.id)
                self._door(one.name, " · ".join(filter(None, told)), "laptop", act)

    def _show_tokens(self, found: Sequence[ApiToken]) -> None:
        if not found:
            return
        show(heading(say("Tokens that act for you"), 2, classes="s-h3 s-group"))
        show(paragraph(say("Programs use them in your name. End those you do not know."), "s-muted")).style(
            "margin:-4px 0 12px"
        )
        with ui.element("ul").classes("s-list"):
            for one in found:
                until = say("until {day}", day=self._visit.reader.within(one.ends_at, self._visit.now))
                under = f"{', '.join(one.scopes)} · {until}"
                self._door(one.label, under, "key-round", self._ending(self._revoke, one.id))

    def _door(self, name: str, under: str, drawn: str, act: Doing | None) -> None:
        with ui.element("li").classes("s-row"):
            show(Markup('<span class="s-tile s-tint-slate">{}</span>').format(icon(drawn)), tag="span")
            show(
                Markup('<span class="s-row-t">{}</span><span class="s-muted s-small">{}</span>').format(name, under),
                tag="span",
            ).classes("s-row-b")
            with ui.element("span").classes("s-row-end"):
                if act is not None:
                    self._buttons += 1
                    button = press(say("End"), self._by(act), mark="end")
                    button.props["aria-label"] = say("End {name}, {under}", name=name, under=under)

    def _by(self, act: Doing) -> Act:
        return self._visit.acting(Role.CUSTOMER, lambda _: act(), self._visit.speak)

    def _seen(self, one: SignIn) -> str:
        return say("Last used {moment}", moment=self._visit.reader.within(one.seen_at, self._visit.now))

    def _ending(self, end: Callable[[str], None], which: str) -> Doing:
        at = self._buttons

        async def act() -> None:
            await aside(end, which)
            self._visit.announce(say("Ended."))
            await self.renew()
            self._visit.client.run_javascript(FOLLOW.format(id=self._place.id, at=at))

        return act

    def _end(self, sign_in_id: str) -> None:
        visit = self._visit
        with visit.house.database.write() as session:
            row = session.get(SignIn, sign_in_id)
            if row is None or row.person_id != visit.person_id:
                raise NotFound(msg("There is no such session of yours."))
            sessions.end(session, sign_in_id, visit.now, why="by_hand", actor=visit.person_id)

    def _end_others(self, keep: str) -> None:
        visit = self._visit
        with visit.house.database.write() as session:
            person, here = visit.person_id, session.get(SignIn, keep)
            sessions.end_all(session, person, visit.now, why="by_hand", actor=person, keep=keep)
            app = here.device_token_id if here is not None else None
            device_tokens.end_all(session, person, visit.now, why="by_hand", actor=person, keep=app)

    def _end_app(self, token_id: str) -> None:
        visit = self._visit
        with visit.house.database.write() as session:
            found = session.get(DeviceToken, token_id)
            if found is None or found.person_id != visit.person_id:
                raise NotFound(msg("There is no such app of yours."))
            device_tokens.end(session, token_id, visit.now, why="by_hand", actor=visit.person_id)

    def _revoke(self, token_id: str) -> None:
        visit = self._visit
        with visit.house.database.write() as session:
            found = session.get(ApiToken, token_id)
            if found is None or found.person_id != visit.person_id:
                raise NotFound(msg("There is no such token of yours."))
            tokens.revoke(session, token_id, visit.now, visit.person_id)


def _device(one: SignIn) -> str:
    browser, system = browser_and_system(one.agent)
    if browser and system:
        return say("{browser} on {system}", browser=browser, system=system)
    return browser or system or say("A browser we do not know")
