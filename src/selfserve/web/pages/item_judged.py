"""A mistake in an answer to an item's question is told as soon as its field is left."""

from __future__ import annotations

from nicegui.events import GenericEventArguments

from selfserve.catalog.answers import Asking
from selfserve.catalog.fields import LONGEST_TYPED
from selfserve.catalog.items import Item
from selfserve.people.roles import Role
from selfserve.web.parts.form import Form
from selfserve.web.parts.questions import mistake
from selfserve.web.speech import tell
from selfserve.web.visits import Visit


def judged(visit: Visit, item: Item, form: Form) -> None:
    """What `form` asks of `item` is judged from now on by the item of today, each answer by itself."""

    async def check(event: GenericEventArguments) -> None:
        name, text = str(event.args["field"]), str(event.args["text"])[:LONGEST_TYPED]
        today = visit.house.catalog.current.items.get(item.id, item)
        wrong = mistake(today, name, text, Asking(visit.now, visit.zone))
        if wrong:
            form.judge(name, text, tell(wrong))

    form.on("check", visit.acting(Role.CUSTOMER, check, lambda refusal: None))
