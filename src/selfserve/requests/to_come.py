"""What comes next for a request, as its story says it: never more than its item can keep."""

from __future__ import annotations

from datetime import timedelta

from selfserve.catalog.items import Item
from selfserve.fulfilment import escalation
from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, alone, msg, msg_n
from selfserve.requests.words import Line, Telling
from selfserve.store.states import RequestState
from selfserve.store.tables import Request

LATE = msg("It takes longer than we said. The team sees that it is late.")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def to_come(house: House, request: Request, item: Item, to: Telling) -> list[Line]:
    """The line about what is still to come; none for what is over. `item` is the version that was asked for."""
    match RequestState(request.state):
        case RequestState.AWAITING_APPROVAL:
            return [Line("next", None, _once_approved(house, item), "", "todo")]
        case RequestState.HANDED_OVER:
            due = request.promised_at
            late = due is not None and due < house.now()
            return [Line("next", due, _looked_at(to), LATE if late else "", "todo")]
        case RequestState.FULFILLING | RequestState.APPROVED:
            return [Line("next", None, msg("It is done, and we check that it is there"), "", "todo")]
        case _:
            return []


def _once_approved(house: House, item: Item) -> Message:
    actions = [(step, house.connectors.lookup(step.use)) for step in item.fulfil]
    if any(action is not None and action.human for _, action in actions):
        return msg("Then a colleague does it, usually within {span}", span=_span(house, item))
    if all(action is not None and action.quick and step.quick is not False for step, action in actions):
        return msg("Then it is done at once")
    return msg("Then it is done, usually within {span}", span=_span(house, item))


def _span(house: House, item: Item) -> Message:
    """How long the item says that it takes; in working hours where people do it who have such."""
    if not escalation.working(house, item) or item.expect < HOUR:
        return alone(item.expect)
    if item.expect < DAY:
        return msg_n("{count} working hour", "{count} working hours", round(item.expect / HOUR))
    return msg_n("{count} working day", "{count} working days", round(item.expect / DAY))


def _looked_at(to: Telling) -> Message:
    if to.you or to.asked:
        return msg("A person looks at it, and you hear from us")
    return msg("A person looks at it, and {name} hears from us", name=to.customer)
