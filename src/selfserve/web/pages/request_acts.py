"""What a customer can do with a request: answer, cancel, give back, extend, ask again, see a secret once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments
from sqlalchemy.orm import Session

from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.people.roles import Role
from selfserve.requests import acts
from selfserve.requests.longer import ends_later
from selfserve.requests.refusals import Refusal
from selfserve.requests.story import Story
from selfserve.web.pages.item_judged import judged
from selfserve.web.pages.request_questions import cancelling, extending, returning
from selfserve.web.parts.dialog import Dialog, Question
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import heading, paragraph, show
from selfserve.web.parts.pieces import note
from selfserve.web.parts.press import press
from selfserve.web.parts.questions import Questions, questions
from selfserve.web.refused import sentences
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside, go

ONCE = msg("It is shown once, to you alone. Have a safe place for it at hand.")


class RequestActs:
    """The acts that are open. They are built anew only when what is open changes, so that nobody loses their typing."""

    def __init__(self, visit: Visit, told: Story) -> None:
        self._visit, self._told = visit, told
        self._dialog = Dialog()
        self._dialog.on("sure", visit.acting(Role.CUSTOMER, self._sure, self._refused))
        self._extension = Extension(visit, told, self._dialog)
        self._longer = self._extension.possible
        self._urgent = ui.element("div").classes("s-stack")
        self._other: ui.element | None = None
        with self._urgent:
            self._build_urgent()

    def place_others(self) -> None:
        """Put those that can wait here, below the story."""
        with ui.element("div").classes("s-stack") as self._other:
            self._build_others()

    def renew(self, told: Story) -> None:
        """Follow the request."""
        before = (self._told.can, self._told.question, self._longer)
        self._told = self._extension.told = told
        if before == (told.can, told.question, self._extension.possible):
            return
        self._urgent.clear()
        with self._urgent:
            self._build_urgent()
        if self._other is not None:
            self._other.clear()
            with self._other:
                self._build_others()

    def _build_urgent(self) -> None:
        if "answer" in self._told.can:
            self._answer()
        if "reveal" in self._told.can:
            with ui.element("div").classes("s-panel"):
                show(heading(say("There is a secret for you"), 2))
                show(paragraph(tell(ONCE), "s-muted")).style("margin:4px 0 14px")
                self._press(say("Show it"), self._reveal, look="s-btn", drawn="eye", mark="show-it")

    def _build_others(self) -> None:
        self._longer = self._extension.possible
        can = self._told.can - (frozenset() if self._longer else {"extend"})
        self._extension.build()
        if not can - {"answer", "reveal"}:
            return
        with ui.element("div").classes("s-acts"):
            if "extend" in can:
                self._press(say("Extend"), self._extension.open, drawn="calendar", mark="extend")
            if "again" in can:
                self._press(say("Ask again"), self._again, drawn="rotate-ccw", mark="ask-again")
            if "return" in can:
                self._press(say("Give it back"), self._question("return"), drawn="undo-2", mark="give-it-back")
            if "cancel" in can:
                cancel = self._question("cancel")
                self._press(say("Cancel the request"), cancel, drawn="x", mark="cancel-the-request")

    def _press(self, words: str, act: Any, **looks: Any) -> None:
        press(words, self._visit.acting(Role.CUSTOMER, lambda _: act(), self._visit.speak), **looks)

    @property
    def _whose(self) -> str:
        """The customer's name, where another acts for them."""
        return "" if self._told.customer_id == self._visit.person_id else self._told.customer_name

    def _answer(self) -> None:
        visit, told = self._visit, self._told
        with ui.element("div").classes("s-panel"):
            show(heading(say("A question for you"), 2))
            show(note(told.question, "warn")).style("margin:12px 0 16px")
            form = Form(
                say("Your answer"),
                [Field("answer", "longtext", say("Your answer"), required=True, max=2000)],
                [Button("answer", say("Send the answer"), meanwhile=say("Sending…"))],
                memory=f"{visit.person_id}:{told.name}:answer",
            ).mark("answer")

        async def send(event: GenericEventArguments) -> None:
            await aside(self._answered, str(event.args["values"].get("answer", "")))
            visit.announce(msg("Your answer is sent."))

        form.on("send", visit.acting(Role.CUSTOMER, send, lambda refusal: form.refuse(sentences(refusal))))

    def _answered(self, words: str) -> None:
        with self._visit.house.database.write() as session:
            acts.answer(session, self._told.name, self._visit.person_id, words, self._visit.now)

    def _question(self, name: str) -> Any:
        async def ask() -> None:
            made = returning if name == "return" else cancelling
            self._dialog.ask(made(self._told, self._whose))

        return ask

    async def _sure(self, event: GenericEventArguments) -> None:
        if event.args == Extension.AGAIN:
            await self._extension.ask({})
            return
        act = {"cancel": acts.cancel, "return": acts.give_back, "return_wholly": _wholly}[str(event.args)]
        await aside(self._do, act)
        self._dialog.close()

    def _do(self, act: Any) -> None:
        with self._visit.house.database.write() as session:
            act(session, self._visit.house, self._told.name, self._visit.person_id, self._visit.now)

    def _refused(self, refusal: Refusal) -> None:
        self._dialog.refuse(refusal.words)

    async def _again(self) -> None:
        go(f"/items/{self._told.item_id}?again={self._told.name}")

    async def _reveal(self) -> None:
        secrets = await aside(self._revealed)
        self._dialog.reveal(self._told.item_name, ONCE, secrets)

    def _revealed(self) -> dict[str, str]:
        with self._visit.house.database.write() as session:
            return acts.reveal(session, self._visit.house, self._told.name, self._visit.person_id, self._visit.now)


def _wholly(session: Session, house: House, name: str, person_id: str, now: datetime) -> None:
    acts.give_back(session, house, name, person_id, now, wholly=True)


class Extension:
    """Asking for the same for longer: the questions that the item's end hangs on, asked anew."""

    AGAIN = "extend"
    """The question whether to have it as long once more."""

    def __init__(self, visit: Visit, told: Story, dialog: Dialog) -> None:
        self._visit, self.told, self._dialog = visit, told, dialog
        self._panel: ui.element | None = None

    @property
    def _mine(self) -> bool:
        return self.told.customer_id == self._visit.person_id

    @property
    def possible(self) -> bool:
        """True where an answer moves the end, or the same span begun anew would do so by now."""
        item = self._visit.house.catalog.current.items.get(self.told.item_id)
        if item is None or item.grant is None:
            return False
        visit = self._visit
        return bool(self._names) or ends_later(item.grant.ends, self.told.ends_at, visit.now, visit.zone)

    @property
    def _names(self) -> frozenset[str]:
        item = self._visit.house.catalog.current.items.get(self.told.item_id)
        if item is None or item.grant is None:
            return frozenset()
        return frozenset(re.findall(r"\bform\.([a-z][a-z0-9_]*)", str(item.grant.ends))) & frozenset(item.form)

    def build(self) -> None:
        """The form, out of sight until it is opened."""
        self._panel = None
        if "extend" not in self.told.can or not self._names:
            return
        visit, item = self._visit, self._visit.house.catalog.current.items[self.told.item_id]
        asked: Questions = questions(visit.house, item, visit.zone, self._names)
        self._panel = ui.element("div").classes("s-panel")
        self._panel.set_visibility(False)
        with self._panel:
            show(heading(say("Extend"), 2))
            rules = say("The rules of today apply; somebody may have to approve it. What you hold stays meanwhile.")
            if not self._mine:
                rules = say("The rules of today apply; somebody may have to approve it. What is held stays meanwhile.")
            show(paragraph(rules, "s-muted")).style("margin-bottom:16px")
            form = Form(
                say("Extend"),
                asked.fields(),
                [Button("extend", say("Ask for longer"), meanwhile=say("On it…"))],
                start=asked.start(),
                memory=f"{visit.person_id}:{self.told.name}:extend",
            ).mark("extension")
        judged(visit, item, form)

        async def send(event: GenericEventArguments) -> None:
            await self.ask({name: value for name, value in event.args["values"].items() if name in self._names}, form)

        form.on("recalled", lambda _: self._panel and self._panel.set_visibility(True))
        form.on("send", visit.acting(Role.CUSTOMER, send, lambda refusal: form.refuse(sentences(refusal))))

    async def open(self) -> None:
        """Show the form; where nothing is to be filled in, ask whether they mean it, with the new end."""
        if self._panel is not None:
            self._panel.set_visibility(True)
        elif not self._names:
            self._dialog.ask(self._once_more())

    def _once_more(self) -> Question:
        item = self._visit.house.catalog.current.items[self.told.item_id]
        span = item.grant.ends.span if item.grant is not None else None
        until = (self._visit.now + (span or timedelta())).astimezone(self._visit.zone).date()
        return extending(self.AGAIN, until, "" if self._mine else self.told.customer_name)

    async def ask(self, values: dict[str, Any], form: Form | None = None) -> None:
        """Ask for longer, with these answers (of this form), and go to the request that it makes."""
        made = await aside(acts.extend, self._visit.house, self.told.name, self._visit.person_id, values)
        if form is not None:
            form.sent()
        go(f"/requests/{made.name}")
