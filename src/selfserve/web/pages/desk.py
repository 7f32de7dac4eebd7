"""`/desk`: what machines could not finish, by the time it is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from selfserve.fulfilment import circuits
from selfserve.fulfilment.circuits import Resting
from selfserve.languages.messages import msg
from selfserve.people import teams
from selfserve.requests import case_rows
from selfserve.requests.case_rows import CaseRow, OpenCase
from selfserve.requests.story import Answer, answers_by
from selfserve.store.states import EscalationState
from selfserve.store.tables import Person
from selfserve.web.parts.markup import NOTHING, joined, show
from selfserve.web.parts.pieces import empty, hero, note, pill, question_and_answer, row, rows, tile, tint
from selfserve.web.parts.times import opening
from selfserve.web.parts.why import why_icon, why_words
from selfserve.web.speech import reader, say, say_n, tell
from selfserve.web.visits import Visit, aside

VIEWS = {
    "": msg("All"), "mine": msg("Mine"), "teams": msg("My teams"), "free": msg("Not taken"), "late": msg("Overdue"),
}  # fmt: skip
TO_TAKE_BACK = msg("To be taken back")
SHOWN = 8
"""Items that are offered to choose one of: those with the most cases."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the desk is shown, as its address says it."""

    view: str = ""
    item: str = ""

    def address(self, **other: str) -> str:
        """The address of this, with something else chosen."""
        wanted = {name: value for name, value in (asdict(self) | other).items() if value}
        return f"/desk?{urlencode(wanted)}" if wanted else "/desk"


@dataclass(frozen=True, slots=True)
class Seen:
    """The cases that are shown, and all open ones to be counted; `teams` are those of whoever looks."""

    cases: list[CaseRow]
    everything: list[OpenCase]
    teams: list[str]
    answers: Mapping[str, Sequence[Answer]]
    """What was answered in each request that is shown, by its id."""


async def build(visit: Visit, view: str = "", item: str = "") -> str:
    """The open cases, kept true; what is chosen stands in the address."""
    chosen = Chosen(view if view in VIEWS else "", item)
    seen = await aside(_seen, visit, chosen)
    show(hero(say("Desk"), say("What machines could not finish, the most urgent first.")))
    resting = await aside(_resting, visit)
    rests = show(_rests(visit, resting)).classes("s-rests").mark("resting")
    chips = show(_filters(visit, chosen, seen)).classes("s-filters").mark("filters")
    table = show(_list(visit, chosen, seen, resting=bool(resting))).mark("desk")

    async def renew() -> None:
        now_seen, resting = await aside(_seen, visit, chosen), await aside(_resting, visit)
        chips.set_content(str(_filters(visit, chosen, now_seen)))
        table.set_content(str(_list(visit, chosen, now_seen, resting=bool(resting))))
        rests.set_content(str(_rests(visit, resting)))

    visit.on_change(lambda change: change.desk or change.everything, renew, on=table, timed=True)
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


def _seen(visit: Visit, chosen: Chosen) -> Seen:
    catalog = visit.house.catalog.current
    with visit.house.database.read() as session:
        person = session.get_one(Person, visit.person_id)
        mine = teams.teams_of(session, person, catalog.teams)
        cases = case_rows.desk(
            session,
            teams=mine if chosen.view == "teams" else None,
            taken_by=visit.person_id if chosen.view == "mine" else None,
            free=chosen.view == "free",
            late_at=visit.now if chosen.view == "late" else None,
            item_id=chosen.item or None,
        )
        answers = answers_by(session, {case.request_id for case in cases if case.request_id})
        return Seen(cases, case_rows.open_cases(session), mine, answers)


def _in_view(visit: Visit, seen: Seen, view: str, case: OpenCase) -> bool:
    return {
        "mine": case.taken_by_id == visit.person_id,
        "teams": case.team in seen.teams,
        "free": case.taken_by_id is None,
        "late": case.due_at < visit.now,
    }.get(view, True)


def _filters(visit: Visit, chosen: Chosen, seen: Seen) -> Markup:
    """Which cases, and about which item, each with how many there are of it."""
    views = [
        (view, chosen.address(view=view), tell(words), view == chosen.view, _count(visit, chosen, seen, view))
        for view, words in VIEWS.items()
    ]
    return _chips("view", say("Which cases"), views) + _items(visit, chosen, seen)


def _count(visit: Visit, chosen: Chosen, seen: Seen, view: str) -> int:
    return sum(chosen.item in ("", case.item_id) and _in_view(visit, seen, view, case) for case in seen.everything)


def _items(visit: Visit, chosen: Chosen, seen: Seen) -> Markup:
    """The items of the view; nothing to choose where there is one only, unless it was chosen."""
    there = [case for case in seen.everything if _in_view(visit, seen, chosen.view, case) and case.item_id]
    names = {case.item_id: tell(case.item_name) for case in there}
    counted = Counter(case.item_id for case in there)
    offered = [item for item, _ in counted.most_common(SHOWN)]
    if chosen.item and chosen.item not in offered:
        offered.append(chosen.item)
    if len(offered) < 2 and not chosen.item:
        return Markup()
    every = ("", chosen.address(item=""), say("All items"), not chosen.item, len(there))
    one = [
        (item, chosen.address(item=item), names.get(item) or _called(visit, item), item == chosen.item, counted[item])
        for item in offered
    ]
    return _chips("item", say("About which item"), [every, *one])


def _called(visit: Visit, item: str) -> str:
    """What the catalog calls an item of which no case is open (any more); by its id where it knows it no more."""
    known = visit.house.catalog.current.items.get(item)
    return tell(known.name) if known is not None else item


def _chips(kind: str, label: str, chips: Sequence[tuple[str, str, str, bool, int]]) -> Markup:
    """What to choose of a `kind`, and how many there are of each; each by its name is the same one when they change."""
    inner = joined(
        Markup('<a class="s-chip" id="{}-{}" href="{}"{}>{} <span class="s-chip-n">{}</span></a>').format(
            kind, name, address, Markup(' aria-current="page"') if here else "", words, reader().number(count)
        )
        for name, address, words, here, count in chips
    )
    return Markup('<nav class="s-chips" id="{}s" aria-label="{}">{}</nav>').format(kind, label, inner)


def _list(visit: Visit, chosen: Chosen, seen: Seen, *, resting: bool) -> Markup:
    if not seen.cases:
        words = {
            "mine": say("Nothing is yours at the moment."),
            "teams": say("Nothing waits for a team of yours."),
            "free": say("Everything is taken by somebody."),
            "late": say("Nothing is overdue."),
        }
        every = ("/desk", say("Show all cases")) if chosen != Chosen() else None
        plain = _coping(resting=resting) if chosen == Chosen() else say("No case is like that now.")
        title = say("The desk is clear") if chosen == Chosen() else say("Nothing here")
        return empty("life-buoy", title, words.get(chosen.view, plain), every)
    return rows(_row(visit, case, seen.answers.get(case.request_id or "", ())) for case in seen.cases)


def _coping(*, resting: bool) -> str:
    """How it stands where no case is open: machines that wait for a target do not cope yet."""
    if resting:
        return say("What waits goes on by itself as soon as the target works again.")
    return say("Machines are coping on their own.")


def for_whom(case: CaseRow) -> str:
    """The customer, and who asked for them where it was somebody else."""
    if not case.asked_by:
        return case.customer
    return say("{asker} asks for {customer}", asker=case.asked_by, customer=case.customer)


def _row(visit: Visit, case: CaseRow, answers: Sequence[Answer]) -> Markup:
    late = case.due_at < visit.now
    team = visit.house.catalog.current.teams.get(case.team)
    whose, said = tell(team.name) if team else case.team, (question_and_answer(each) for each in answers[:1])
    names = ", ".join(case.request_names)
    under = " · ".join(filter(None, (names, for_whom(case), tell(why_words(case.why)), whose, *said)))
    taken: Markup | str = (
        pill(say("With you") if case.taken_by_id == visit.person_id else case.taken_by, "info") if case.taken_by else ""
    )
    if case.state == EscalationState.RETRYING:
        taken = pill(say("Being tried again"), "info") + taken
    end = Markup('{}{}<span class="s-num{}" title="{}">{}</span>').format(
        taking(case),
        taken,
        " s-due-late" if late else "",
        visit.reader.exact(case.due_at),
        opening(visit.reader.due(case.due_at, visit.now)),
    )
    return row(case.id, f"/desk/{case.id}", drawn(visit, case), tell(case.title), under, end)


def taking(case: CaseRow) -> Markup:
    """The mark of what is to be taken away: else it would look like what is to be given."""
    return pill(tell(TO_TAKE_BACK), "warn") if case.to_take_back else NOTHING


def drawn(visit: Visit, case: CaseRow, *, large: bool = False) -> Markup:
    """What a case is about, as the item is drawn everywhere; one about no item is drawn by its reason."""
    if not case.icon:
        return tile(why_icon(case.why), "slate", large=large)
    return tile(case.icon, tint(visit.house.catalog.current.policy, case.category), large=large)
