"""What happens next, beside the form of an item: said before it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.people.roles import Role
from selfserve.requests.refusals import Refusal, Unfit
from selfserve.web.pages.item_asked import Asked, customer_of
from selfserve.web.pages.item_draft import WHOM
from selfserve.web.pages.item_offer import Offer
from selfserve.web.parts.markup import show
from selfserve.web.parts.next_steps import next_steps
from selfserve.web.preview import Preview, preview
from selfserve.web.speech import say, tell
from selfserve.web.visits import Visit, aside

SOON = 0.5
"""Seconds after the last change of an answer until what happens next is worked out again."""


class Beside:
    """What happens next, by the answers as they stand."""

    def __init__(self, visit: Visit, asked: Asked) -> None:
        self._visit, self._asked = visit, asked
        self._latest: dict[str, object] = dict(asked.offer.begun.start)
        first = asked.offer.preview or Preview(None, expect=asked.offer.item.expect)
        with ui.element("aside").classes("s-aside") as place:
            self._steps = show(self._drawn(first)).mark("next")
        place.props["aria-label"] = say("What happens next")
        handler = visit.acting(Role.CUSTOMER, self._changed, lambda refusal: None)
        asked.form.on("changed", handler, throttle=SOON, leading_events=False)

    def _drawn(self, seen: Preview) -> Markup:
        offer = self._asked.offer
        return next_steps(offer.item, seen, asks=bool(offer.item.form) or offer.others)

    async def _changed(self, event: GenericEventArguments) -> None:
        self._latest = {str(name): value for name, value in dict(event.args).items()}
        await self.renew()

    async def renew(self) -> None:
        """Tell it of the item and the answers of now."""
        values, names = self._latest, self._asked.names
        known = {name: value for name, value in values.items() if name in names}
        seen, nobody = await aside(_seen, self._visit, self._asked.offer, known)
        if values is not self._latest:  # what was worked out for them comes after what holds now
            return
        self._steps.set_content(str(self._drawn(seen)))
        if nobody and values.get(WHOM):  # what is empty is no mistake yet
            self._asked.form.judge(WHOM, str(values[WHOM]), tell(nobody))


def _seen(visit: Visit, offer: Offer, values: Mapping[str, object]) -> tuple[Preview, str]:
    """What would happen, and why nobody is named rightly, "" where somebody is: then it is told for the asker, as it
    is where nobody is named. It never goes on telling what was told for other answers. Blocking."""
    answers, nobody, unknown = dict(values), "", Preview(None, expect=offer.item.expect)
    try:
        customer_id = customer_of(visit, offer, answers)
    except Unfit as wrong:
        customer_id, nobody = visit.person_id, wrong.errors[WHOM]
        if not offer.theirs:
            return unknown, nobody
    try:
        return preview(visit.house, customer_id, offer.item, answers, visit.person_id, visit.app_id), nobody
    except Refusal:  # told once it is asked
        return unknown, nobody
