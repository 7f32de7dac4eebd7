"""What staff can do with a case: take it, try again, say it is done by hand, say it cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.catalog.days import spoken_since
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
    """The ways out. What changes with whoever has the case stands apart from the forms, which are built anew only when
    what they ask changes: nobody loses their typing to a press of "Take it", their own or a colleague's."""

    def __init__(self, visit: Visit, case: CaseRow) -> None:
        self._visit, self._case = visit, case
        with ui.element("div").classes("s-stack"):
            self._hand = ui.element("div").classes("s-stack")
            self._said = show(note("", "bad")).mark("said")
            self._said.set_visibility(False)
            self._forms = ui.element("div").classes("s-stack")
            self._further = ui.element("div").classes("s-stack")
        self._build_hand()
        self._build_forms()
        self._build_further()

    def renew(self, case: CaseRow) -> None:
        """Follow the case."""
        before, self._case = self._case, case
        if _hand(case) != _hand(before):
            self._hand.clear()
            self._build_hand()
            self._said.set_visibility(False)
        if _asked(case) != _asked(before):
            self._forms.clear()
            self._build_forms()
        if _team(case) != _team(before):
            self._further.clear()
            self._build_further()

    def _build_hand(self) -> None:
        case, mine = self._case, self._case.taken_by_id == self._visit.person_id
        with self._hand:
            if case.state == EscalationState.CLOSED:
                show(note("This case is closed. Nothing is left to do.", "ok"))
                return
            if case.taken_by and not mine:
                show(note(f"{case.taken_by} has been at it{self._since()}.", "warn"))
            with ui.element("div").classes("s-acts"):
                if not case.taken_by:
                    self._press("Take it", desk.take, look="s-btn", drawn="hand")
                elif not mine:
                    self._press("Take it over", desk.take_over, drawn="hand")
                if case.request_id or case.grant_id:
                    self._press("Try again", desk.retry, drawn="refresh-cw")

    def _since(self) -> str:
        at = self._case.taken_at
        return f" since {spoken_since(at, self._visit.now, self._visit.zone)}" if at is not None else ""

    def _build_forms(self) -> None:
        case = self._case
        if case.state == EscalationState.CLOSED:
            return
        with self._forms:
            if case.why != desk.NO_APPROVER:
                self._done()
            if not case.grant_id:
                self._cannot()

    def _build_further(self) -> None:
        if self._case.state != EscalationState.CLOSED:
            with self._further:
                self._hand_on()

    def _press(self, words: str, act: Callable[..., None], **looks: Any) -> None:
        async def pressed() -> None:
            await aside(act, self._visit.house, self._case.id, self._visit.person_id)
            self._visit.announce(f"{words}: done.")

        press(words, self._visit.acting(Role.STAFF, lambda _: pressed(), self._refused), **looks)

    def _refused(self, refusal: Refusal) -> None:
        self._said.set_content(str(note(str(refusal), "bad")))
        self._said.set_visibility(True)
        self._visit.announce(str(refusal))

    def _done(self) -> None:
        case, house = self._case, self._visit.house

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            fields = {name: str(values.get(name) or "") for name in _named(case)}
            words, sure = str(values.get(WORDS) or ""), values.get(SURE) is True
            await aside(desk.done, house, case.id, self._visit.person_id, fields=fields, words=words, on_my_word=sure)
            self._visit.announce("Noted as done by hand.")

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
            self._visit.announce("Closed, and the customer is told.")

        self._form("Cannot be done", "", fields, Button("cannot", "Close and tell them", "s-danger"), send)

    def _hand_on(self) -> None:
        case, house = self._case, self._visit.house
        teams = [
            {"value": name, "label": team.name}
            for name, team in house.catalog.current.teams.items()
            if name != case.team
        ]
        if not teams:
            return
        fields = [
            Field("team", "choice", "Which team?", required=True, options=teams),
            Field(WORDS, "longtext", "A word for them", "Only colleagues read it.", required=True, max=2000),
        ]

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            team, words = str(values.get("team") or ""), str(values.get(WORDS) or "")
            await aside(desk.hand_on, house, case.id, self._visit.person_id, team=team, words=words)
            self._visit.announce("Handed on, and they are told.")

        self._form("Hand it to another team", "They have their own time for it, and the customer reads who has it.",
                   fields, Button("hand_on", "Hand it on", "s-quiet"), send)  # fmt: skip

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
    """In whose hands it is."""
    return (case.state, case.taken_by_id)


def _asked(case: CaseRow) -> tuple[object, ...]:
    """What the ways out ask."""
    return (case.state == EscalationState.CLOSED, case.why, case.todo)


def _team(case: CaseRow) -> tuple[object, ...]:
    """To whom it can be handed on."""
    return (case.state == EscalationState.CLOSED, case.team)


def _named(case: CaseRow) -> list[str]:
    return [str(line["field"]) for line in case.todo if line.get("field")]


def _checklist(case: CaseRow) -> list[Field]:
    """The checklist: a field to fill in where a line names one, else a box to tick for oneself."""
    fields = []
    for at, line in enumerate(case.todo):
        if line.get("field"):
            sealed = "Sealed: only the customer sees it, once." if line.get("secret") else ""
            needed = bool(line.get("required", True))
            fields.append(Field(str(line["field"]), "text", str(line["text"]), sealed, required=needed, max=2000))
        else:
            fields.append(Field(f"{TICK}{at}", "yesno", str(line["text"])))
    return [
        *fields,
        Field(WORDS, "longtext", "A word for the customer", max=2000),
        Field(SURE, "yesno", "I am sure, even if the target does not show it or cannot be looked at"),
    ]
