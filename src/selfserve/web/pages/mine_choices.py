"""How somebody wants it: the language of the pages, and which notices come by mail."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.languages.books import codes, own_name
from selfserve.languages.messages import msg
from selfserve.people import preferences
from selfserve.people.preferences import BROWSER
from selfserve.people.roles import Role
from selfserve.requests.refusals import Unfit
from selfserve.store.states import MailWish
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import NOTHING, heading, show
from selfserve.web.parts.pieces import note
from selfserve.web.refused import sentences
from selfserve.web.speech import say
from selfserve.web.visits import Visit, aside

ONE_OF_THESE = msg("Choose one of these.")
MAILS = {
    MailWish.AT_ONCE: msg("At once; what comes shortly after comes together"),
    MailWish.DIGEST: msg("At once what needs me, the rest every morning"),
    MailWish.NEEDED: msg("Only what needs me"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the form begins with, as it stands for them now, chosen or not."""

    language: str
    mail: str


class Choices:
    """Two questions and a button; another language shows at once."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    async def build(self) -> None:
        """Put it into the place at hand."""
        chosen = await aside(self._chosen)
        show(heading(say("How you want it"), 2, classes="s-h3 s-group"))
        with ui.element("div").classes("s-panel"):
            form = Form(
                say("How you want it"),
                self._fields(),
                [Button("save", say("Save"), look="s-quiet", meanwhile=say("Saving…"))],
                start={"language": chosen.language, "mail": chosen.mail},
                memory=f"{self._visit.person_id}:choices",
            ).mark("choices")
            done = show(NOTHING).props("role=status")

        async def save(event: GenericEventArguments) -> None:
            values = event.args["values"]
            speaks = await aside(self._choose, str(values.get("language", "")), str(values.get("mail", "")))
            form.sent()
            if speaks != chosen.language:
                self._visit.leave()  # every word of the page is another one now
                return
            form.refuse({})
            done.set_content(str(note(say("Saved."), "ok")))
            done.style("margin-top:16px")

        def otherwise(_: GenericEventArguments) -> None:
            done.set_content("")  # what is chosen now is not saved

        form.on("changed", otherwise)
        form.on("send", self._visit.acting(Role.CUSTOMER, save, lambda refusal: form.refuse(sentences(refusal))))

    def _fields(self) -> list[Field]:
        languages = [{"value": BROWSER, "label": say("As my browser says")}]
        languages += [{"value": code, "label": own_name(code)} for code in codes()]
        mails = [{"value": wish.value, "label": self._visit.reader.tell(words)} for wish, words in MAILS.items()]
        return [
            Field("language", "choice", say("Which language do you read?"), required=True, options=languages),
            Field("mail", "choice", say("Which notices come by mail?"), required=True, options=mails,
                  help=say("You find all of them here in any case, under “Notices”.")),
        ]  # fmt: skip

    def _chosen(self) -> Chosen:
        with self._visit.house.database.read() as session:
            found = preferences.of(session, self._visit.person_id)
        return Chosen(found.language or self._visit.reader.language, found.mail)

    def _choose(self, language: str, mail: str) -> str:
        wrong = {"language": ONE_OF_THESE} if language not in (BROWSER, *codes()) else {}
        if mail not in list(MailWish):
            wrong |= {"mail": ONE_OF_THESE}
        if wrong:
            raise Unfit(dict(wrong))
        with self._visit.house.database.write() as session:
            preferences.choose(session, self._visit.person_id, language=language, mail=MailWish(mail))
        return language
