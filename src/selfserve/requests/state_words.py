"""What a request's state is called where its customer reads it: with the person who is at it, where somebody is."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.languages.messages import msg
from selfserve.people import directory
from selfserve.requests.words import STATE_WORDS
from selfserve.store.states import EscalationState, RequestState
from selfserve.store.tables import Escalation, Person, Request


def state_words(session: Session, requests: Collection[Request]) -> dict[str, tuple[str, str]]:
    """The words and the tone of each request's pill, by its id; one query for all that wait for a person.

    Whoever took a case is named as the story names them, by their given name, until they hand it on, finish it or
    leave; before and after that it is with a team.
    """
    waiting = [request.id for request in requests if request.state == RequestState.HANDED_OVER]
    at_it = _at_it(session, waiting) if waiting else {}
    return {request.id: _words(request, at_it.get(request.id)) for request in requests}


def _words(request: Request, name: str | None) -> tuple[str, str]:
    return STATE_WORDS[request.state] if name is None else (msg("{name} is looking after it", name=name), "info")


def _at_it(session: Session, request_ids: list[str]) -> dict[str, str]:
    rows = session.execute(
        sa.select(Escalation.request_id, Person.given_name, Person.name)
        .join(Person, Person.id == Escalation.taken_by_id)
        .where(
            Escalation.request_id.in_(request_ids),
            Escalation.state == EscalationState.TAKEN,
            *directory.are_present(),
        )
    )
    return {row.request_id: row.given_name or row.name for row in rows}
