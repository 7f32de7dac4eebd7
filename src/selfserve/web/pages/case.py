"""`/desk/{id}`: one case with its whole story, runbook and evidence, and its three ways out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from nicegui import ui

from selfserve.connectors.contract import Presence
from selfserve.connectors.human import DONE_BY_HAND, TAKEN_BACK_BY_HAND
from selfserve.languages.messages import msg
from selfserve.requests import case_rows, desk, smiles, story
from selfserve.requests.case_rows import CaseRow
from selfserve.requests.refusals import NotFound
from selfserve.requests.smiles import Smiled
from selfserve.requests.story import EventSeen, StepSeen, Story
from selfserve.requests.words import to_words
from selfserve.store.states import STEP_THERE, EscalationState
from selfserve.store.tables import Escalation, Request, Step
from selfserve.web.pages.case_acts import CaseActs
from selfserve.web.pages.case_watchers import CaseWatchers
from selfserve.web.pages.desk import TO_TAKE_BACK, drawn, for_whom, taking
from selfserve.web.pages.request_smile import FACES
from selfserve.web.parts.failures import failure_words
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, heading, joined, paragraph, show
from selfserve.web.parts.pieces import answered, back, facts, note, pill, timeline
from selfserve.web.parts.prose import prose
from selfserve.web.parts.times import opening, when
from selfserve.web.parts.why import why_words
from selfserve.web.speech import say, say_n, tell
from selfserve.web.visits import Visit, aside

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
STEP_WORDS = {
    "planned": (msg("Not begun"), "info"), "running": (msg("Under way"), "info"), "done": (msg("Done"), "ok"),
    "already_done": (msg("Was there already"), "ok"), "accepted": (msg("The target is at it"), "info"),
    "unknown": (msg("Unclear"), "warn"), "declined": (msg("Declined"), "bad"),
    "needs_human": (msg("Needs a person"), "warn"), "failed": (msg("Failed"), "bad"),
    "undone": (msg("Taken back"), "info"),
}  # fmt: skip
EVIDENCE_WORDS = {
    DONE_BY_HAND: msg("Done by hand"),
    TAKEN_BACK_BY_HAND: msg("Taken back by hand"),
    "by": msg("On whose word"),
    "at": msg("When it was said"),
    "target": msg("In the target"),
    "kept_for": msg("Kept for"),
    "not_there_before": msg("Said that it was not there before"),
}
"""What the product itself notes of a step; all else is in the words of its connector."""
SHOWN = {
    Presence.PRESENT: msg("It is there"),
    Presence.ABSENT: msg("It is not there"),
    Presence.PENDING: msg("It is still at it"),
    Presence.INVISIBLE: msg("It never shows it"),
    Presence.UNKNOWABLE: msg("Nobody could look"),
}


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything known about a case. `story` is None for one about no request; `runbook` is Markdown."""

    case: CaseRow
    story: Story | None
    events: list[EventSeen]
    runbook: str
    smile: Smiled | None = None
    """What the customer said of it, for those whose team owns the item."""
    by_design: bool = False
    """True where a person does the step anyway, and no machine can."""
    asks_before: bool = False
    """True where nobody ever saw whether the customer had it before."""

    @property
    def closed(self) -> bool:
        """True where nothing is left to do."""
        return self.case.state == EscalationState.CLOSED


async def build(visit: Visit, case_id: str) -> str:
    """The case, kept true while somebody works on it."""
    whole = await aside(read, visit, case_id)
    with ui.element("div").classes("s-case-bar"):
        show(back("/desk", say("Desk")))
        CaseWatchers(visit, case_id)
    top = show(_top(visit, whole)).mark("top")
    with ui.element("div").classes("s-case"):  # in the order of a phone: what to do comes before what to read
        why = show(_why(whole)).classes("s-case-why").mark("why")
        acts = CaseActs(visit, whole.case, by_design=whole.by_design, asks_before=whole.asks_before)
        told = show(_told(visit, whole)).classes("s-case-told").mark("told")
        if whole.runbook:
            with ui.element("section").classes("s-panel s-case-book") as panel:
                panel.props["aria-label"] = say("Runbook")
                show(heading(say("Runbook"), 2)).style("margin-bottom:12px")
                show(prose(tell(whole.runbook), 2)).classes("s-prose").mark("runbook")

    async def renew() -> None:
        now_whole = await aside(read, visit, case_id)
        top.set_content(str(_top(visit, now_whole)))
        why.set_content(str(_why(now_whole)))
        told.set_content(str(_told(visit, now_whole)))
        acts.renew(now_whole.case, by_design=now_whole.by_design, asks_before=now_whole.asks_before)

    visit.on_change(lambda change: change.desk or change.everything, renew, on=told, timed=True)
    return say("{case}, desk", case=whole.case.title)


def read(visit: Visit, case_id: str) -> Whole:
    """The case; NotFound for one that does not exist. Blocking."""
    catalog = visit.house.catalog.current
    with visit.house.database.read() as session:
        found = session.get(Escalation, case_id)
        if found is None:
            raise NotFound(msg("There is no such case on the desk."))
        case = case_rows.case_row(session, found)
        request = session.get(Request, case.request_id) if case.request_id else None
        told = story.story(session, visit.house, request, visit.person_id) if request else None
        events = story.events(session, request.id) if request else []
        smile = smiles.for_staff(session, visit.house, request, visit.person_id) if request else None
        step = session.get(Step, found.step_id) if found.step_id else None
        action = visit.house.connectors.lookup(f"{step.connector}.{step.action}") if step is not None else None
        asks = desk.asks_before(session, visit.house, found)
    by_design = action is not None and action.human
    return Whole(case, told, events, catalog.runbooks.get(case.runbook, ""), smile, by_design, asks)


def _top(visit: Visit, whole: Whole) -> Markup:
    case = whole.case
    team = visit.house.catalog.current.teams.get(case.team)
    late = case.due_at < visit.now and not whole.closed
    left = opening(visit.reader.due(case.due_at, visit.now))
    state = (say("Closed"), "ok") if whole.closed else (left, "bad" if late else "info")
    if case.state == EscalationState.RETRYING:
        state = (say("Being tried again"), "info")
    taken = ""
    if case.taken_by:
        mine = case.taken_by_id == visit.person_id
        taken = say("yours") if mine else say("{name} has it", name=case.taken_by)
    names, whose = ", ".join(case.request_names), tell(team.name) if team else case.team
    under = " · ".join(filter(None, (names, for_whom(case), whose, taken)))
    return Markup('<div class="s-head s-head-wrap">{}<div>{}<p class="s-muted">{}</p></div>{}{}</div>').format(
        drawn(visit, case, large=True), heading(tell(case.title)), under, taking(case), pill(*state)
    )


def _told(visit: Visit, whole: Whole) -> Markup:
    panels = [_smile(visit, whole.smile)] if whole.smile else []
    if whole.story is not None:
        panels += [
            _panel(say("The story"), timeline(whole.story.lines, visit.now, visit.reader)),
            _panel(say("What was answered"), answered(whole.story.answers)),
            _panel(say("Steps and evidence"), joined(_step(visit, whole, step) for step in whole.story.steps)),
            _trail(visit, whole.events),
        ]
    return Markup('<div class="s-stack">{}</div>').format(joined(panels))


def _panel(title: str, body: Markup) -> Markup:
    if not body:
        return NOTHING
    return Markup('<section class="s-panel" aria-label="{}">{}<div style="margin-top:14px">{}</div></section>').format(
        title, heading(title, 2), body
    )


def _why(whole: Whole) -> Markup:
    return Markup("<div>{}</div>").format(
        note(
            tell(whole.case.reason),
            "info" if whole.closed or whole.case.why == "needs_human" else "warn",
            tell(why_words(whole.case.why)),
        )
    )


def _smile(visit: Visit, smile: Smiled) -> Markup:
    words, drawn = FACES[smile.face]
    return _panel(
        say("How it was for the customer"),
        Markup('<div class="s-smile-said">{}<div><div class="s-strong">{}</div>{}{}</div></div>').format(
            icon(drawn), tell(words), paragraph(smile.words, "s-text"), when(smile.given_at, visit.now, visit.reader)
        ),
    )


def _step(visit: Visit, whole: Whole, step: StepSeen) -> Markup:
    words, tone = STEP_WORDS.get(step.state, (step.state, "info"))
    if whole.case.to_take_back and not whole.closed and step.ours and step.state in STEP_THERE:
        words, tone = TO_TAKE_BACK, "warn"  # what was done is what is to be undone
    shown: list[tuple[str, str | Markup]] = [(say("Action"), step.use)]
    if step.failure:
        shown.append((say("Failure"), tell(failure_words(step.failure))))
    if step.reason:
        shown.append((say("Reason"), tell(step.reason)))
    shown.append((say("Sent"), say_n("{count} time", "{count} times", step.calls)))
    if step.verified_at is not None:
        shown.append((say("Seen in the target"), when(step.verified_at, visit.now, visit.reader)))
    if step.word_of:
        shown.append((say("On {name}'s word", name=step.word_of), when(step.word_at, visit.now, visit.reader)))
    return Markup('<div class="s-step"><div class="s-head"><div>{}</div><div></div>{}</div>{}{}{}</div>').format(
        heading(step.name, 3),
        pill(tell(words), tone),
        facts(shown),
        _lines(visit, say("Arguments"), _arguments(visit, step)),
        _lines(visit, say("Evidence"), step.evidence),
    )


def _arguments(visit: Visit, step: StepSeen) -> Mapping[str, object]:
    """What the step is done with; none for a person's, who has the checklist beside it."""
    action = visit.house.connectors.lookup(step.use)
    return {} if action is not None and action.human else step.args


def _lines(visit: Visit, title: str, content: Mapping[str, object]) -> Markup:
    if not content:
        return NOTHING
    lines = "\n".join(f"{_named(name)}: {_plain(visit, _value(name, value))}" for name, value in content.items())
    return Markup('<div class="s-evidence"><span class="s-strong">{}</span>\n{}</div>').format(title, lines)


def _named(name: str) -> str:
    words = EVIDENCE_WORDS.get(name)
    return tell(words) if words is not None else to_words(name)


def _value(name: str, value: object) -> object:
    """What a look showed in words; anything else as it is."""
    return tell(SHOWN[Presence(str(value))]) if name == "target" and value in [*Presence] else value


def _plain(visit: Visit, value: object) -> str:
    """A value as one reads it, not as a program writes it."""
    match value:
        case bool():
            return say("Yes") if value else say("No")
        case None | "" | [] | {}:
            return "–"
        case list():
            return ", ".join(_plain(visit, one) for one in value)
        case dict():
            return "; ".join(f"{to_words(str(name))}: {_plain(visit, one)}" for name, one in value.items())
        case str() if INSTANT.fullmatch(value):
            return _moment(visit, value)
        case _:
            return str(value)


def _moment(visit: Visit, written: str) -> str:
    """An instant as its reader writes it; what only looks like one stays as it is."""
    try:
        return visit.reader.moment(datetime.fromisoformat(written), visit.now)
    except (ValueError, OverflowError):
        return written


def _trail(visit: Visit, events: list[EventSeen]) -> Markup:
    lines = joined(
        Markup('<li style="padding:4px 0">{} <span class="s-muted">{}</span> {}</li>').format(
            event.kind, when(event.at, visit.now, visit.reader), tell(event.tell)
        )
        for event in events
    )
    if not lines:
        return NOTHING
    return Markup('<details class="s-panel s-disclose"><summary>{}</summary><ol>{}</ol></details>').format(
        say("Everything that was recorded"), lines
    )
