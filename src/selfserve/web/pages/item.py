"""`/items/{id}`: one thing to ask for, with what will happen said before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.catalog.items import Item
from selfserve.connectors.contract import Option
from selfserve.people import directory
from selfserve.people.roles import Role
from selfserve.requests import acts, asking, lists, offers
from selfserve.requests.lists import GrantRow
from selfserve.requests.refusals import NotAllowed, Unfit
from selfserve.requests.submit import Submitted, submit
from selfserve.store.tables import Person
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, paragraph, show
from selfserve.web.parts.next_steps import next_steps
from selfserve.web.parts.pieces import back, note, tile, tint
from selfserve.web.parts.questions import on_offer, questions
from selfserve.web.parts.times import when
from selfserve.web.preview import Preview, preview
from selfserve.web.refused import sentences
from selfserve.web.visits import Visit, aside, go

WHOM = "_for"
"""The field for who it is for; no question of an item can be called so."""
FOR_OTHERS = "You can ask for somebody you lead."
SOON = 0.5
"""Seconds after the last change of an answer until what happens next is worked out again."""


async def build(visit: Visit, item_id: str, again: str = "") -> str:
    """The item's form, and beside it what happens next. `again` names an earlier request to begin with its answers."""
    offer = await aside(_offer, visit, item_id, again)
    show(back("/", "Catalog"))
    with ui.element("div").classes("s-split"):
        with ui.element("div"):
            show(_head(visit, offer))
            if offer.preview is None:
                words = f"{offer.barred} {FOR_OTHERS}" if offer.others else offer.barred
                show(note(words, "warn", "This is not for you")).style("margin-bottom:16px")
            form = _form(visit, offer) if offer.askable else None
        if form is not None:
            _beside(visit, offer, form, offer.preview or Preview(None, expect=offer.item.expect))
    return offer.item.name


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as it stands for one customer. Without a `preview` they cannot ask for it; `barred` says why.

    `start` and `shown` are what the form begins with. `others`: they may ask for people they lead.
    """

    item: Item
    held: GrantRow | None
    preview: Preview | None
    barred: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    others: bool = False

    @property
    def askable(self) -> bool:
        """True where there is somebody they may ask for, themselves or another."""
        return self.preview is not None or self.others


def _offer(visit: Visit, item_id: str, again: str) -> Offer:
    item = offers.one(visit.house, visit.person_id, item_id)
    with visit.house.database.read() as session:
        held = lists.marks(session, visit.person_id).get(item_id)
        former = acts.own(session, again, visit.person_id) if again else None
        earlier = dict(former.answers) if former else {}
        shown = _names(session, item, earlier)
        customer = session.get_one(Person, former.customer_id) if former else None
    start = questions(visit.house, item, visit.zone).start(earlier)
    others = offers.for_others(visit.house, visit.person_id, item)
    if others and customer is not None and customer.id != visit.person_id:
        start[WHOM], shown[WHOM] = customer.id, customer.name
    answers = {name: value for name, value in start.items() if name != WHOM}
    try:
        return Offer(item, held, preview(visit.house, visit.person_id, item, answers), "", start, shown, others)
    except NotAllowed as barred:
        return Offer(item, held, None, str(barred), start, shown, others)


def _names(session: Any, item: Item, answers: Mapping[str, Any]) -> dict[str, str]:
    """The words that stand for the people and live choices among earlier answers."""
    shown = {}
    for name, one in item.form.items():
        value = answers.get(name)
        if value and one.type == "person":
            person = directory.present(session, str(value))
            shown[name] = person.name if person else ""
        elif value and one.type == "options":
            shown[name] = str(value)
    return shown


def _head(visit: Visit, offer: Offer) -> Markup:
    item, held = offer.item, offer.held
    mark = NOTHING
    if held is not None:
        to, have = visit.reader, visit.reader.tell(held.state_words)
        until = when(held.ends_at, visit.now, to, lambda end: to.say("{what}, until {moment}", what=have, moment=end))
        drawn, look = (icon("check"), "") if held.there else (icon("clock"), " s-muted")
        mark = Markup('<p class="s-marked{}">{}<span>{}</span></p>').format(look, drawn, until or have)
    return Markup('<div class="s-head">{}<div>{}{}{}</div></div>').format(
        tile(item.icon, tint(visit.house.catalog.current.policy, item.category), large=True),
        heading(item.name),
        paragraph(item.summary, "s-muted"),
        mark,
    )


def _form(visit: Visit, offer: Offer) -> Form:
    item = offer.item
    asked = questions(visit.house, item, visit.zone)
    at_once = offer.preview is not None and offer.preview.asks is False and not visit.deck.by_hand(item)
    waits = offer.preview is not None and offer.preview.waits
    label = "Wait for one" if waits else "Get it now" if at_once else "Request it"
    with ui.element("div").classes("s-panel"):
        form = Form(
            f"Ask for {item.name}",
            [*_whom(offer), *asked.fields(offer.shown)],
            [Button("ask", label, meanwhile="On it…")],
            start=offer.start,
            leave="/",
        ).mark("form")

    async def send(event: GenericEventArguments) -> None:
        made = await aside(_ask, visit, offer, _filled(event))
        visit.announce("You asked for it." if made.fresh else "You asked for this before; here it is.")
        go(f"/requests/{made.name}")

    async def look(event: GenericEventArguments) -> None:
        name, text = str(event.args["field"]), str(event.args["text"])[:100]
        found = aside(led, visit, text) if name == WHOM else aside(on_offer, visit.house, item, name, text)
        form.offer(name, text, await found)

    form.on("send", visit.acting(Role.CUSTOMER, send, lambda refusal: form.refuse(sentences(refusal))))
    form.on("look", visit.acting(Role.CUSTOMER, look, lambda refusal: form.refuse(sentences(refusal))))
    return form


def _whom(offer: Offer) -> list[Field]:
    """The question who it is for, where there is a choice."""
    if not offer.others:
        return []
    alone = offer.preview is None
    words = "Somebody you lead." if alone else "Leave it empty for yourself, or name somebody you lead."
    shown = offer.shown.get(WHOM, "")
    hint = "Name or mail address"
    return [Field(WHOM, "pick", "Who is it for?", words, required=alone, hint=hint, free=True, shown=shown)]


def led(visit: Visit, text: str) -> list[Option]:
    """Those the visitor may ask for, by what was typed. Blocking."""
    with visit.house.database.read() as session:
        return [
            Option(one.id, one.name, " · ".join(filter(None, (one.title or one.department, one.email))))
            for one in directory.led_by(session, visit.person_id, text)
        ]


def _ask(visit: Visit, offer: Offer, values: dict[str, object]) -> Submitted:
    customer_id = _customer(visit, offer, values)
    return submit(
        visit.house, customer_id=customer_id, asked_by_id=visit.person_id, item_id=offer.item.id, answers=values
    )


def _customer(visit: Visit, offer: Offer, values: dict[str, object]) -> str:
    """Who it is for, taken out of the values; Unfit where that is nobody the visitor may ask for."""
    named = str(values.pop(WHOM, "") or "").strip()[:320]
    if not named or not offer.others:
        if offer.preview is None:
            raise Unfit({WHOM: "Choose somebody from the list."})
        return visit.person_id
    try:
        with visit.house.database.read() as session:
            return asking.for_whom(session, visit.person_id, named)
    except NotAllowed as refused:
        raise Unfit({WHOM: f"{refused} Choose somebody from the list."}) from refused


def _filled(event: GenericEventArguments) -> dict[str, object]:
    values = event.args.get("values")
    return {str(name): value for name, value in values.items()} if isinstance(values, dict) else {}


def _beside(visit: Visit, offer: Offer, form: Form, first: Preview) -> None:
    item = offer.item
    with ui.element("aside").classes("s-aside").props('aria-label="What happens next"'):
        steps = show(next_steps(item, first)).mark("next")
    latest: dict[str, object] = {}

    async def renew() -> None:
        seen = await aside(_seen, visit, offer, dict(latest))
        steps.set_content(str(next_steps(item, seen)))

    async def changed(event: GenericEventArguments) -> None:
        latest.update({str(name): value for name, value in dict(event.args).items()})
        await renew()

    if item.form or offer.others:
        handler = visit.acting(Role.CUSTOMER, changed, lambda refusal: None)
        form.on("changed", handler, throttle=SOON, leading_events=False)


def _seen(visit: Visit, offer: Offer, values: dict[str, object]) -> Preview:
    customer_id = _customer(visit, offer, values)
    return preview(visit.house, customer_id, offer.item, values, visit.person_id)
