"""Whose a request is: the customer's, and the one's who asked it for them, for as long as they lead them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

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


def tell(
    session: Session, request: Request, *, now: datetime, what: str, title: str, body: str, to_asker: str = ""
) -> None:
    """Tell all whose request it is what became of it, each once per `what`.

    `{it}` in `title` becomes the item's name, and names the customer too where somebody else reads it; `{your}` becomes
    `your`, or `their`. `to_asker` is the body for that other, where `body` speaks of what only the customer has.
    """
    customer_id, asker_id = request.customer_id, request.asked_by_id
    readers = [(customer_id, request.item_name, "your", body)]
    if asker_id != customer_id and directory.present(session, asker_id) and concerns(session, request, asker_id):
        customer = session.get_one(Person, customer_id)
        readers.append((asker_id, f"{request.item_name} for {customer.name}", "their", to_asker or body))
    for person_id, it, your, words in readers:
        notices.tell(
            session,
            now=now,
            event=f"request:{request.id}:{what}",
            person_id=person_id,
            title=title.replace("{your}", your).replace("{it}", it),
            body=words,
            path=f"/requests/{request.name}",
        )


def cannot(session: Session, request: Request, words: str, now: datetime) -> None:
    """Tell all whose request it is that it cannot be done, in the `words` of the person who tried."""
    tell(session, request, now=now, what="cannot", title="{it}: this did not work out", body=words)
