"""Whose a request is: the customer's, and the one's who asked it for them, for as long as they lead them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.people import directory
from selfserve.store.tables import Person, Request


def concerns(session: Session, request: Request, person_id: str) -> bool:
    """True where the request is a person's to read and to act on at this moment.

    The customer's always. Who asked it for them has it while they may still ask for them: a former manager is a
    stranger, whatever they asked for in their time.
    """
    if request.customer_id == person_id:
        return True
    return request.asked_by_id == person_id and directory.leads_person(session, person_id, request.customer_id)


def requests_of(session: Session, person_id: str) -> sa.ColumnElement[bool]:
    """The condition `concerns`, for a query over requests."""
    asked_for = sa.select(Request.customer_id).where(Request.asked_by_id == person_id, Request.customer_id != person_id)
    led = [one for one in session.scalars(asked_for.distinct()) if directory.leads_person(session, person_id, one)]
    return sa.or_(
        Request.customer_id == person_id, sa.and_(Request.asked_by_id == person_id, Request.customer_id.in_(led))
    )


_PASSING = ("handed_over:", "question:", "fulfilled", "gone:")
"""What of a request's news is over with the next: how it stood. Who asked for it, and how it ended, stays true."""


def passing(request: Request) -> list[str]:
    """The events that a later one about the request overtakes."""
    return [f"request:{request.id}:{what}" for what in _PASSING]


Title = Callable[[str], str]
"""A notice's title, made of what the reader calls the thing: the item in quotes,
and for whom where it is somebody else's."""


@dataclass(frozen=True)
class News:
    """What somebody is told: see `tell`."""

    title: Title
    body: str


def tell(
    session: Session,
    request: Request,
    *,
    now: datetime,
    what: str,
    title: Title,
    body: str,
    to_asker: News | None = None,
    needed: bool = False,
    by: str | None = None,
) -> None:
    """Tell all whose request it is what became of it, each once per `what`, but for `by`, who did it themselves;
    `needed`: it waits for them.

    `title` gets the item's name, and the customer's with it where somebody else reads it. `to_asker` is for that other,
    where `title` and `body` speak of what only the customer has.
    """
    customer_id, asker_id = request.customer_id, request.asked_by_id
    news = News(title, body)
    readers = [(customer_id, msg("“{item}”", item=request.item_name), news)]
    if asker_id != customer_id and directory.present(session, asker_id) and concerns(session, request, asker_id):
        customer = session.get_one(Person, customer_id)
        named = msg("“{item}” for {customer}", item=request.item_name, customer=customer.name)
        readers.append((asker_id, named, to_asker or news))
    for person_id, it, told in readers:
        if person_id == by:
            continue
        notices.tell(
            session,
            now=now,
            event=f"request:{request.id}:{what}",
            person_id=person_id,
            title=told.title(it),
            body=told.body,
            path=f"/requests/{request.name}",
            needed=needed,
            overtakes=passing(request),
        )


def cannot(session: Session, request: Request, words: str, now: datetime) -> None:
    """Tell all whose request it is that it cannot be done, in the `words` of the person who tried."""
    tell(session, request, now=now, what="cannot", title=_cannot, body=words)


def _cannot(it: str) -> str:
    return msg("{it}: this did not work out", it=it)
