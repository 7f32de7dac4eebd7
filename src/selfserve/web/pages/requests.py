"""`/requests`: everything you asked for, what is open first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from nicegui import ui

from selfserve.people.roles import Role
from selfserve.requests import lists
from selfserve.requests.lists import RequestRow
from selfserve.requests.story import Answer, answers_by
from selfserve.web.parts.markup import NOTHING, heading, joined, show
from selfserve.web.parts.pieces import empty, hero, pill, question_and_answer, row, rows, tile, tint
from selfserve.web.parts.press import press
from selfserve.web.parts.times import when
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside

OPEN = 200
"""So many open ones are shown at first, and with each press of "Show older ones"."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The requests read so far: those that are open, those that are over, and whether there are more of either."""

    open: Sequence[RequestRow]
    over: Sequence[RequestRow]
    more: bool
    answers: Mapping[str, Sequence[Answer]]
    """What was answered in each, by its id."""


async def build(visit: Visit) -> str:
    """The list, kept true; older ones on demand."""
    shown = 1
    show(hero(say("My requests"), say("Everything you asked for, what is open first.")))
    with ui.element("div").classes("s-page-list"):
        pages = await aside(_pages, visit, shown)
        table = show(_list(visit, pages)).mark("requests")

        async def renew() -> None:
            found = await aside(_pages, visit, shown)
            table.set_content(str(_list(visit, found)))
            older.set_visibility(found.more)

        async def grow() -> None:
            nonlocal shown
            shown += 1
            await renew()

        with ui.element("div").classes("s-acts").style("margin-top:16px"):
            older = press(
                say("Show older ones"), visit.acting(Role.CUSTOMER, lambda _: grow(), visit.speak), mark="older"
            )
        older.set_visibility(pages.more)
    visit.on_change(lambda change: change.concerns(visit.person_id), renew, on=table, timed=True)
    return say("My requests")


def _pages(visit: Visit, count: int) -> Pages:
    with visit.house.database.read() as session:
        waiting = lists.requests(session, customer_id=visit.person_id, state="open", limit=OPEN * count)
        over: list[RequestRow] = []
        cursor: str | None = None
        for _ in range(count):
            page = lists.requests(session, customer_id=visit.person_id, cursor=cursor)
            over += [row for row in page.rows if row.closed_at is not None]
            cursor = page.cursor
            if cursor is None:
                break
        answers = answers_by(session, [row.id for row in (*waiting.rows, *over)])
    return Pages(waiting.rows, over, cursor is not None or waiting.cursor is not None, answers)


def _list(visit: Visit, pages: Pages) -> Markup:
    if not pages.open and not pages.over:
        return empty(
            "inbox",
            say("Nothing here yet"),
            say("What you ask for shows up here, with everything that happens to it."),
            ("/", say("See the catalog")),
        )
    parts = [(say("Open"), pages.open), (say("Earlier"), pages.over)]
    return joined(
        heading(name, 2, classes="s-h3 s-group") + rows(_row(visit, one, pages.answers) for one in found)
        for name, found in parts
        if found
    )


def _row(visit: Visit, one: RequestRow, answers: Mapping[str, Sequence[Answer]]) -> Markup:
    words, tone = (say("Waiting for you"), "warn") if one.question else (tell(one.state_words), one.tone)
    theirs = one.customer_id != visit.person_id
    whose = Markup(" · {}").format(say("for {name}", name=one.customer_name)) if theirs else NOTHING
    said = joined(Markup(" · {}").format(question_and_answer(each)) for each in answers.get(one.id, ())[:2])
    under = Markup("{}{} · {}{}").format(one.name, whose, when(one.asked_at, visit.now, visit.reader), said)
    drawn = tile(one.icon, tint(visit.house.catalog.current.policy, one.category))
    return row(one.name, f"/requests/{one.name}", drawn, tell(one.item_name), under, pill(words, tone))
