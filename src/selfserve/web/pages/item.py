"""`/items/{id}`: one thing to ask for, with what will happen said before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.catalog.items import Item
from selfserve.people import directory
from selfserve.people.roles import Role
from selfserve.requests import acts, lists, offers
from selfserve.requests.lists import GrantRow
from selfserve.requests.refusals import NotAllowed
from selfserve.requests.submit import submit
from selfserve.web.parts.form import Button, Form
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, paragraph, show
from selfserve.web.parts.next_steps import next_steps
from selfserve.web.parts.pieces import back, note, tile, tint
from selfserve.web.parts.questions import on_offer, questions
from selfserve.web.parts.times import when
from selfserve.web.preview import Preview, preview
from selfserve.web.refused import sentences
from selfserve.web.visits import Visit, aside, go

SOON = 0.5
"""Seconds after the last change of an answer until what happens next is worked out again."""


async def build(visit: Visit, item_id: str, again: str = "") -> str:
    """The item's form, and beside it what happens next. `again` names an earlier request to begin with its answers."""
    offer = await aside(_offer, visit, item_id, again)
    show(back("/", "Catalog"))
    with ui.element("div").classes("s-split"):
        with ui.element("div"):
            show(_head(visit, offer))
            form = None if offer.preview is None else _form(visit, offer)
            if offer.preview is None:
                show(note(offer.barred, "warn", "This is not for you"))
        if form is not None and offer.preview is not None:
            _beside(visit, offer.item, form, offer.preview)
    return offer.item.name


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as it stands for one customer. Without a `preview` they cannot ask for it; `barred` says why.

    `start` and `shown` are what the form begins with.
    """

    item: Item
    held: GrantRow | None
    preview: Preview | None
    barred: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)


def _offer(visit: Visit, item_id: str, again: str) -> Offer:
    item = offers.one(visit.house, visit.person_id, item_id)
    with visit.house.database.read() as session:
        held = next((grant for grant in lists.held(session, visit.person_id) if grant.item_id == item_id), None)
        earlier = dict(acts.own(session, again, visit.person_id).answers) if again else {}
        shown = _names(session, item, earlier)
    start = questions(visit.house, item, visit.zone).start(earlier)
    try:
        return Offer(item, held, preview(visit.house, visit.person_id, item, start), "", start, shown)
    except NotAllowed as barred:
        return Offer(item, held, None, str(barred))


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
        until = when(held.ends_at, visit.now, visit.zone, ", until ")
        mark = Markup('<p class="s-marked">{}<span>{}{}</span></p>').format(icon("check"), held.state_words, until)
    return Markup('<div class="s-head">{}<div>{}{}{}</div></div>').format(
        tile(item.icon, tint(visit.house.catalog.current.policy, item.category), large=True),
        heading(item.name),
        paragraph(item.summary, "s-muted"),
        mark,
    )


def _form(visit: Visit, offer: Offer) -> Form:
    item = offer.item
    asked = questions(visit.house, item, visit.zone)
    label = "Request it" if offer.preview and offer.preview.asks else "Get it now"
    with ui.element("div").classes("s-panel"):
        form = Form(
            f"Ask for {item.name}",
            asked.fields(offer.shown),
            [Button("ask", label, meanwhile="On it…")],
            start=offer.start,
            leave="/",
        ).mark("form")

    async def send(event: GenericEventArguments) -> None:
        made = await aside(submit, visit.house, customer_id=visit.person_id, item_id=item.id, answers=_filled(event))
        visit.say("You asked for it." if made.fresh else "You asked for this before; here it is.")
        go(f"/requests/{made.name}")

    async def look(event: GenericEventArguments) -> None:
        name, text = str(event.args["field"]), str(event.args["text"])[:100]
        form.offer(name, text, await aside(on_offer, visit.house, item, name, text))

    form.on("send", visit.acting(Role.CUSTOMER, send, lambda refusal: form.refuse(sentences(refusal))))
    form.on("look", visit.acting(Role.CUSTOMER, look, lambda refusal: form.refuse(sentences(refusal))))
    return form


def _filled(event: GenericEventArguments) -> dict[str, object]:
    values = event.args.get("values")
    return {str(name): value for name, value in values.items()} if isinstance(values, dict) else {}


def _beside(visit: Visit, item: Item, form: Form, first: Preview) -> None:
    with ui.element("aside").classes("s-aside").props('aria-label="What happens next"'):
        steps = show(next_steps(item, first)).mark("next")
    latest: dict[str, object] = {}

    async def renew() -> None:
        seen = await aside(preview, visit.house, visit.person_id, item, latest)
        steps.set_content(str(next_steps(item, seen)))

    async def changed(event: GenericEventArguments) -> None:
        latest.update({str(name): value for name, value in dict(event.args).items()})
        await renew()

    if item.form:
        handler = visit.acting(Role.CUSTOMER, changed, lambda refusal: None)
        form.on("changed", handler, throttle=SOON, leading_events=False)
