"""What staff can do with a case: take it, try again, say it is done by hand, say it cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.fulfilment.cases import OWN, TEAM, WORDS
from selfserve.fulfilment.desk import NEW
from selfserve.languages.messages import msg, msg_n
from selfserve.people.roles import Role
from selfserve.requests import desk
from selfserve.requests.case_rows import CaseRow
from selfserve.requests.refusals import Refusal, Unfit
from selfserve.store.states import EscalationState, Exit
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import heading, paragraph, show
from selfserve.web.parts.pieces import note
from selfserve.web.parts.press import press
from selfserve.web.refused import sentences
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside

TICK, SURE, BACK = f"{OWN}tick_", f"{OWN}on_my_word", f"{OWN}take_back"
BEFORE = {"new": True, "there": False}
"""What is said of the time before, by the choice."""
YOURS, AGAIN = msg("It is yours now."), msg("We try again.")
Handler = Callable[[], Coroutine[Any, Any, None]]


class CaseActs:
    """The ways out. What changes with whoever has the case stands apart from the forms, which are built anew only when
    what they ask changes: nobody loses their typing to a press of "Take it", their own or a colleague's."""

    def __init__(self, visit: Visit, case: CaseRow, *, by_design: bool, asks_before: bool) -> None:
        self._visit, self._case, self._by_design, self._asks_before = visit, case, by_design, asks_before
        self._built: list[Form] = []
        self._sent = False
        """True from when a way out that closes the case was sent from here, unless it was refused."""
        self._unticked: list[str] = []
        with ui.element("div").classes("s-ways"):
            self._hand = ui.element("div").classes("s-stack")
            self._said = show(note("", "bad")).mark("said")
            self._said.set_visibility(False)
            self._forms = ui.element("div").classes("s-stack")
            self._further = ui.element("div").classes("s-stack")
        self._build_hand()
        self._build_forms()
        self._build_further()

    def renew(self, case: CaseRow, *, by_design: bool, asks_before: bool) -> None:
        """Follow the case."""
        before, self._case = self._case, case
        other, self._by_design = self._by_design != by_design, by_design
        asked, self._asks_before = (*_asked(before), self._asks_before), asks_before
        if other or _hand(case) != _hand(before):
            self._hand.clear()
            self._build_hand()
            self._said.set_visibility(False)
        if before.state == EscalationState.RETRYING != case.state:
            self._tried()
        if self._overtaken(before):
            self._end()
            if before.state != EscalationState.RETRYING or case.closed_by_id != self._visit.person_id:
                self._visit.announce(self._closed())
            return
        if (*_asked(case), asks_before) != asked:
            self._forms.clear()
            self._build_forms()
        if _team(case) != _team(before):
            self._further.clear()
            self._build_further()

    def _tried(self) -> None:
        """What became of the try: it came back, told to all who look, or the case is closed by it, told to whose it
        was; others hear who closed it."""
        if self._case.state != EscalationState.CLOSED:
            self._show(msg("It did not work this time either: {why}", why=self._case.reason))
            self._visit.announce(msg("It did not work this time either."))
        elif self._case.closed_by_id == self._visit.person_id:
            self._visit.announce(msg("It worked this time."))

    def _overtaken(self, before: CaseRow) -> bool:
        """True where it was closed while it was open here, and not from here: by somebody else, by the machine, or by
        themselves in another window."""
        closed = self._case.state == EscalationState.CLOSED != before.state
        return closed and not (self._sent and self._case.closed_by_id == self._visit.person_id)

    def _end(self) -> None:
        """What was typed into the forms stays, to be kept; those in which nothing was leave."""
        for form in self._built:
            if not form.is_deleted:
                form.end(say("What you had typed was not used; it stands here for you to keep:"))

    def _closed(self) -> str:
        name = self._case.closed_by
        if not name or self._case.closed_by_id == self._visit.person_id:
            return say("This case is closed. Nothing is left to do.")
        if self._case.closed_how == Exit.WITHDRAWN:
            return say("{name} does not want it any more. Nothing is left to do.", name=name)
        return say("{name} closed this case. Nothing is left to do.", name=name)

    def _build_hand(self) -> None:
        case, mine = self._case, self._case.taken_by_id == self._visit.person_id
        with self._hand:
            if case.state == EscalationState.CLOSED:
                show(note(self._closed(), "ok"))
                return
            if case.state == EscalationState.RETRYING:
                show(note(say("It is being tried again. What becomes of it shows up here."), "info"))
            if case.taken_by and not mine:
                show(note(self._at_it(), "warn"))
            if mine and not self._can_be_tried():
                return  # nothing to press: an empty row would keep its room
            with ui.element("div").classes("s-acts"):
                if not case.taken_by:
                    self._press(say("Take it"), desk.take, YOURS, look="s-btn", drawn="hand", mark="take-it")
                elif not mine:
                    self._press(say("Take it over"), desk.take_over, YOURS, drawn="hand", mark="take-it-over")
                if self._can_be_tried():
                    self._press(say("Try again"), desk.retry, AGAIN, drawn="refresh-cw", mark="try-again")

    def _can_be_tried(self) -> bool:
        """False for a person's work, which is no machine's to try, for what is being tried, and for a case about
        neither a request nor what somebody holds."""
        case = self._case
        there = bool(case.request_id or case.grant_id)
        return there and not self._by_design and case.state != EscalationState.RETRYING

    def _at_it(self) -> str:
        name, at, visit = self._case.taken_by, self._case.taken_at, self._visit
        if at is None:
            return say("{name} has been at it.", name=name)
        return say("{name} has been at it since {since}.", name=name, since=visit.reader.since(at, visit.now))

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

    def _press(self, words: str, act: Callable[..., None], told: str, **looks: Any) -> None:
        async def pressed() -> None:
            await aside(act, self._visit.house, self._case.id, self._visit.person_id)
            self._visit.announce(told)

        press(words, self._visit.acting(Role.STAFF, lambda _: pressed(), self._refused), **looks)

    def _refused(self, refusal: Refusal) -> None:
        self._show(refusal.words)
        self._visit.announce(refusal.words)

    def _show(self, words: str) -> None:
        """Where it stays in sight."""
        self._said.set_content(str(note(tell(words), "bad")))
        self._said.set_visibility(True)

    def _done(self) -> None:
        case, house = self._case, self._visit.house

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            self._ask_once(values)
            fields = {name: str(values.get(name) or "") for name in _named(case)}
            sure, new = values.get(SURE) is True, BEFORE.get(str(values.get(NEW) or ""))
            words = str(values.get(WORDS) or "")
            with self._closing():
                await aside(
                    desk.done,
                    house,
                    case.id,
                    self._visit.person_id,
                    fields=fields,
                    words=words,
                    on_my_word=sure,
                    not_there_before=new,
                )
            self._visit.announce(msg("Noted as done by hand."))

        words = say("We look at the target before we believe it, and the rest goes on by itself.")
        if self._by_design or case.step_id is None:  # there is no target to look at
            words = say("The customer is told, and the rest goes on by itself.") if case.request_id else ""
        button = Button("done", say("It is done"), meanwhile=say("Looking…"))
        fields = _checklist(case, sure=not self._by_design, new=self._asks_before)
        self._form(say("Done by hand"), words, fields, button, send)

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Within, the case is closed from here; the page may hear of it before the act returns."""
        self._sent = True
        try:
            yield
        except BaseException:
            self._sent = False
            raise

    def _ask_once(self, values: Mapping[str, Any]) -> None:
        """Unfit where points of the checklist are not ticked and nobody was asked about these yet; what is missing to
        be filled in is told first."""
        points = [f"{TICK}{at}" for at, line in enumerate(self._case.todo) if not line.get("field")]
        unticked = [point for point in points if values.get(point) is not True]
        if unticked and unticked != self._unticked and not _left_empty(self._case, values):
            self._unticked = unticked
            words = msg_n(
                "{count} of {all} points is not ticked. Done all the same? Then press once more.",
                "{count} of {all} points are not ticked. Done all the same? Then press once more.",
                len(unticked),
                all=len(points),
            )
            raise Unfit({"": words})

    def _cannot(self) -> None:
        case, house = self._case, self._visit.house
        fields = [
            Field(WORDS, "longtext", say("What the customer reads"), required=True, max=2000,
                  help=say("Why it cannot be done, and what they can do instead.")),
        ]  # fmt: skip
        if case.request_id and case.why != desk.NO_APPROVER:
            fields.append(Field(BACK, "yesno", say("Take back what is there already")))

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            words, back = str(values.get(WORDS) or ""), values.get(BACK) is True
            with self._closing():
                await aside(desk.cannot, house, case.id, self._visit.person_id, words=words, take_back=back)
            self._visit.announce(msg("Closed, and the customer is told."))

        button = Button("cannot", say("Close and tell them"), "s-danger")
        self._form(say("Cannot be done"), "", fields, button, send)

    def _hand_on(self) -> None:
        case, house = self._case, self._visit.house
        teams = [
            {"value": name, "label": tell(team.name)}
            for name, team in house.catalog.current.teams.items()
            if name != case.team
        ]
        if not teams:
            return
        fields = [
            Field(TEAM, "choice", say("Which team?"), required=True, options=teams),
            Field(WORDS, "longtext", say("A word for them"), say("Only colleagues read it."), required=True, max=2000),
        ]

        async def send(event: GenericEventArguments) -> None:
            values = dict(event.args["values"])
            team, words = str(values.get(TEAM) or ""), str(values.get(WORDS) or "")
            await aside(desk.hand_on, house, case.id, self._visit.person_id, team=team, words=words)
            self._visit.announce(msg("Handed on, and they are told."))

        words = say("They have their own time for it, and the customer reads who has it.")
        button = Button("hand_on", say("Hand it on"), "s-quiet")
        self._form(say("Hand it to another team"), words, fields, button, send)

    def _form(
        self,
        title: str,
        words: str,
        fields: list[Field],
        button: Button,
        send: Callable[[GenericEventArguments], Coroutine[Any, Any, None]],
    ) -> None:
        with ui.element("section").classes("s-panel") as panel:
            panel.props["aria-label"] = title
            show(heading(title, 2) + paragraph(words, "s-muted s-small")).style("margin-bottom:14px")
            memory = f"{self._visit.person_id}:{self._case.id}:{button.name}"
            form = Form(title, fields, [button], memory=memory).mark(button.name)
        self._built = [known for known in self._built if not known.is_deleted] + [form]
        form.on("untouched", panel.delete)
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


def _left_empty(case: CaseRow, values: Mapping[str, Any]) -> bool:
    """True where a field of the checklist that has to be filled in is not."""
    needed = [line for line in case.todo if line.get("field") and line.get("required", True)]
    return any(not str(values.get(str(line["field"])) or "").strip() for line in needed)


def _named(case: CaseRow) -> list[str]:
    return [str(line["field"]) for line in case.todo if line.get("field")]


def _checklist(case: CaseRow, *, sure: bool, new: bool) -> list[Field]:
    """The checklist: a field to fill in where a line names one, else a box to tick for oneself. `sure`: there is a
    target that may not bear it out. `new`: nobody ever saw whether it was there before."""
    fields = []
    for at, line in enumerate(case.todo):
        if line.get("field"):
            sealed = say("Sealed: only the customer sees it, until they have kept it.") if line.get("secret") else ""
            needed = bool(line.get("required", True))
            named, secret = str(line["field"]), bool(line.get("secret"))
            fields.append(Field(named, "text", tell(line["text"]), sealed, required=needed, max=2000, sealed=secret))
        else:
            fields.append(Field(f"{TICK}{at}", "yesno", tell(line["text"])))
    fields.append(Field(WORDS, "longtext", say("A word for the customer"), max=2000))
    if new:
        why = say("The machine could never look. What was there before is the customer's own.")
        answers = [
            {"value": "new", "label": say("No: take it back when it ends")},
            {"value": "there", "label": say("Yes, or nobody knows: never take it back")},
        ]
        fields.append(Field(NEW, "choice", say("Was it there before?"), why, required=True, options=answers))
    if sure:
        words = say("I am sure, even if the target does not show it or cannot be looked at")
        fields.append(Field(SURE, "yesno", words))
    return fields
