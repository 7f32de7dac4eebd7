"""The form of an item's page: what is asked there, and what becomes of it once it is sent."""

from __future__ import annotations

import re

from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.connectors.contract import Option
from selfserve.languages.messages import msg
from selfserve.people import directory
from selfserve.people.roles import Role
from selfserve.requests import ask_keys, asking
from selfserve.requests.refusals import NotAllowed, NotPossible, Refusal, Unfit
from selfserve.requests.submit import Submitted, submit
from selfserve.web.pages.item_draft import WHOM, Drafting
from selfserve.web.pages.item_judged import judged
from selfserve.web.pages.item_offer import Offer, offered
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import show
from selfserve.web.parts.pieces import note
from selfserve.web.parts.questions import on_offer, questions
from selfserve.web.refused import sentences
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside, go

GONE = msg(
    "This was taken out of the catalog while the page was open, so it cannot be asked for any more and nothing was "
    "sent. Look in the catalog for what takes its place, or ask a human."
)
LOST = msg("What you sent last has not arrived, so nothing was asked for with it. Look it through and send it again.")
_KEY = re.compile("[0-9a-f]{32}")
FROM_THE_LIST = msg("Choose somebody from the list.")


class Asked:
    """The form of an item, by the item of today: what it asks changes under whoever fills it in, and takes nothing away
    that they typed."""

    def __init__(self, visit: Visit, offer: Offer, again: str) -> None:
        self._visit, self.offer, self._again = visit, offer, again
        item, begun = offer.item, offer.begun
        fields = self._fields()
        self._over = False
        with ui.element("div").classes("s-panel") as self._panel:
            self.form = form = Form(
                say("Ask for “{item}”", item=item.name),
                fields,
                [Button("ask", _send_words(visit, offer), meanwhile=say("On it…"))],
                start=begun.start,
                leave="/",
                fresh=begun.fresh if fields else None,
                memory=f"draft:{visit.person_id}:{item.id}",
                draft=begun.draft,
                traced=True,
            ).mark("form")
        self._drafting = Drafting(visit, item, form, begun.fresh)
        judged(visit, item, form)
        form.on("untouched", self._nothing_typed)
        form.on("send", visit.acting(Role.CUSTOMER, self._send, self._refused))
        form.on("unanswered", visit.acting(Role.CUSTOMER, self._unanswered, lambda refusal: None))
        form.on("look", visit.acting(Role.CUSTOMER, self._look, self._refused))

    def _fields(self) -> list[Field]:
        asked = questions(self._visit.house, self.offer.item, self._visit.reader)
        return [*_whom(self.offer), *asked.fields(self.offer.begun.shown)]

    @property
    def names(self) -> frozenset[str]:
        """What is asked, by the names of the fields."""
        return frozenset({*self.offer.item.form, *([WHOM] if self.offer.others else [])})

    async def follow(self) -> None:
        """Ask what the item of today asks. One that is no longer theirs to ask for stays as it is: the sentence comes
        once it is asked."""
        visit, before = self._visit, self.offer.item
        item = visit.house.catalog.current.items.get(before.id)
        if item is None:
            self._gone()
        if item is None or item.digest == before.digest or self._over:
            return
        try:
            now = await aside(offered, visit, item.id, self._again)
        except Refusal:
            return
        if not now.askable:
            return
        self.offer = now
        self.form.ask(self._fields(), now.begun.start, now.begun.fresh)
        self._drafting.follow(now.item, now.begun.fresh)

    def _gone(self) -> None:
        """It was taken out of the catalog under whoever fills it in: what they typed stays to be read."""
        if self._over:
            return
        self._over = True
        self.form.end(tell(f"{tell(GONE)} {say('What you had typed, for you to keep:')}"))
        self._visit.announce(GONE)

    def _nothing_typed(self) -> None:
        if self._over:
            self._panel.clear()
            with self._panel:
                show(note(tell(GONE), "info"))

    async def _send(self, event: GenericEventArguments) -> None:
        visit = self._visit
        await self.follow()  # what is wrong is told beside its question
        if self._over:
            return
        async with self._drafting.asking():
            made = await aside(_ask, visit, self.offer, _filled(event), _key(event.args.get("key")))
        visit.announce(msg("You asked for it.") if made.fresh else msg("You asked for this before; here it is."))
        go(f"/requests/{made.name}")

    async def _unanswered(self, event: GenericEventArguments) -> None:
        """The page was loaded anew under what was sent: it leads to the request that came of it, or says that there is
        none."""
        visit = self._visit
        keys = [key for key in map(_key, event.args["keys"]) if key]
        name = await aside(_sent, visit, keys)
        if name:
            await self._drafting.arrived(name)
            visit.announce(msg("What you sent has arrived; here it is."))
            go(f"/requests/{name}")
        elif event.args["over"]:
            self.form.refuse({"": tell(LOST)})

    async def _look(self, event: GenericEventArguments) -> None:
        visit, item = self._visit, self.offer.item
        name, text = str(event.args["field"]), str(event.args["text"])[:100]
        found = aside(led, visit, text) if name == WHOM else aside(on_offer, visit.house, item, name, text)
        turn = int(event.args["turn"])
        try:
            self.form.offer(name, turn, await found)
        except NotPossible as away:
            self.form.away(name, turn, tell(away.words))

    def _refused(self, refusal: Refusal) -> None:
        labels = {name: one.label for name, one in self.offer.item.form.items()}
        self.form.refuse(sentences(refusal), labels)


def _send_words(visit: Visit, offer: Offer) -> str:
    seen = offer.preview
    if offer.had:  # for somebody else then, and what holds for them is not known yet
        return say("Request it")
    if seen is not None and seen.waits:
        return say("Wait for one")
    if offer.held is not None and offer.held.there:
        return say("Ask for it once more")
    by_machine = seen is not None and not (seen.delayed or seen.blocked or visit.deck.by_hand(offer.item))
    at_once = by_machine and seen is not None and seen.asks is False
    return say("Get it now") if at_once else say("Request it")


def _whom(offer: Offer) -> list[Field]:
    """The question who it is for, where there is a choice."""
    if not offer.others:
        return []
    alone = not offer.theirs
    words = say("Somebody you lead.") if alone else say("Leave it empty for yourself, or name somebody you lead.")
    begun, label, hint = offer.begun, say("Who is it for?"), say("Name or mail address")
    shown, mine = begun.shown.get(WHOM, ""), list(begun.mine)
    return [Field(WHOM, "pick", label, words, required=alone, hint=hint, free=True, shown=shown, empties=mine)]


def led(visit: Visit, text: str) -> list[Option]:
    """Those the visitor may ask for, by what was typed. Blocking."""
    with visit.house.database.read() as session:
        return [
            Option(one.id, one.name, " · ".join(filter(None, (one.title or one.department, one.email))))
            for one in directory.led_by(session, visit.person_id, text)
        ]


def _sent(visit: Visit, keys: list[str]) -> str:
    with visit.house.database.read() as session:
        return ask_keys.made(session, visit.person_id, keys)


def _key(sent: object) -> str | None:
    """The key that the form gave to what it sent."""
    return sent if isinstance(sent, str) and _KEY.fullmatch(sent) else None


def _ask(visit: Visit, offer: Offer, values: dict[str, object], key: str | None) -> Submitted:
    customer_id = customer_of(visit, offer, values)
    return submit(
        visit.house,
        customer_id=customer_id,
        asked_by_id=visit.person_id,
        item_id=offer.item.id,
        answers=values,
        idempotency_key=key,
        app_id=visit.app_id,
    )


def customer_of(visit: Visit, offer: Offer, values: dict[str, object]) -> str:
    """Who it is for, taken out of the values; Unfit where that is nobody the visitor may ask for."""
    named = str(values.pop(WHOM, "") or "").strip()[:320]
    if not named or not offer.others:
        if not offer.theirs:
            raise Unfit({WHOM: FROM_THE_LIST})
        return visit.person_id
    try:
        with visit.house.database.read() as session:
            return asking.for_whom(session, visit.person_id, named)
    except NotAllowed as refused:
        why = msg("{why} Choose somebody from the list.", why=refused.words)
        raise Unfit({WHOM: why}) from refused


def _filled(event: GenericEventArguments) -> dict[str, object]:
    values = event.args.get("values")
    return {str(name): value for name, value in values.items()} if isinstance(values, dict) else {}
