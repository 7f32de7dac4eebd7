"""What all whose request it is are told once it is there: on whose word, where no target showed it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.fulfilment import parties
from selfserve.languages.messages import Message, msg, together
from selfserve.store.states import STEP_THERE
from selfserve.store.tables import AuditEvent, Request, Step


def tell_ready(session: Session, request: Request, item: Item, now: datetime, *, ordered: bool) -> None:
    """Tell the customer, and who asked for them. `ordered`: a device does the rest in its own time."""
    approved = _approved(session, request)
    if ordered:
        title, theirs = _to_your_device, _to_their_device
        how = msg("Your device does the rest by itself, at its next check.")
        mine: str = msg("There is nothing for you to do.")
        to_asker = msg("The device does the rest by itself, at its next check.")
    else:
        title = theirs = _ready if item.grant is not None else _done
        how = to_asker = _how(session, request, item)
        mine = msg("You can use it now.") if item.grant is not None else ""
        if request.sealed is not None:
            mine = msg("What you need is on the page of your request; it is shown to you alone.")
    body = together(filter(None, (how, mine, *approved)))
    news = parties.News(theirs, together((to_asker, msg("They are told too."), *approved)))
    parties.tell(session, request, now=now, what="fulfilled", title=title, body=body, to_asker=news)


def _approved(session: Session, request: Request) -> list[Message]:
    """The end that whoever approved it set, where that is an earlier one than was asked for, and what they wrote: they
    were told that the customer reads it."""
    told = session.scalars(
        sa.select(AuditEvent.data)
        .where(AuditEvent.stream == f"request:{request.id}", AuditEvent.kind == "approval.approved")
        .order_by(AuditEvent.number)
    )
    sentences = []
    for data in told:
        name, until, words = str(data.get("by", "")), data.get("until"), str(data.get("reason", ""))
        if name and until:
            day = date.fromisoformat(str(until))
            sentences.append(msg("It lasts until {day}, as {name} approved it.", day=day, name=name))
        if name and words:
            sentences.append(msg("{name} wrote: “{words}”", name=name, words=words))
    return sentences


def _how(session: Session, request: Request, item: Item) -> Message:
    """Who saw to it: we looked, or somebody did it by hand and nobody but them has seen it."""
    steps = session.execute(sa.select(Step.name, Step.state, Step.verified_at).where(Step.request_id == request.id))
    there = {name: verified_at for name, state, verified_at in steps if state in STEP_THERE}
    unseen = [name for name, verified_at in there.items() if verified_at is None]
    if not unseen:
        return msg("We checked that it is there.") if item.grant is not None else msg("Everything is done.")
    names = _by(session, request, unseen)
    name = names[0] if len(names) == 1 else ""
    if len(unseen) == len(there):
        return msg("{name} did it by hand.", name=name) if name else msg("It was done by hand.")
    if name:
        return msg("{name} did a part of it by hand, and we checked that the rest is there.", name=name)
    return msg("A part of it was done by hand, and we checked that the rest is there.")


def _by(session: Session, request: Request, unseen: list[str]) -> list[str]:
    """The given names of those who did these steps by hand."""
    told = session.scalars(
        sa.select(AuditEvent.data)
        .where(AuditEvent.stream == f"request:{request.id}", AuditEvent.kind == "step.done_by_hand")
        .order_by(AuditEvent.number)
    )
    return list(dict.fromkeys(str(data["by"]) for data in told if data.get("step") in unseen and data.get("by")))


def _ready(it: str) -> str:
    return msg("{it} is ready", it=it)


def _done(it: str) -> str:
    return msg("{it} is done", it=it)


def _to_your_device(it: str) -> str:
    return msg("{it} is on its way to your device", it=it)


def _to_their_device(it: str) -> str:
    return msg("{it} is on its way to their device", it=it)
