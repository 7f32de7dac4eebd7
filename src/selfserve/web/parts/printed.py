"""What makes a printed page a record: whose it is, where it stands, and when it was printed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui import ui

from selfserve.web.parts.markup import show
from selfserve.web.parts.pieces import facts
from selfserve.web.parts.times import when
from selfserve.web.speech import say
from selfserve.web.visits import Visit


def printed(visit: Visit, path: str, pairs: Sequence[tuple[str, str]]) -> ui.html:
    """The head of a printed page: the brand's name, `pairs` of label and value, its address, and when it is printed.

    The browser puts the moment of printing in place of that of loading (`frame.js`).
    """
    settings = visit.parts.settings
    lines = facts(
        (
            *pairs,
            (say("Address"), f"{settings.server.public_url.rstrip('/')}{path}"),
            (say("Printed"), when(visit.now, visit.now, visit.reader)),
        )
    )
    record = Markup('<div data-zone="{}"><p class="s-strong">{}</p>{}</div>')
    return show(record.format(visit.zone.key, settings.brand.name, lines)).classes("s-printed")
