"""`/desk`: what machines could not finish, by the time it is due."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from selfserve.catalog.days import spoken_since
from selfserve.fulfilment import circuits
from selfserve.fulfilment.circuits import Resting
from selfserve.requests import lists
from selfserve.requests.lists import CaseRow
from selfserve.web.parts.markup import joined, show
from selfserve.web.parts.pieces import empty, hero, note, pill, row, rows, tile, tint
from selfserve.web.parts.times import due, exact
from selfserve.web.parts.why import why_icon, why_words
from selfserve.web.visits import Visit, aside

VIEWS = {"": "All", "mine": "Mine", "free": "Not taken"}


async def build(visit: Visit, view: str = "") -> str:
    """The open cases, kept true."""
    view = view if view in VIEWS else ""
    show(hero("Desk", "What machines could not finish, the most urgent first."))
    rests = show(_rests(visit, await aside(_resting, visit))).mark("resting")
    show(_chips(view), tag="nav").classes("s-chips").props('aria-label="Which cases"').style("margin-bottom:16px")
    table = show(_list(visit, view, await aside(_cases, visit, view))).mark("desk")

    async def renew() -> None:
        table.set_content(str(_list(visit, view, await aside(_cases, visit, view))))
        rests.set_content(str(_rests(visit, await aside(_resting, visit))))

    visit.on_change(lambda change: change.desk or change.everything, renew, on=table)
    return "Desk"


def _resting(visit: Visit) -> list[Resting]:
    with visit.house.database.read() as session:
        return circuits.resting(session, visit.house)


def _rests(visit: Visit, resting: Sequence[Resting]) -> Markup:
    """A line for each target that is left in peace: since when, why, when it is tried next, who waits."""
    return joined(note(_rest(visit, one), "warn", f"{one.connector} does not work at the moment") for one in resting)


def _rest(visit: Visit, one: Resting) -> str:
    since = spoken_since(one.since, visit.now, visit.zone)
    after = "now" if one.until <= visit.now else due(one.until, visit.now)
    waits = "1 request waits" if one.waiting == 1 else f"{one.waiting or 'No'} requests wait"
    return f"Since {since}: {one.reason.rstrip('.') or 'it does not answer'}. Next try {after}. {waits}."


def _cases(visit: Visit, view: str) -> list[CaseRow]:
    with visit.house.database.read() as session:
        found = lists.desk(session, taken_by=visit.person_id if view == "mine" else None)
    return [case for case in found if view != "free" or case.taken_by_id is None]


def _chips(view: str) -> Markup:
    return joined(
        Markup('<a class="s-chip" href="{}"{}>{}</a>').format(
            f"/desk?view={name}" if name else "/desk", Markup(' aria-current="page"') if name == view else "", words
        )
        for name, words in VIEWS.items()
    )


def _list(visit: Visit, view: str, cases: Sequence[CaseRow]) -> Markup:
    if not cases:
        words = {"mine": "Nothing is yours at the moment.", "free": "Everything is taken by somebody."}
        return empty("life-buoy", "The desk is clear", words.get(view, "Machines are coping on their own."))
    return rows(_row(visit, case) for case in cases)


def for_whom(case: CaseRow) -> str:
    """The customer, and who asked for them where it was somebody else."""
    return f"{case.asked_by} asks for {case.customer}" if case.asked_by else case.customer


def _row(visit: Visit, case: CaseRow) -> Markup:
    late = case.due_at < visit.now
    team = visit.house.catalog.current.teams.get(case.team)
    under = " · ".join(filter(None, (for_whom(case), why_words(case.why), team.name if team else case.team)))
    taken = pill("Yours" if case.taken_by_id == visit.person_id else case.taken_by, "info") if case.taken_by else ""
    end = Markup('{}<span class="s-num{}" title="{}">{}</span>').format(
        taken, " s-due-late" if late else "", exact(case.due_at, visit.zone), due(case.due_at, visit.now).capitalize()
    )
    return row(f"/desk/{case.id}", drawn(visit, case), case.title, under, end)


def drawn(visit: Visit, case: CaseRow, *, large: bool = False) -> Markup:
    """What a case is about, as the item is drawn everywhere; one about no item is drawn by its reason."""
    if not case.icon:
        return tile(why_icon(case.why), "slate", large=large)
    return tile(case.icon, tint(visit.house.catalog.current.policy, case.category), large=large)
