"""`/requests/{name}`: the story of one request, and what its customer can do with it."""

from __future__ import annotations

from markupsafe import Markup, escape
from nicegui import ui

from selfserve.fulfilment import parties
from selfserve.languages.messages import msg
from selfserve.requests import story
from selfserve.requests.refusals import NotFound
from selfserve.requests.story import Story
from selfserve.requests.words import STAYS
from selfserve.web.live import Change
from selfserve.web.pages.request_acts import RequestActs
from selfserve.web.pages.request_smile import RequestSmile
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, paragraph, show
from selfserve.web.parts.pieces import TONE_ICONS, answered, back, pill, tile, timeline, tint
from selfserve.web.parts.printed import printed
from selfserve.web.parts.times import when
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside, go


async def build(visit: Visit, name: str) -> str:
    """The story as it stands, and as it goes on."""
    told = await aside(read, visit, name)
    show(back("/requests", say("My requests")))
    with ui.element("div").classes("s-page-list s-stack"):
        printed(visit, f"/requests/{told.name}", _whose(told))
        top = show(_top(visit, told)).mark("top")
        acts = RequestActs(visit, told)
        tale = show(_tale(visit, told)).classes("s-panel").mark("story")
        smile = RequestSmile(visit, told)
        await smile.renew()
        rest = show(_answers(told))
        acts.place_others()

    async def renew() -> None:
        try:
            now_told = await aside(read, visit, name)
        except NotFound:  # theirs no more: whoever asked does not lead the customer any longer
            go("/requests")
            return
        top.set_content(str(_top(visit, now_told)))
        tale.set_content(str(_tale(visit, now_told)))
        rest.set_content(str(_answers(now_told)))
        acts.renew(now_told)
        await smile.renew()

    stream = f"request:{told.id}"

    def about(change: Change) -> bool:
        return stream in change.streams or change.concerns(told.customer_id) or change.catalog

    visit.on_change(about, renew, on=tale, timed=True)
    return ", ".join((tell(told.item_name), told.name))


def read(visit: Visit, name: str) -> Story:
    """The story of a request of one's own; NotFound for anybody else's. Blocking."""
    with visit.house.database.read() as session:
        found = story.find(session, name)
        if found is None or not parties.concerns(session, found, visit.person_id):
            raise NotFound(msg("There is no such request of yours."))
        return story.story(session, visit.house, found, visit.person_id)


def _whose(told: Story) -> list[tuple[str, str]]:
    """Whose request it is, for a print of it; on a screen they know."""
    asker = told.asked_by_name
    return [(say("For"), told.customer_name), *([(say("Asked by"), asker)] if told.asked_as else [])]


def _top(visit: Visit, told: Story) -> Markup:
    words, tone = (say("Waiting for you"), "warn") if told.question else (tell(told.state_words), told.tone)
    asker, standing = told.asked_by_name, tell(told.asked_as)
    whose = NOTHING
    if told.customer_id != visit.person_id:
        whose = Markup(" · {}").format(say("for {name}", name=told.customer_name))
    elif asker != told.customer_name:
        whose = Markup(" · {}").format(say("asked by {name}, {standing}", name=asker, standing=standing))
    return Markup('<div class="s-head s-head-wrap">{}<div>{}<p class="s-muted">{}{} · {}</p></div>{}</div>{}').format(
        tile(told.icon, tint(visit.house.catalog.current.policy, told.category), large=True),
        heading(tell(told.item_name)),
        told.name,
        whose,
        when(told.asked_at, visit.now, visit.reader),
        pill(words, tone),
        _holding(visit, told),
    )


def _holding(visit: Visit, told: Story) -> Markup:
    if not told.grant_words or told.grant_state == "promised":
        return NOTHING
    what: str | Markup = tell(told.grant_words)
    if told.grant_state == "active" and told.ends_at is not None:
        to = visit.reader
        what = when(told.ends_at, visit.now, to, lambda end: to.say("{what} until {moment}", what=what, moment=end))
    if (told.held_by or told.held_otherwise) and "return" not in told.can:  # its own time is over, another's is not
        what = Markup("{}. {}").format(what, _because(told))
    use = paragraph(tell(told.use), "s-text") if told.use else NOTHING
    return Markup('<div class="s-note s-tone-{}" style="margin-bottom:14px">{}<div><p>{}</p>{}</div></div>').format(
        told.grant_tone, icon(TONE_ICONS[told.grant_tone]), what, use
    )


def _because(told: Story) -> str | Markup:
    if not told.held_by:
        return tell(STAYS)
    links = Markup(", ").join(Markup('<a href="/requests/{0}">{0}</a>').format(name) for name in told.held_by)
    return escape(say("It stays because of {names}.", names="{names}")).format(names=links)


def _tale(visit: Visit, told: Story) -> Markup:
    return Markup("{}{}").format(
        heading(say("What happened"), 2, classes="s-hidden"), timeline(told.lines, visit.now, visit.reader)
    )


def _answers(told: Story) -> Markup:
    if not told.answers:
        return NOTHING
    return Markup('<div class="s-panel">{}<div style="margin-top:12px">{}</div></div>').format(
        heading(say("What you answered"), 2), answered(told.answers)
    )
