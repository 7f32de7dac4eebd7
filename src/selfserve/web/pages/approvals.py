"""`/approvals`: what waits for your decision, with everything needed to decide on one screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.languages.messages import msg
from selfserve.people.roles import Role
from selfserve.requests import story, undecided
from selfserve.requests.decide import Say, decide_as_asked
from selfserve.requests.overtaken import Ended, overtaken
from selfserve.requests.refusals import AlreadyDecided, NotAllowed, NotFound, Refusal
from selfserve.requests.story import EventSeen
from selfserve.requests.undecided import Waiting
from selfserve.web.pages.approvals_together import label_of, offer_of, own_of, together, zones
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.markup import NOTHING, show
from selfserve.web.parts.pieces import empty, hero, note
from selfserve.web.parts.press import press
from selfserve.web.parts.together import Together
from selfserve.web.parts.waiting import waiting_card
from selfserve.web.refused import sentences
from selfserve.web.speech import say, say_n, tell
from selfserve.web.visits import Visit, aside

BUTTONS = [
    Button("approve", msg("Approve"), meanwhile=msg("On it…"), key="a"),
    Button("deny", msg("Deny"), "s-danger", key="d"),
    Button("ask", msg("Ask a question"), "s-quiet", key="q"),
]
SAID = {Say.APPROVE: msg("Approved."), Say.DENY: msg("Not approved."), Say.ASK: msg("Your question is sent.")}


@dataclass(frozen=True, slots=True)
class Open:
    """One decision that waits, and what was asked and answered about it so far. `ends`: what is given has an end."""

    waiting: Waiting
    talk: Sequence[EventSeen]
    ends: bool


async def build(visit: Visit) -> str:
    """The decisions, the most urgent first."""
    show(hero(say("Approvals"), say("What waits for your decision, the most urgent first.")))
    with ui.element("div").classes("s-page-list"):
        here = set[str]()
        pile = Pile(visit, together(visit, here), here)
        await pile.renew()
    visit.on_change(lambda change: change.concerns(visit.person_id), pile.renew, on=pile.place, timed=True)
    return say("Approvals")


def _waiting(visit: Visit) -> tuple[list[Open], int]:
    """Those that are shown, and how many more wait."""
    with visit.house.database.read() as session:
        found = undecided.waiting_for(session, visit.house, visit.person_id)
        talks = story.talks(session, [one.request.id for one in found])
        more = undecided.more_waiting(session, visit.person_id, found)
    return [Open(one, talks[one.request.id], _ends(visit, one)) for one in found], more


def _overtaken(visit: Visit, stage_ids: Collection[str]) -> dict[str, Ended]:
    with visit.house.database.read() as session:
        return overtaken(session, stage_ids, visit.person_id)


def _ends(visit: Visit, one: Waiting) -> bool:
    item = visit.house.catalog.current.items.get(one.request.item_id)
    return item is not None and item.grant is not None


@dataclass(slots=True)
class Card:
    """One card: all of it, its box, what it tells, and its form. `own`: the sentence for who decided it elsewhere."""

    place: ui.element
    box: ui.html
    text: ui.html
    form: Form
    own: str = ""


class Pile:
    """The cards. One that still waits stays as it is, with what is typed in it; only others come and go. One that
    somebody else decided stays as a note, with what was typed, until it is put away; so does one that was decided by
    the same person, but not here, if something was typed. `here` has those whose end is made here."""

    def __init__(self, visit: Visit, bar: Together, here: set[str]) -> None:
        self._visit, self._bar, self._here = visit, bar, here
        self.place = ui.element("div").classes("s-stack").mark("approvals")
        self._rest = show(NOTHING)
        self._cards: dict[str, Card] = {}
        self._notes: dict[str, ui.element] = {}
        self._order: list[str] = []
        self._nothing: ui.html | None = None

    async def renew(self) -> None:
        """Show what waits now, and what became of those that do not."""
        found, more = await aside(_waiting, self._visit)
        missing = self._cards.keys() - {one.waiting.stage_id for one in found}
        self.lay(found, more, await aside(_overtaken, self._visit, missing) if missing else {})

    def lay(self, found: Sequence[Open], more: int, became: Mapping[str, Ended]) -> None:
        """Show these, in this order, and say how many `more` wait; of others, what `became` of them."""
        wanted = {one.waiting.stage_id: one for one in found}
        for stage_id in [known for known in self._cards if known not in wanted]:
            self._ended(stage_id, self._cards.pop(stage_id), became.get(stage_id))
        for stage_id, one in wanted.items():
            if stage_id in self._cards:
                self._cards[stage_id].text.set_content(str(waiting_card(self._visit, one.waiting, one.talk)))
            else:
                self._card(one)
        self._arrange(wanted)
        self._bar.offer([offer_of(one.waiting) for one in found])
        self._rest.set_content(str(_rest(more)))
        self._say_if_empty()

    def _arrange(self, wanted: Iterable[str]) -> None:
        """Bring them into their order; a note stays where its card was."""
        order = list(wanted)
        for position, stage_id in enumerate(self._order):
            if stage_id in self._notes:
                order.insert(position, stage_id)
        if order == self._order:
            return
        for position, stage_id in enumerate(order):
            place = self._notes[stage_id] if stage_id in self._notes else self._cards[stage_id].place
            place.move(target_index=position)
        self._order = order

    def _ended(self, stage_id: str, card: Card, ended: Ended | None) -> None:
        if ended is None or (ended.own and stage_id in self._here):
            card.place.delete()
            return
        self._notes[stage_id] = card.place
        if ended.own:  # a note only for the sake of what was typed, which the browser knows
            card.own = tell(ended.words)
        else:
            self._note(stage_id, card, tell(ended.words))
        card.form.end(say("What you had typed, for you to keep:"))

    def _note(self, stage_id: str, card: Card, told: str) -> None:
        label = str(card.place.props["aria-label"])
        card.box.delete()
        card.text.set_content(str(note(told, "info", label)))
        for gone in ("data-keys", "aria-keyshortcuts", "data-does"):
            del card.place.props[gone]
        card.place.classes(add="s-overtaken")

        async def put_away(_: GenericEventArguments) -> None:
            self._put_away(stage_id)

        with card.place:
            press(say("Put this away"), self._visit.acting(Role.CUSTOMER, put_away, self._visit.speak), mark="put-away")
        self._visit.announce(say("{label}: {answer}", label=label, answer=told))

    def _put_away(self, stage_id: str) -> None:
        self._order.remove(stage_id)
        self._notes.pop(stage_id).delete()
        self._bar.follow()

    @contextmanager
    def _deciding(self, stage_id: str, way: Say) -> Iterator[None]:
        """Within, and after it unless refused, an end of this card is one that was made here."""
        if way is not Say.ASK:
            self._here.add(stage_id)
        try:
            yield
        except Exception:
            self._here.discard(stage_id)
            raise

    def _say_if_empty(self) -> None:
        if self._cards and self._nothing is not None:
            self._nothing.delete()
            self._nothing = None
        elif not self._cards and self._nothing is None:
            with self.place:
                words = say("When somebody needs your decision, it shows up here, and we tell you.")
                self._nothing = show(empty("circle-check", say("Nothing waits for you"), words))

    def _card(self, one: Open) -> None:
        visit, stage_id = self._visit, one.waiting.stage_id
        asked, label = one.waiting.request, label_of(one.waiting)
        with self.place, ui.element("section").classes("s-panel s-ask").props("tabindex=0 data-keys") as card:
            card.props["aria-label"] = label
            box = show(_box(stage_id, label)).classes("s-choose")
            text = show(waiting_card(visit, one.waiting, one.talk))
            memory = f"{visit.person_id}:decide:{stage_id}"
            form = Form(say("Decide: {what}", what=label), _fields(one), BUTTONS, memory=memory)
            form.mark(f"decide-{asked.name}")
        card.props["aria-keyshortcuts"], card.props["data-does"] = "j k", say("To the next one, or the one before")
        made = self._cards[stage_id] = Card(card, box, text, form)

        def touched() -> None:
            if made.own:
                self._note(stage_id, made, made.own)

        def untouched() -> None:
            if made.own:
                self._put_away(stage_id)

        async def send(event: GenericEventArguments) -> None:
            way = Say(str(event.args["button"]))
            with self._deciding(stage_id, way):
                await aside(_decided, visit, stage_id, way, dict(event.args["values"]))
            visit.announce(SAID[way])
            form.reset()
            await self.renew()

        def refused(refusal: Refusal) -> None:
            form.refuse(sentences(refusal))
            if isinstance(refusal, AlreadyDecided | NotAllowed | NotFound):
                visit.announce(refusal.words)

        form.on("touched", touched)
        form.on("untouched", untouched)
        form.on("send", visit.acting(Role.CUSTOMER, send, refused))


def _rest(more: int) -> Markup:
    if not more:
        return NOTHING
    return note(
        say_n(
            "{count} more waits. It shows up here when you have decided one of these.",
            "{count} more wait. They show up here as you decide these.",
            more,
        )
    )


def _box(stage_id: str, label: str) -> Markup:
    """Stands apart from what is drawn anew, so that what is chosen stays so."""
    words = say("Choose {what}", what=label)
    return Markup(
        '<label class="s-check"><input type="checkbox" data-choose="{}" aria-label="{}" aria-keyshortcuts="x"'
        ' data-does="{}"></label>'
    ).format(stage_id, words, say("Choose it, to decide several together"))


def _fields(one: Open) -> list[Field]:
    fields = [Field("reason", "longtext", say("Reason or question"), help=say("The customer reads it."), max=2000)]
    if one.ends:
        fields.append(Field("until", "date", say("Only until"), help=say("An earlier end than the one asked for.")))
    return fields


def _decided(visit: Visit, stage_id: str, way: Say, values: dict[str, object]) -> None:
    zone = zones(visit, [stage_id]).get(stage_id, visit.zone)
    own = own_of(values if way is Say.APPROVE else {**values, "until": ""}, zone)
    decide_as_asked(
        visit.house, stage_id=stage_id, person_id=visit.person_id, say=way, reason=own.reason, until=own.until
    )
