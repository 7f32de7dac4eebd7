"""How it was: one tap by the customer once a request is over, and a word if they like. Nobody has to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.fulfilment import versions
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.people import teams
from selfserve.requests import acts
from selfserve.requests.refusals import NotAllowed, NotPossible, Unfit, words_of
from selfserve.store.states import Face, RequestState
from selfserve.store.tables import Request, Smile

OVER = (
    RequestState.FULFILLED,
    RequestState.PARTLY_FULFILLED,
    RequestState.FAILED,
    RequestState.DENIED,
    RequestState.EXPIRED,
)
"""Ends that somebody else brought about: whoever cancels a request says nothing about how it was."""
CHANGEABLE = timedelta(days=7)
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Smiled:
    """What was said: `face`, the `words` beside it, and until when it can be changed."""

    face: Face
    words: str
    given_at: datetime
    changeable_until: datetime


def smile(session: Session, name: str, person_id: str, face: Face, words: str, now: datetime) -> Smiled:
    """Keep what the customer says of their request, by its name or id; a second time within a week it takes the place
    of the first.

    NotFound for a request that is not theirs, NotAllowed for whoever asked in their name, NotPossible before it is over
    and when the week is, Unfit for words that are too long.
    """
    request, words = acts.own(session, name, person_id), words_of("words", words)
    if request.customer_id != person_id:
        raise NotAllowed(msg("How it was is for the person to say whom it was for."))
    if request.closed_at is None or request.state not in OVER:
        raise NotPossible(msg("You can say how it was once it is over."))
    if len(words) > LONGEST:
        raise Unfit({"words": msg("Say it in {count} characters at most.", count=LONGEST)})
    kept = session.get(Smile, request.id)
    if kept is None:
        kept = Smile(request_id=request.id, given_at=now)
        session.add(kept)
    elif now >= kept.given_at + CHANGEABLE:
        raise NotPossible(msg("You said how it was more than a week ago; it cannot be changed any more."))
    kept.face, kept.words, kept.changed_at = face, words, now
    # Neither face nor words: they are for the team that did the work, and the trail is for many.
    Trail(session, f"request:{request.id}").tell("request.smiled", at=now, actor=f"person:{person_id}")
    return _seen(kept)


def open_to(request: Request, person_id: str) -> bool:
    """True where this person can say how it was, or could."""
    return request.customer_id == person_id and request.closed_at is not None and request.state in OVER


def said(session: Session, request_id: str) -> Smiled | None:
    """What the customer said; None where they said nothing."""
    kept = session.get(Smile, request_id)
    return _seen(kept) if kept is not None else None


def for_staff(session: Session, house: House, request: Request, person_id: str) -> Smiled | None:
    """What the customer said, for a member of the team that owns the item; None for everybody else."""
    item = versions.pinned(session, request.item_version_id)
    team = house.catalog.current.teams.get(item.owner)
    if team is None or person_id not in {one.id for one in teams.members(session, team)}:
        return None
    return said(session, request.id)


def figures(session: Session) -> dict[str, int]:
    """How many customers said what, by face."""
    counted = {face.value: 0 for face in Face}
    rows = session.execute(sa.select(Smile.face, sa.func.count().label("times")).group_by(Smile.face))
    return counted | {row.face: row.times for row in rows}


def _seen(kept: Smile) -> Smiled:
    return Smiled(Face(kept.face), kept.words, kept.given_at, kept.given_at + CHANGEABLE)
