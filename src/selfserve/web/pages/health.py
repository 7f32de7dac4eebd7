"""`/health`: how the installation is, for admins: what is wrong first, then everything else, kept true by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.insights import installation, looking
from selfserve.insights.installation import UNSEEN, Expected, Installation
from selfserve.insights.troubles import ERROR, Trouble, troubles
from selfserve.languages.messages import msg
from selfserve.people.roles import Role
from selfserve.web.pages import health_parts as parts
from selfserve.web.parts.markup import heading, joined, paragraph, show
from selfserve.web.parts.pieces import note
from selfserve.web.parts.press import press
from selfserve.web.speech import say, say_n, tell
from selfserve.web.visits import Visit, aside

EVERY = 5.0
"""Seconds between looks into the store while somebody has the page open."""
Draw = Callable[[Visit, Installation], Markup]


async def build(visit: Visit) -> str:
    """The page; whoever loses the role while it is open sees no more of it."""
    found = await aside(_read, visit)
    shown = Shown(visit)
    with ui.element("div").classes("s-hero s-hero-acts"):
        shown.add(_hero, found)
        press(say("Look again"), visit.acting(Role.ADMIN, lambda event: _look(visit, event), visit.speak),
              drawn="refresh-cw", mark="look-again")  # fmt: skip
    shown.add(_troubles, found, mark="troubles")
    with ui.element("div").classes("s-two"):
        for title, drawn, lines in (
            (say("Requests of the last day"), parts.flow_plot, parts.flow_table),
            (say("How long work waited"), parts.wait_plot, parts.wait_table),
        ):
            with ui.element("section").classes("s-panel") as panel:
                panel.props["aria-label"] = title
                shown.add(drawn, found)
                with ui.element("details").classes("s-disclose"):
                    show(Markup("{}").format(say("The same as a table")), tag="summary")
                    shown.add(lines, found)
    shown.add(_rest, found, mark="rest")

    async def renew() -> None:
        shown.renew(await aside(_read, visit))

    ui.timer(EVERY, visit.looking(renew))
    visit.on_change(lambda change: change.desk or change.everything, renew, on=shown.parts[0][1])
    return say("Health")


@dataclass
class Shown:
    """The drawn parts of the page; what did not change is not sent again."""

    visit: Visit
    parts: list[tuple[Draw, ui.html]] = field(default_factory=list)

    def add(self, draw: Draw, found: Installation, mark: str = "") -> None:
        """One more part."""
        made = show(draw(self.visit, found))
        self.parts.append((draw, made.mark(mark) if mark else made))

    def renew(self, found: Installation) -> None:
        """Show how it is now."""
        for draw, made in self.parts:
            content = str(draw(self.visit, found))
            if content != made.content:
                made.set_content(content)


def _read(visit: Visit) -> Installation:
    return installation.read(visit.house, Expected.of(visit.parts.settings))


async def _look(visit: Visit, _: GenericEventArguments) -> None:
    await aside(looking.ask, visit.house, visit.person_id)
    visit.announce(msg("We look at everything again. What changed shows here in a moment."))


def _hero(_: Visit, found: Installation) -> Markup:
    count = len(troubles(found))
    words = say_n("{count} thing needs somebody.", "{count} things need somebody.", count) if count else ""
    if not words and any(one.level == UNSEEN for one in found.connectors):
        words = say("Not everything has been looked at yet.")
    return heading(say("Health")) + paragraph(words or say("Everything works. Nothing needs you."))


def _troubles(visit: Visit, found: Installation) -> Markup:
    lines = joined(_trouble(visit, found, one) for one in troubles(found))
    return Markup('<div class="s-stack s-troubles">{}</div>').format(lines) if lines else Markup()


def _trouble(visit: Visit, found: Installation, one: Trouble) -> Markup:
    todo = parts.coded(tell(one.todo))
    if one.since is not None:
        since = say("Since {since}.", since=visit.reader.since(one.since, found.at))
        todo = Markup("{} {}").format(todo, since)
    return note(todo, "bad" if one.level == ERROR else "warn", tell(one.words))


def _rest(visit: Visit, found: Installation) -> Markup:
    panels = (
        (say("Connectors"), parts.connectors),
        (say("Certificates"), parts.certificates),
        (say("Queues"), parts.queues),
        (say("Processes"), parts.workers),
        (say("People"), parts.people),
        (say("Mail"), parts.mail),
        (say("Versions"), parts.versions),
        (say("Room"), parts.room),
    )
    return Markup('<div class="s-cols">{}</div>').format(
        joined(
            Markup('<section class="s-panel" aria-label="{}">{}<div class="s-health">{}</div></section>').format(
                title, heading(title, 2), draw(visit, found)
            )
            for title, draw in panels
        )
    )
