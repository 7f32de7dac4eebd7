"""A word before something ends: to whoever holds it, and to whoever asked for it for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment import parties
from selfserve.languages.messages import Message, msg
from selfserve.notify import notices
from selfserve.people import directory
from selfserve.store.tables import Grant, GrantReason, Person, Request


def remind(
    session: Session, grant: Grant, request: Request, event: str, now: datetime, *, offered: bool, renews: bool
) -> None:
    """Tell everybody whom a grant concerns that it ends soon, each once per `event`; to extend it only where its item
    is still `offered` and `renews`.

    The customer is led to `request`. Whoever asked for them is led to what they asked for, as long as it still is a
    reason for the grant and they still lead the customer: a manager who ordered access for somebody is the one to
    extend it.
    """
    cannot = _cannot_be_extended(offered=offered, renews=renews)
    notices.tell(
        session,
        now=now,
        event=event,
        person_id=grant.customer_id,
        title=msg("{it} ends soon", it=msg("“{item}”", item=grant.item_name)),
        body=cannot or msg("If you still need it, extend it now; otherwise there is nothing to do."),
        path=f"/requests/{request.name}",
    )
    for asked in _asked_by_others(session, grant):
        customer = session.get_one(Person, grant.customer_id)
        notices.tell(
            session,
            now=now,
            event=event,
            person_id=asked.asked_by_id,
            title=msg(
                "{it} ends soon", it=msg("“{item}” for {customer}", item=grant.item_name, customer=customer.name)
            ),
            body=cannot or msg("If it is still needed, extend it now; otherwise there is nothing to do."),
            path=f"/requests/{asked.name}",
        )


def _cannot_be_extended(*, offered: bool, renews: bool) -> Message | None:
    if not offered:
        return msg("It cannot be extended, as it is not offered any more.")
    return None if renews else msg("It cannot be extended. If it is still needed then, ask for it anew.")


def _asked_by_others(session: Session, grant: Grant) -> Iterator[Request]:
    """The newest request of each person who asked for the customer, and may still know what became of it."""
    wanted = (
        sa.select(Request)
        .join(GrantReason, GrantReason.request_id == Request.id)
        .where(
            GrantReason.grant_id == grant.id,
            GrantReason.ended_at.is_(None),
            Request.asked_by_id != grant.customer_id,
        )
        .order_by(Request.id)
    )
    newest = {request.asked_by_id: request for request in session.scalars(wanted)}
    for asker_id, request in newest.items():
        if directory.present(session, asker_id) and parties.concerns(session, request, asker_id):
            yield request
