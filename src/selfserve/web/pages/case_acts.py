"""What staff can do with a case: take it, try again, say it is done by hand, say it cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.people.roles import Role
from selfserve.requests import desk
from selfserve.requests.lists import CaseRow
from selfserve.requests.refusals import Refusal
from selfserve.store.states import EscalationState
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import heading, paragraph, show
from selfserve.web.parts.pieces import note
from selfserve.web.parts.press import press
from selfserve.web.refused import sentences
from selfserve.web.visits import Visit, aside

TICK = "tick_"
WORDS = "words"
SURE = "on_my_word"
Handler = Callable[[], Coroutine[Any, Any, None]]


class CaseActs:
    """The ways out. Built anew only when the case changes hands or closes, so that nobody loses their typing."""

    def __init__(self, visit: Visit, case: CaseRow) -> None:
        self._visit, self._case = visit, case
        with ui.element("div").classes("s-stack") as self._place:
            self._build()

    def renew(self, case: CaseRow) -> None:
        """Follow the case."""
        same = _hand(case) == _hand(self._case)
        self._case = case
        if not same:
            self._place.clear()
            with self._place:
                self._build()

    def _build(self) -> None:
        case, mine = self._case, self._case.taken_by_id == self._visit.person_id
        if case.state == EscalationState.CLOSED:
            show(note("This case is closed. Nothing is left to do.", "ok"))
            return
        if case.taken_by and not mine:
            show(note(f"{case.taken_by} is looking after this already.", "warn"))
        with ui.element("div").classes("s-acts"):
            if not case.taken_by:
                self._press("Take it", desk.take, look="s-btn", drawn="hand")
            if case.request_id or case.grant_id:
                self._press("Try again", desk.retry, drawn="refresh-cw")
        self._said = show(note("", "bad")).mark("said")
        self._said.set_visibility(False)
        if case.why != desk.NO_APPROVER:
            self._done()
        if not case.grant_id:
            self._cannot()

    def _press(self, words: str, act: Callable[..., None], **looks: Any) -> None:
        async def pressed() -> None:
            await aside(act, self._visit.house, self._case.id, self._visit.person_id)
            self._visit.say(f"{words}: done.")

        press(words, self._visit.acting(Role.STAFF, lambda _: pressed(), self._refused), **looks)

    def _refused(self, refusal: Refusal) -> None:
        self._said.set_content(str(note(str(refusal), "bad")))
        self._said.set_visibility(True)
        self._visit.say(str(refusal))

    def _done(self) -> None:
        case, house = self._case, self._visit.house

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            fields = {name: str(values.get(name) or "") for name in _named(case)}
            words, sure = str(values.get(WORDS) or ""), values.get(SURE) is True
            await aside(desk.done, house, case.id, self._visit.person_id, fields=fields, words=words, on_my_word=sure)
            self._visit.say("Noted as done by hand.")

        self._form("Done by hand", "We look at the target before we believe it, and the rest goes on by itself.",
                   _checklist(case), Button("done", "It is done", meanwhile="Looking…"), send)  # fmt: skip

    def _cannot(self) -> None:
        case, house = self._case, self._visit.house
        fields = [
            Field(WORDS, "longtext", "What the customer reads", required=True, max=2000,
                  help="Why it cannot be done, and what they can do instead."),
        ]  # fmt: skip
        if case.request_id and case.why != desk.NO_APPROVER:
            fields.append(Field("take_back", "yesno", "Take back what is there already"))

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            words, back = str(values.get(WORDS) or ""), values.get("take_back") is True
            await aside(desk.cannot, house, case.id, self._visit.person_id, words=words, take_back=back)
            self._visit.say("Closed, and the customer is told.")

        self._form("Cannot be done", "", fields, Button("cannot", "Close and tell them", "s-danger"), send)

    def _form(
        self,
        title: str,
        words: str,
        fields: list[Field],
        button: Button,
        send: Callable[[GenericEventArguments], Coroutine[Any, Any, None]],
    ) -> None:
        with ui.element("section").classes("s-panel").props(f'aria-label="{title}"'):
            show(heading(title, 2) + paragraph(words, "s-muted s-small")).style("margin-bottom:14px")
            form = Form(title, fields, [button]).mark(button.name)
        form.on("send", self._visit.acting(Role.STAFF, send, lambda refusal: form.refuse(sentences(refusal))))


def _hand(case: CaseRow) -> tuple[object, ...]:
    """What the ways out depend on."""
    return (case.state, case.taken_by_id, case.why, case.todo)


def _named(case: CaseRow) -> list[str]:
    return [str(line["field"]) for line in case.todo if line.get("field")]


def _checklist(case: CaseRow) -> list[Field]:
    """The checklist: a field to fill in where a line names one, else a box to tick for oneself."""
    fields = []
    for at, line in enumerate(case.todo):
        if line.get("field"):
            sealed = "Sealed: only the customer sees it, once." if line.get("secret") else ""
            fields.append(Field(str(line["field"]), "text", str(line["text"]), sealed, required=True, max=2000))
        else:
            fields.append(Field(f"{TICK}{at}", "yesno", str(line["text"])))
    return [
        *fields,
        Field(WORDS, "longtext", "A word for the customer", max=2000),
        Field(SURE, "yesno", "I am sure, even if the target does not show it"),
    ]
