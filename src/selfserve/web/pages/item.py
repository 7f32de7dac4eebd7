"""`/items/{id}`: one thing to ask for, with what will happen said before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.connectors.contract import Option
from selfserve.languages.messages import msg
from selfserve.people import directory
from selfserve.people.roles import Role
from selfserve.requests import asking
from selfserve.requests.grant_rows import GrantRow
from selfserve.requests.refusals import NotAllowed, Refusal, Unfit
from selfserve.requests.submit import Submitted, submit
from selfserve.web.pages.item_draft import WHOM, Drafting
from selfserve.web.pages.item_judged import judged
from selfserve.web.pages.item_offer import Offer, offered
from selfserve.web.parts.form import Button, Field, Form
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, paragraph, show
from selfserve.web.parts.next_steps import next_steps
from selfserve.web.parts.pieces import back, note, tile, tint
from selfserve.web.parts.questions import on_offer, questions
from selfserve.web.parts.times import when
from selfserve.web.preview import Preview, preview
from selfserve.web.refused import sentences
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside, go

FROM_THE_LIST = msg("Choose somebody from the list.")
SOON = 0.5
"""Seconds after the last change of an answer until what happens next is worked out again."""


async def build(visit: Visit, item_id: str, again: str = "") -> str:
    """The item's form, and beside it what happens next. `again` names an earlier request to begin with its answers."""
    offer = await aside(offered, visit, item_id, again)
    show(back("/", say("Catalog")))
    with ui.element("div").classes("s-split"):
        with ui.element("div"):
            show(_head(visit, offer))
            if not offer.fits:
                words = say("You can ask for it all the same, for another computer of yours.")
                show(note(words, "info", say("This is not for the computer you sit at"))).style("margin-bottom:16px")
            if offer.preview is None:
                barred, other = tell(offer.barred), say("You can ask for somebody you lead.")
                words = " ".join((barred, other)) if offer.others else barred
                show(note(words, "warn", say("This is not for you"))).style("margin-bottom:16px")
                show(_ask_owner(visit, offer)).style("margin-bottom:16px")
            form = _form(visit, offer) if offer.askable else None
        if form is not None:
            _beside(visit, offer, form, offer.preview or Preview(None, expect=offer.item.expect))
    return tell(offer.item.name)


def _ask_owner(visit: Visit, offer: Offer) -> Markup:
    team = visit.house.catalog.current.teams[offer.item.owner]
    about = quote(tell(offer.item.name))
    return Markup('<p><a class="s-quiet" href="mailto:{}?subject={}">{}{}</a></p>').format(
        team.mail, about, icon("mail"), say("Write to {team}", team=team.name)
    )


def _head(visit: Visit, offer: Offer) -> Markup:
    item, held = offer.item, offer.held
    mark = NOTHING
    if held is not None:
        to, have = visit.reader, visit.reader.tell(held.state_words)
        until = when(held.ends_at, visit.now, to, lambda end: to.say("{what}, until {moment}", what=have, moment=end))
        drawn, look = (icon("check"), "") if held.there else (icon("clock"), " s-muted")
        way = _to_held(offer, held) if held.there or offer.had else NOTHING
        mark = Markup('<p class="s-marked{}">{}<span>{}</span></p>{}').format(look, drawn, until or have, way)
    return Markup('<div class="s-head">{}<div>{}{}{}</div></div>').format(
        tile(item.icon, tint(visit.house.catalog.current.policy, item.category), large=True),
        heading(tell(item.name)),
        paragraph(tell(item.summary), "s-muted"),
        mark,
    )


def _to_held(offer: Offer, held: GrantRow) -> Markup:
    """The way to what is there already or on its way, which comes before asking for it anew."""
    longer = offer.item.grant is not None and offer.item.grant.renew
    words = say("See it, extend it or give it back") if longer else say("See it or give it back")
    return Markup('<p><a class="s-quiet" href="/requests/{}">{}</a></p>').format(
        held.name, words if held.there else say("See how it stands")
    )


def _form(visit: Visit, offer: Offer) -> Form:
    item, begun = offer.item, offer.begun
    asked = questions(visit.house, item, visit.zone)
    fields = [*_whom(offer), *asked.fields(begun.shown)]
    with ui.element("div").classes("s-panel"):
        form = Form(
            say("Ask for “{item}”", item=item.name),
            fields,
            [Button("ask", _send_words(visit, offer), meanwhile=say("On it…"))],
            start=begun.start,
            leave="/",
            fresh=begun.fresh if fields else None,
            memory=f"draft:{visit.person_id}:{item.id}",
            draft=begun.draft,
        ).mark("form")
    drafting = Drafting(visit, item, form, begun.fresh)

    async def send(event: GenericEventArguments) -> None:
        async with drafting.asking():
            made = await aside(_ask, visit, offer, _filled(event))
        visit.announce(msg("You asked for it.") if made.fresh else msg("You asked for this before; here it is."))
        go(f"/requests/{made.name}")

    async def look(event: GenericEventArguments) -> None:
        name, text = str(event.args["field"]), str(event.args["text"])[:100]
        found = aside(led, visit, text) if name == WHOM else aside(on_offer, visit.house, item, name, text)
        form.offer(name, int(event.args["turn"]), await found)

    judged(visit, item, form)
    form.on("send", visit.acting(Role.CUSTOMER, send, lambda refusal: form.refuse(sentences(refusal))))
    form.on("look", visit.acting(Role.CUSTOMER, look, lambda refusal: form.refuse(sentences(refusal))))
    return form


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


def _ask(visit: Visit, offer: Offer, values: dict[str, object]) -> Submitted:
    customer_id = _customer(visit, offer, values)
    return submit(
        visit.house,
        customer_id=customer_id,
        asked_by_id=visit.person_id,
        item_id=offer.item.id,
        answers=values,
        app_id=visit.app_id,
    )


def _customer(visit: Visit, offer: Offer, values: dict[str, object]) -> str:
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


def _beside(visit: Visit, offer: Offer, form: Form, first: Preview) -> None:
    item, asks = offer.item, bool(offer.item.form) or offer.others
    with ui.element("aside").classes("s-aside") as place:
        steps = show(next_steps(item, first, asks=asks)).mark("next")
    place.props["aria-label"] = say("What happens next")
    latest: dict[str, object] = {}

    async def changed(event: GenericEventArguments) -> None:
        nonlocal latest
        latest = values = {str(name): value for name, value in dict(event.args).items()}
        seen, nobody = await aside(_seen, visit, offer, values)
        if values is not latest:  # what was worked out for them comes after what holds now
            return
        steps.set_content(str(next_steps(item, seen, asks=asks)))
        if nobody and values.get(WHOM):  # what is empty is no mistake yet
            form.judge(WHOM, str(values[WHOM]), tell(nobody))

    if asks:
        handler = visit.acting(Role.CUSTOMER, changed, lambda refusal: None)
        form.on("changed", handler, throttle=SOON, leading_events=False)


def _seen(visit: Visit, offer: Offer, values: Mapping[str, object]) -> tuple[Preview, str]:
    """What would happen, and why nobody is named rightly, "" where somebody is: then it is told for the asker, as it
    is where nobody is named. It never goes on telling what was told for other answers. Blocking."""
    answers, nobody, unknown = dict(values), "", Preview(None, expect=offer.item.expect)
    try:
        customer_id = _customer(visit, offer, answers)
    except Unfit as wrong:
        customer_id, nobody = visit.person_id, wrong.errors[WHOM]
        if not offer.theirs:
            return unknown, nobody
    try:
        return preview(visit.house, customer_id, offer.item, answers, visit.person_id, visit.app_id), nobody
    except Refusal:  # told once it is asked
        return unknown, nobody
