"""`/items/{id}`: one thing to ask for, with what will happen said before it is asked."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup
from nicegui import ui

from selfserve.requests.grant_rows import GrantRow
from selfserve.requests.lists import RequestRow
from selfserve.web.pages.item_asked import Asked
from selfserve.web.pages.item_beside import Beside
from selfserve.web.pages.item_offer import Offer, offered
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, paragraph, show
from selfserve.web.parts.pieces import back, note, tile, tint
from selfserve.web.parts.times import when
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside


async def build(visit: Visit, item_id: str, again: str = "") -> str:
    """The item's form, and beside it what happens next. `again` names an earlier request to begin with its answers."""
    offer = await aside(offered, visit, item_id, again)
    show(back("/", say("Catalog")))
    with ui.element("div").classes("s-split"):
        with ui.element("div"):
            head = show(_head(visit, offer)).mark("head")
            if not offer.fits:
                words = say("You can ask for it all the same, for another computer of yours.")
                show(note(words, "info", say("This is not for the computer you sit at"))).style("margin-bottom:16px")
            if offer.preview is None:
                barred, other = tell(offer.barred), say("You can ask for somebody you lead.")
                words = " ".join((barred, other)) if offer.others else barred
                show(note(words, "warn", say("This is not for you"))).style("margin-bottom:16px")
                show(_ask_owner(visit, offer)).style("margin-bottom:16px")
            asked = Asked(visit, offer, again) if offer.askable else None
        if asked is not None:
            beside = Beside(visit, asked)

            async def renew() -> None:
                await asked.follow()
                head.set_content(str(_head(visit, asked.offer)))
                await beside.renew()

            visit.on_change(lambda change: change.catalog, renew, on=head)
    return tell(offer.item.name)


def _ask_owner(visit: Visit, offer: Offer) -> Markup:
    team = visit.house.catalog.current.teams[offer.item.owner]
    about = quote(tell(offer.item.name))
    return Markup('<p><a class="s-quiet" href="mailto:{}?subject={}">{}{}</a></p>').format(
        team.mail, about, icon("mail"), say("Write to {team}", team=team.name)
    )


def _head(visit: Visit, offer: Offer) -> Markup:
    item, held = offer.item, offer.held
    mark, linked = NOTHING, ""
    if held is not None:
        to, have = visit.reader, visit.reader.tell(held.state_words)
        until = when(held.ends_at, visit.now, to, lambda end: to.say("{what}, until {moment}", what=have, moment=end))
        drawn, look = (icon("check"), "") if held.there else (icon("clock"), " s-muted")
        linked = held.name if held.there or offer.had else ""
        way = _to_held(offer, held) if linked else NOTHING
        mark = Markup('<p class="s-marked{}">{}<span>{}</span></p>{}').format(look, drawn, until or have, way)
    asked = NOTHING.join(_asked(visit, one) for one in offer.asked if one.name != linked)
    return Markup('<div class="s-head">{}<div>{}{}{}{}</div></div>').format(
        tile(item.icon, tint(visit.house.catalog.current.policy, item.category), large=True),
        heading(tell(item.name)),
        paragraph(tell(item.summary), "s-muted"),
        mark,
        asked,
    )


def _asked(visit: Visit, one: RequestRow) -> Markup:
    """What is under way already: whoever lost sight of it, as an answer was lost, finds it here."""
    if one.customer_id != visit.person_id:
        words = say("You asked for this for {customer}:", customer=one.customer_name)
    elif one.asked_by_id != visit.person_id:
        words = say("{actor} asked for this for you:", actor=one.asked_by_name)
    else:
        words = say("You asked for this:")
    link = Markup('<a class="s-link" href="/requests/{}">{}</a>').format(one.name, one.name)
    asked_at = when(one.asked_at, visit.now, visit.reader)
    return Markup('<p class="s-small s-muted">{} {} · {}</p>').format(words, link, asked_at)


def _to_held(offer: Offer, held: GrantRow) -> Markup:
    """The way to what is there already or on its way, which comes before asking for it anew."""
    longer = offer.item.grant is not None and offer.item.grant.renew
    words = say("See it, extend it or give it back") if longer else say("See it or give it back")
    return Markup('<p><a class="s-quiet" href="/requests/{}">{}</a></p>').format(
        held.name, words if held.there else say("See how it stands")
    )
