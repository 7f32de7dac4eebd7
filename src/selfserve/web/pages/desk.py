"""`/desk`: what machines could not finish, by the time it is due."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from selfserve.fulfilment import circuits
from selfserve.fulfilment.circuits import Resting
from selfserve.languages.messages import msg
from selfserve.requests import lists
from selfserve.requests.lists import CaseRow
from selfserve.web.parts.markup import joined, show
from selfserve.web.parts.pieces import empty, hero, note, pill, row, rows, tile, tint
from selfserve.web.parts.times import opening
from selfserve.web.parts.why import why_icon, why_words
from selfserve.web.speech import say, say_n, tell
from selfserve.web.visits import Visit, aside

VIEWS = {"": msg("All"), "mine": msg("Mine"), "free": msg("Not taken")}


async def build(visit: Visit, view: str = "") -> str:
    """The open cases, kept true."""
    view = view if view in VIEWS else ""
    show(hero(say("Desk"), say("What machines could not finish, the most urgent first.")))
    rests = show(_rests(visit, await aside(_resting, visit))).mark("resting")
    chips = show(_chips(view), tag="nav").classes("s-chips").style("margin-bottom:16px")
    chips.props["aria-label"] = say("Which cases")
    table = show(_list(visit, view, await aside(_cases, visit, view))).mark("desk")

    async def renew() -> None:
        table.set_content(str(_list(visit, view, await aside(_cases, visit, view))))
        rests.set_content(str(_rests(visit, await aside(_resting, visit))))

    visit.on_change(lambda change: change.desk or change.everything, renew, on=table)
    return say("Desk")


def _resting(visit: Visit) -> list[Resting]:
    with visit.house.database.read() as session:
        return circuits.resting(session, visit.house)


def _rests(visit: Visit, resting: Sequence[Resting]) -> Markup:
    """A line for each target that is left in peace: since when, why, when it is tried next, who waits."""
    return joined(
        note(_rest(visit, one), "warn", say("{connector} does not work at the moment", connector=one.connector))
        for one in resting
    )


def _rest(visit: Visit, one: Resting) -> str:
    since, left = visit.reader.since(one.since, visit.now), visit.reader.about(one.until - visit.now)
    reason = tell(one.reason).rstrip(".") or say("it does not answer")
    sentences = (
        say("Since {since}: {reason}.", since=since, reason=reason),
        say("Next try now.") if one.until <= visit.now else say("Next try in {span}.", span=left),
        say_n("{count} request waits.", "{count} requests wait.", one.waiting)
        if one.waiting
        else say("No requests wait."),
    )
    return " ".join(sentences)


def _cases(visit: Visit, view: str) -> list[CaseRow]:
    with visit.house.database.read() as session:
        found = lists.desk(session, taken_by=visit.person_id if view == "mine" else None)
    return [case for case in found if view != "free" or case.taken_by_id is None]


def _chips(view: str) -> Markup:
    return joined(
        Markup('<a class="s-chip" href="{}"{}>{}</a>').format(
            f"/desk?view={name}" if name else "/desk",
            Markup(' aria-current="page"') if name == view else "",
            tell(words),
        )
        for name, words in VIEWS.items()
    )


def _list(visit: Visit, view: str, cases: Sequence[CaseRow]) -> Markup:
    if not cases:
        words = {"mine": say("Nothing is yours at the moment."), "free": say("Everything is taken by somebody.")}
        return empty("life-buoy", say("The desk is clear"), words.get(view, say("Machines are coping on their own.")))
    return rows(_row(visit, case) for case in cases)


def for_whom(case: CaseRow) -> str:
    """The customer, and who asked for them where it was somebody else."""
    if not case.asked_by:
        return case.customer
    return say("{asker} asks for {customer}", asker=case.asked_by, customer=case.customer)


def _row(visit: Visit, case: CaseRow) -> Markup:
    late = case.due_at < visit.now
    team = visit.house.catalog.current.teams.get(case.team)
    under = " · ".join(filter(None, (for_whom(case), tell(why_words(case.why)), team.name if team else case.team)))
    taken = (
        pill(say("With you") if case.taken_by_id == visit.person_id else case.taken_by, "info") if case.taken_by else ""
    )
    end = Markup('{}<span class="s-num{}" title="{}">{}</span>').format(
        taken,
        " s-due-late" if late else "",
        visit.reader.exact(case.due_at),
        opening(visit.reader.due(case.due_at, visit.now)),
    )
    return row(f"/desk/{case.id}", drawn(visit, case), tell(case.title), under, end)


def drawn(visit: Visit, case: CaseRow, *, large: bool = False) -> Markup:
    """What a case is about, as the item is drawn everywhere; one about no item is drawn by its reason."""
    if not case.icon:
        return tile(why_icon(case.why), "slate", large=large)
    return tile(case.icon, tint(visit.house.catalog.current.policy, case.category), large=large)
