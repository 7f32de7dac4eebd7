"""`/desk/{id}`: one case with its whole story, runbook and evidence, and its three ways out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from nicegui import ui

from selfserve.requests import lists, story
from selfserve.requests.lists import CaseRow
from selfserve.requests.refusals import NotFound
from selfserve.requests.story import EventSeen, StepSeen, Story
from selfserve.store.states import EscalationState
from selfserve.store.tables import Escalation, Request
from selfserve.web.pages.case_acts import CaseActs
from selfserve.web.pages.desk import drawn, for_whom
from selfserve.web.parts.headings import below
from selfserve.web.parts.markup import NOTHING, heading, joined, show
from selfserve.web.parts.pieces import answered, back, facts, note, pill, timeline
from selfserve.web.parts.times import due, when
from selfserve.web.parts.why import why_words
from selfserve.web.visits import Visit, aside

STEP_WORDS = {
    "planned": ("Not begun", "info"), "running": ("Under way", "info"), "done": ("Done", "ok"),
    "already_done": ("Was there already", "ok"), "accepted": ("The target is at it", "info"),
    "unknown": ("Unclear", "warn"), "declined": ("Declined", "bad"), "needs_human": ("Needs a person", "warn"),
    "failed": ("Failed", "bad"), "undone": ("Taken back", "info"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything known about a case. `story` is None for one about no request; `runbook` is Markdown."""

    case: CaseRow
    story: Story | None
    events: list[EventSeen]
    runbook: str

    @property
    def closed(self) -> bool:
        """True where nothing is left to do."""
        return self.case.state == EscalationState.CLOSED


async def build(visit: Visit, case_id: str) -> str:
    """The case, kept true while somebody works on it."""
    whole = await aside(read, visit, case_id)
    show(back("/desk", "Desk"))
    top = show(_top(visit, whole)).mark("top")
    with ui.element("div").classes("s-case"):
        with ui.element("div").classes("s-stack"):
            told = show(_told(visit, whole)).mark("told")
            if whole.runbook:
                with ui.element("section").classes("s-panel").props('aria-label="Runbook"'):
                    show(heading("Runbook", 2)).style("margin-bottom:12px")
                    ui.markdown(below(whole.runbook, 2)).classes("s-prose").mark("runbook")
        acts = CaseActs(visit, whole.case)

    async def renew() -> None:
        now_whole = await aside(read, visit, case_id)
        top.set_content(str(_top(visit, now_whole)))
        told.set_content(str(_told(visit, now_whole)))
        acts.renew(now_whole.case)

    visit.on_change(lambda change: change.desk or change.everything, renew, on=told)
    return f"{whole.case.title}, desk"


def read(visit: Visit, case_id: str) -> Whole:
    """The case; NotFound for one that does not exist. Blocking."""
    catalog = visit.house.catalog.current
    with visit.house.database.read() as session:
        found = session.get(Escalation, case_id)
        if found is None:
            raise NotFound("There is no such case on the desk.")
        case = lists.case_row(session, found)
        request = session.get(Request, case.request_id) if case.request_id else None
        told = story.story(session, request, visit.person_id) if request else None
        events = story.events(session, request.id) if request else []
    return Whole(case, told, events, catalog.runbooks.get(case.runbook, ""))


def _top(visit: Visit, whole: Whole) -> Markup:
    case = whole.case
    team = visit.house.catalog.current.teams.get(case.team)
    late = case.due_at < visit.now and not whole.closed
    state = (
        ("Closed", "ok") if whole.closed else (f"{due(case.due_at, visit.now)}".capitalize(), "bad" if late else "info")
    )
    taken = ""
    if case.taken_by:
        taken = " · yours" if case.taken_by_id == visit.person_id else f" · {case.taken_by} has it"
    under = " · ".join(filter(None, (case.request_name, for_whom(case), team.name if team else case.team)))
    return Markup('<div class="s-head s-head-wrap">{}<div>{}<p class="s-muted">{}{}</p></div>{}</div>').format(
        drawn(visit, case, large=True), heading(case.title), under, taken, pill(*state)
    )


def _told(visit: Visit, whole: Whole) -> Markup:
    panels = [_why(whole)]
    if whole.story is not None:
        panels += [
            _panel("The story", timeline(whole.story.lines, visit.now, visit.zone)),
            _panel("What was answered", answered(whole.story.answers)),
            _panel("Steps and evidence", joined(_step(visit, step) for step in whole.story.steps)),
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
            whole.case.reason,
            "info" if whole.closed or whole.case.why == "needs_human" else "warn",
            why_words(whole.case.why),
        )
    )


def _step(visit: Visit, step: StepSeen) -> Markup:
    words, tone = STEP_WORDS.get(step.state, (step.state, "info"))
    shown: list[tuple[str, str | Markup]] = [("Action", step.use)]
    if step.failure:
        shown.append(("Failure", step.failure.replace("_", " ")))
    if step.reason:
        shown.append(("Reason", step.reason))
    shown.append(("Sent", f"{step.calls} time{'' if step.calls == 1 else 's'}"))
    if step.verified_at is not None:
        shown.append(("Seen in the target", when(step.verified_at, visit.now, visit.zone)))
    if step.word_of:
        shown.append((f"On {step.word_of}'s word", when(step.word_at, visit.now, visit.zone)))
    return Markup('<div class="s-step"><div class="s-head"><div>{}</div><div></div>{}</div>{}{}{}</div>').format(
        heading(step.name, 3),
        pill(words, tone),
        facts(shown),
        _lines("Arguments", step.args),
        _lines("Evidence", step.evidence),
    )


def _lines(title: str, content: Mapping[str, object]) -> Markup:
    if not content:
        return NOTHING
    lines = "\n".join(f"{name}: {_plain(value)}" for name, value in content.items())
    return Markup('<div class="s-evidence"><span class="s-strong">{}</span>\n{}</div>').format(title, lines)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _trail(visit: Visit, events: list[EventSeen]) -> Markup:
    lines = joined(
        Markup('<li style="padding:4px 0">{} <span class="s-muted">{}</span> {}</li>').format(
            event.kind, when(event.at, visit.now, visit.zone), event.tell
        )
        for event in events
    )
    if not lines:
        return NOTHING
    return Markup(
        '<details class="s-panel s-disclose"><summary>Everything that was recorded</summary><ol>{}</ol></details>'
    ).format(lines)
