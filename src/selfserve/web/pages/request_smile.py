"""How it was: three faces once a request is over, one tap, and room for a word."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.languages.messages import msg
from selfserve.people.roles import Role
from selfserve.requests import smiles
from selfserve.requests.smiles import Smiled
from selfserve.requests.story import Story
from selfserve.store.states import Face
from selfserve.store.tables import Request
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import NOTHING, heading, paragraph, show
from selfserve.web.parts.press import Press
from selfserve.web.refused import sentences
from selfserve.web.speech import say, tell
from selfserve.web.visits import Act, Visit, aside

FACES = {
    Face.GOOD: (msg("Good"), "smile"),
    Face.FAIR: (msg("So-so"), "meh"),
    Face.POOR: (msg("Not good"), "frown"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the reader is asked how it was, and what they said."""

    asked: bool
    said: Smiled | None


class RequestSmile:
    """The three faces, in the place at hand; nothing before the request is over, nor for anybody but its customer."""

    def __init__(self, visit: Visit, told: Story) -> None:
        self._visit, self._id, self._name = visit, told.id, told.name
        self._place, self._faces = ui.element("div"), dict[Face, Press]()
        self._title: ui.html | None = None
        self._more: ui.element | None = None
        self._shown = Standing(asked=False, said=None)

    async def renew(self) -> None:
        """Follow the request. Nothing that stands is built anew, so that nobody loses their typing or their place."""
        found = await aside(self._read)
        if found == self._shown or not found.asked:
            return
        first, self._shown = self._title is None, found
        if first:
            with self._place:
                self._build()
        self._paint()

    @property
    def _open(self) -> bool:
        return self._shown.said is None or self._visit.now < self._shown.said.changeable_until

    def _read(self) -> Standing:
        with self._visit.house.database.read() as session:
            request = session.get_one(Request, self._id)
            return Standing(smiles.open_to(request, self._visit.person_id), smiles.said(session, self._id))

    def _build(self) -> None:
        with ui.element("section").classes("s-panel s-smile") as panel:
            panel.props["aria-label"] = say("How was it?")
            self._title = show(NOTHING)
            with ui.element("div").classes("s-faces").props("role=group") as group:
                group.props["aria-label"] = say("How was it?")
                for face, (words, drawn) in FACES.items():
                    button = Press(tell(words), drawn, caption=True).classes("s-face").mark(f"smile-{face}")
                    button.does(self._visit.acting(Role.CUSTOMER, self._tap(face), self._visit.speak))
                    self._faces[face] = button
            self._more = ui.element("div")

    def _paint(self) -> None:
        """Bring title and faces to what was said; with the first face comes the room for a word."""
        said = self._shown.said
        title = say("How was it?") if said is None else say("Thank you for saying how it was")
        hint = say("One tap, if you like. The team behind it sees it.") if said is None else ""
        if self._title is not None:
            self._title.set_content(str(heading(title, 2) + paragraph(hint, "s-muted")))
        for face, button in self._faces.items():
            button.props["aria-pressed"] = "true" if said is not None and said.face == face else "false"
            button.props["disabled"] = not self._open
            button.update()
        if said is not None and self._more is not None and not self._more.default_slot.children:
            with self._more:
                self._word(said) if self._open else show(paragraph(said.words, "s-text"))

    def _tap(self, face: Face) -> Act:
        async def tap(_: GenericEventArguments) -> None:
            said = self._shown.said
            await aside(self._keep, face, said.words if said else "")
            self._visit.announce(msg("Thank you."))
            await self.renew()

        return tap

    def _word(self, said: Smiled) -> None:
        form = Form(
            say("A word about it"),
            [Field("words", "longtext", say("Anything you would like to add?"), max=smiles.LONGEST)],
            [Button("add", say("Send"), look="s-quiet", meanwhile=say("Sending…"))],
            start={"words": said.words},
            memory=f"{self._visit.person_id}:{self._name}:smile",
        ).mark("smile-words")

        async def send(event: GenericEventArguments) -> None:
            face = self._shown.said.face if self._shown.said else said.face
            await aside(self._keep, face, str(event.args["values"].get("words", "")))
            self._visit.announce(msg("Thank you."))
            form.sent()
            form.refuse({})
            await self.renew()

        form.on("send", self._visit.acting(Role.CUSTOMER, send, lambda refusal: form.refuse(sentences(refusal))))

    def _keep(self, face: Face, words: str) -> None:
        visit = self._visit
        with visit.house.database.write() as session:
            smiles.smile(session, self._name, visit.person_id, face, words, visit.now)
