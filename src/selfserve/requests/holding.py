"""What a customer reads of what they hold: the same words on every page, told from its requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.fulfilment.owned import given
from selfserve.requests.words import holding_words
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import AuditEvent, Grant, GrantReason, Request

LIVE = (GrantState.PROMISED, GrantState.ACTIVE)
DOING = (RequestState.APPROVED, RequestState.FULFILLING, RequestState.HANDED_OVER)


@dataclass(frozen=True)
class Holding:
    """How one grant reads: in words with their tone, the requests that ever were a reason for it, and those because of
    which it is held still (of what is not held any more: was held last), all oldest first. No words for what ends, or
    has ended, and never was there."""

    words: str
    tone: str
    requests: Sequence[Request]
    because: Sequence[Request]

    @property
    def there(self) -> bool:
        """True where it can be used, or will be without anybody's doing."""
        return self.tone == "ok"


def holdings(session: Session, grants: Sequence[Grant], name: str = "") -> dict[str, Holding]:
    """How each grant reads, by its id; `name` is the customer's, where somebody else reads it."""
    if not grants:
        return {}
    reasons: dict[str, list[tuple[bool, Request]]] = {}
    for grant_id, ended_at, request in session.execute(
        sa.select(GrantReason.grant_id, GrantReason.ended_at, Request)
        .join(Request, Request.id == GrantReason.request_id)
        .where(GrantReason.grant_id.in_([grant.id for grant in grants]))
        .order_by(Request.asked_at, Request.id)
    ):
        reasons.setdefault(grant_id, []).append((ended_at is None, request))
    later = _later(session, (request.id for pairs in reasons.values() for _, request in pairs))
    found = {grant.id: _holding(grant, reasons.get(grant.id, []), later, name) for grant in grants}
    return found | {which: replace(found[which], words="") for which in never_given(session, grants)}


def never_given(session: Session, grants: Sequence[Grant]) -> frozenset[str]:
    """The ids of those that end, or have ended, of which nothing was given and nothing may have been."""
    asked = [one.id for one in grants if one.started_at is None and one.state not in LIVE]
    if not asked:
        return frozenset()
    return frozenset(session.scalars(sa.select(Grant.id).where(Grant.id.in_(asked), sa.not_(given()))))


def still_held(session: Session, request: Request) -> list[Request]:
    """The other requests because of which what `request` brought is held as well, oldest first: an extension, say."""
    return list(
        session.scalars(
            sa.select(Request)
            .join(GrantReason, GrantReason.request_id == Request.id)
            .where(
                GrantReason.grant_id.in_(sa.select(GrantReason.grant_id).where(GrantReason.request_id == request.id)),
                GrantReason.request_id != request.id,
                GrantReason.ended_at.is_(None),
            )
            .order_by(Request.asked_at, Request.id)
        )
    )


def _holding(grant: Grant, reasons: list[tuple[bool, Request]], later: frozenset[str], name: str) -> Holding:
    lasting = [request for lasts, request in reasons if lasts]
    states = {request.state for request in lasting}
    whole = RequestState.FULFILLED in states
    words, tone = holding_words(
        grant.state,
        open_still=not whole and not states.isdisjoint(DOING),
        partly=not whole and RequestState.PARTLY_FULFILLED in states,
        later=bool(lasting) and lasting[-1].id in later,
        name=name,
    )
    every = [request for _, request in reasons]
    return Holding(words, tone, every, lasting or every)


def _later(session: Session, request_ids: Iterable[str]) -> frozenset[str]:
    """The requests that a device finishes in its own time."""
    streams = [f"request:{request_id}" for request_id in request_ids]
    told = session.execute(
        sa.select(AuditEvent.stream, AuditEvent.data).where(
            AuditEvent.stream.in_(streams), AuditEvent.kind == "request.fulfilled"
        )
    )
    return frozenset(stream.partition(":")[2] for stream, data in told if data.get("later"))
