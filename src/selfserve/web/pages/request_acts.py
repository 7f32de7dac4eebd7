"""What a customer can do with a request: answer, cancel, give back, extend, ask again, see a secret and keep it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments
from sqlalchemy.orm import Session

from selfserve.catalog.fields import FormField
from selfserve.catalog.items import Item
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.people.roles import Role
from selfserve.requests import acts
from selfserve.requests.longer import ends_later
from selfserve.requests.refusals import NotPossible, Refusal, Unfit
from selfserve.requests.story import Story
from selfserve.web.pages.item_judged import judged
from selfserve.web.pages.request_questions import cancelling, extending, returning
from selfserve.web.parts.dialog import Dialog, Question
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import heading, paragraph, show
from selfserve.web.parts.pieces import note
from selfserve.web.parts.press import press
from selfserve.web.parts.questions import Questions, on_offer, questions
from selfserve.web.parts.times import when
from selfserve.web.refused import sentences
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside, go

SAFE = msg("It is shown to you alone, until you say that you have kept it. Have a safe place for it at hand.")


class RequestActs:
    """The acts that are open. They are built anew only when what is open changes, so that nobody loses their typing."""

    def __init__(self, visit: Visit, told: Story) -> None:
        self._visit, self._told = visit, told
        self._dialog = Dialog()
        self._dialog.on("sure", visit.acting(Role.CUSTOMER, self._sure, self._refused))
        self._dialog.on("kept", visit.acting(Role.CUSTOMER, self._kept, self._refused))
        self._seen: ui.html | None = None
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
            self._extension.follow()
            if self._seen is not None:
                self._seen.set_content(str(self._until()))
            return
        self._urgent.clear()
        with self._urgent:
            self._build_urgent()
        if self._other is not None:
            self._other.clear()
            with self._other:
                self._build_others()

    def _until(self) -> Markup:
        """What there is to know before one looks: for how long yet, where it was shown already."""
        end, visit = self._told.secret_until, self._visit
        words: str | Markup = tell(SAFE)
        if end is not None:
            shown = when(end, visit.now, visit.reader, _shown_before)
            words = Markup("{} {}").format(words, shown)
        return Markup('<p class="s-muted" style="margin:4px 0 14px">{}</p>').format(words)

    def _build_urgent(self) -> None:
        self._seen = None
        if "answer" in self._told.can:
            self._answer()
        if "reveal" in self._told.can:
            with ui.element("div").classes("s-panel"):
                show(heading(say("There is a secret for you"), 2))
                self._seen = show(self._until())
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
        if isinstance(refusal, Unfit) and self._extension.asks_for(refusal):  # only an extension has answers
            self._dialog.close()
            self._extension.refused(refusal)
        else:
            self._dialog.refuse(refusal.words)

    async def _again(self) -> None:
        go(f"/items/{self._told.item_id}?again={self._told.name}")

    async def _reveal(self) -> None:
        secrets = await aside(self._revealed)
        self._dialog.reveal(self._told.item_name, SAFE, secrets)

    async def _kept(self, _: GenericEventArguments) -> None:
        try:
            await aside(self._keep)
        except NotPossible:  # there is more by now than what stands in the dialog
            await self._reveal()
            return
        self._dialog.close()

    def _keep(self) -> None:
        with self._visit.house.database.write() as session:
            acts.keep(session, self._told.name, self._visit.person_id, self._visit.now)

    def _revealed(self) -> dict[str, str]:
        with self._visit.house.database.write() as session:
            return acts.reveal(session, self._visit.house, self._told.name, self._visit.person_id, self._visit.now)


def _shown_before(end: str) -> str:
    return say("It was shown already; until {end} you can see it again.", end=end)


def _wholly(session: Session, house: House, name: str, person_id: str, now: datetime) -> None:
    acts.give_back(session, house, name, person_id, now, wholly=True)


class Extension:
    """Asking for the same for longer: the questions that the item's end hangs on, asked anew, and those for which the
    answers of then do not stand any more."""

    AGAIN = "extend"
    """The question whether to have it as long once more."""

    def __init__(self, visit: Visit, told: Story, dialog: Dialog) -> None:
        self._visit, self.told, self._dialog = visit, told, dialog
        self._further: frozenset[str] = frozenset()
        self._shown: dict[str, FormField] = {}
        self._open = False
        self._panel: ui.element | None = None
        self._form: Form | None = None
        self._place: ui.element | None = None

    @property
    def _mine(self) -> bool:
        return self.told.customer_id == self._visit.person_id

    @property
    def _item(self) -> Item | None:
        return self._visit.house.catalog.current.items.get(self.told.item_id)

    @property
    def possible(self) -> bool:
        """True where an answer moves the end, or the same span begun anew would do so by now."""
        item, visit = self._item, self._visit
        if item is None or item.grant is None:
            return False
        return bool(self._ending) or ends_later(item.grant.ends, self.told.ends_at, visit.now, visit.zone)

    @property
    def _ending(self) -> frozenset[str]:
        """The questions that the end hangs on."""
        item = self._item
        if item is None or item.grant is None:
            return frozenset()
        return frozenset(re.findall(r"\bform\.([a-z][a-z0-9_]*)", str(item.grant.ends))) & frozenset(item.form)

    @property
    def asked(self) -> dict[str, FormField]:
        """What is asked, by name, in the order of the item's form."""
        names, item = self._ending | self.told.asked_anew | self._further, self._item
        return {name: one for name, one in item.form.items() if name in names} if item is not None else {}

    def build(self) -> None:
        """The form, out of sight until it is opened."""
        self._panel = self._form = self._place = None
        self._shown = self.asked
        if "extend" not in self.told.can:
            return
        self._place = ui.element("div")
        if self.asked:
            self._build_form()

    def follow(self) -> None:
        """Ask what is to be asked by now; what was filled in stays."""
        item, before, self._shown = self._item, self._shown, self.asked
        if item is None or self._place is None or self._shown == before:
            return
        if self._form is None:
            self._build_form()
        elif self._shown:
            now = self._questions(item)
            self._form.ask(now.fields(), now.start())
        else:
            self._place.clear()
            self._panel = self._form = None

    def _build_form(self) -> None:
        visit, item = self._visit, self._item
        assert item is not None, "nothing is asked where there is no item"
        assert self._place is not None
        with self._place, ui.element("div").classes("s-panel") as self._panel:
            self._panel.set_visibility(self._open)
            show(heading(say("Extend"), 2))
            show(paragraph(self._rules(), "s-muted")).style("margin-bottom:16px")
            questions_now = self._questions(item)
            self._form = form = Form(
                say("Extend"),
                questions_now.fields(),
                [Button("extend", say("Ask for longer"), meanwhile=say("On it…"))],
                start=questions_now.start(),
                memory=f"{visit.person_id}:{self.told.name}:extend",
            ).mark("extension")
        judged(visit, item, form)

        async def send(event: GenericEventArguments) -> None:
            await self.ask({name: value for name, value in event.args["values"].items() if name in self.asked}, form)

        async def look(event: GenericEventArguments) -> None:
            name, text = str(event.args["field"]), str(event.args["text"])[:100]
            turn = int(event.args["turn"])
            try:
                form.offer(name, turn, await aside(on_offer, visit.house, item, name, text))
            except NotPossible as away:
                form.away(name, turn, tell(away.words))

        form.on("recalled", lambda _: self._reveal())
        form.on("send", visit.acting(Role.CUSTOMER, send, self.refused))
        form.on("look", visit.acting(Role.CUSTOMER, look, self.refused))

    def _questions(self, item: Item) -> Questions:
        return questions(self._visit.house, item, self._visit.reader, self.asked)

    def _rules(self) -> str:
        if not self._ending:
            return tell(self._once_more().words)
        if self._mine:
            return say("The rules of today apply; somebody may have to approve it. What you hold stays meanwhile.")
        return say("The rules of today apply; somebody may have to approve it. What is held stays meanwhile.")

    async def open(self) -> None:
        """Show the form; where nothing is to be filled in, ask whether they mean it, with the new end."""
        if self._panel is not None:
            self._reveal()
        elif not self._ending:
            self._dialog.ask(self._once_more())

    def _reveal(self) -> None:
        self._open = True
        if self._panel is not None:
            self._panel.set_visibility(True)

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

    def asks_for(self, refusal: Unfit) -> bool:
        """From now on what the refusal is about is asked as well; False where nothing of it can be."""
        self._further |= frozenset(refusal.errors)
        self.follow()
        return self._form is not None

    def refused(self, refusal: Refusal) -> None:
        """Tell it in the form, beside what it is about."""
        if isinstance(refusal, Unfit):
            self.asks_for(refusal)
        item = self._item
        labels = {name: one.label for name, one in item.form.items()} if item is not None else {}
        if self._form is not None:
            self._reveal()
            self._form.refuse(sentences(refusal), labels)
