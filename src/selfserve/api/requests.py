"""`/api/v1/requests` and `/grants`: ask, read, and the customer's own acts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from selfserve.api.bodies import BodyRoute
from selfserve.api.caller import Asks, Reads, may_read_all, parts_of
from selfserve.api.keys import KEY_ONCE
from selfserve.api.words import NEXT, Cursor, Mark, Words
from selfserve.fulfilment import parties
from selfserve.requests import acts, grant_rows, lists, smiles, story
from selfserve.requests.refusals import NotAllowed, NotFound
from selfserve.requests.submit import Submitted, submit
from selfserve.store.states import Face, RequestState

router = APIRouter(tags=["requests"], route_class=BodyRoute)


class AskBody(BaseModel):
    """What is asked for. `for` is the id or mail address of somebody you lead; left out, it is you."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    item: str = Field(max_length=100)
    answers: dict[str, Any] = Field(default_factory=dict, max_length=60)
    for_: Mark | None = Field(default=None, alias="for")


class Asked(BaseModel):
    """The request an ask led to."""

    id: str
    name: str
    item: str
    state: RequestState
    url: str


class ExtendBody(BaseModel):
    """The answers that change, such as the end."""

    model_config = ConfigDict(extra="forbid")
    answers: dict[str, Any] = Field(max_length=60)


class AnswerBody(BaseModel):
    """The answer to the approver's question."""

    model_config = ConfigDict(extra="forbid")
    answer: Words


class SmileBody(BaseModel):
    """How it was, and a word if you like."""

    model_config = ConfigDict(extra="forbid")
    face: Face
    words: Words = ""


class SmileOut(BaseModel):
    """What you said, and until when you can change it."""

    face: Face
    words: str
    changeable_until: datetime


class RequestsPage(BaseModel):
    """One page of requests, newest first; `cursor` is for the next one."""

    rows: list[lists.RequestRow]
    cursor: str | None


class GrantsPage(BaseModel):
    """One page of what is held, newest first; `cursor` is for the next one."""

    rows: list[grant_rows.GrantRow]
    cursor: str | None


class SecretShown(BaseModel):
    """Secret results by step; they are shown this once."""

    secrets: dict[str, str]


@router.post(
    "/requests",
    status_code=201,
    dependencies=[KEY_ONCE],
    response_model=Asked,
    responses={200: {"model": Asked, "description": "The same ask had been stored before"}},
)
def ask(
    request: Request,
    who: Asks,
    body: AskBody,
    idempotency_key: Annotated[str | None, Header(max_length=255, min_length=1)] = None,
) -> Response:
    """Ask for an item. The same ask, or the same Idempotency-Key, again gives the same request with 200."""
    house = parts_of(request).house
    made = submit(
        house,
        customer_id=who.person_id if body.for_ is None else body.for_,
        item_id=body.item,
        answers=body.answers,
        asked_by_id=who.person_id,
        idempotency_key=idempotency_key,
    )
    # Written here, since this answer is waited for the most: the framework would check our own model once more, in a
    # further thread.
    told = _asked(body.item, made).model_dump_json()
    return Response(told, 201 if made.fresh else 200, media_type="application/json")


def _asked(item: str, made: Submitted) -> Asked:
    return Asked(id=made.id, name=made.name, item=item, state=made.state, url=f"/api/v1/requests/{made.id}")


@router.get("/requests")
def read_list(
    request: Request,
    who: Reads,
    state: Annotated[RequestState | Literal["open"] | None, Query()] = None,
    item: Annotated[str | None, Query(max_length=100)] = None,
    customer: Annotated[str | None, Query(max_length=36)] = None,
    cursor: Annotated[Cursor | None, NEXT] = None,
) -> RequestsPage:
    """Requests, newest first: your own; staff may ask for anybody's, or with `customer=*` for all."""
    chosen = customer or who.person_id
    if chosen != who.person_id and not may_read_all(who):
        raise NotAllowed("You can read your own requests.")
    with parts_of(request).house.database.read() as session:
        page = lists.requests(
            session,
            customer_id=None if chosen == "*" else chosen,
            state=str(state) if state else None,
            item_id=item,
            cursor=cursor,
        )
    return RequestsPage(rows=list(page.rows), cursor=page.cursor)


@router.get("/requests/{name}")
def read_one(request: Request, who: Reads, name: str) -> story.Story:
    """One request as a story, by its id or short name. Steps with their evidence are for staff."""
    house = parts_of(request).house
    with house.database.read() as session:
        found = story.find(session, name)
        mine = found is not None and parties.concerns(session, found, who.person_id)
        if found is None or not (mine or may_read_all(who)):
            raise NotFound("There is no such request of yours.")
        told = story.story(session, house, found, who.person_id)
    return told if may_read_all(who) else story.for_customer(told)


@router.get("/requests/{name}/events")
def read_events(request: Request, who: Reads, name: str) -> list[story.EventSeen]:
    """The trail of one request: all of it for staff and auditors, and for its customer the events that their story
    tells, in its words, without who or what stands behind them."""
    house = parts_of(request).house
    with house.database.read() as session:
        found = story.find(session, name)
        mine = found is not None and parties.concerns(session, found, who.person_id)
        if found is None or not (mine or may_read_all(who)):
            raise NotFound("There is no such request of yours.")
        if may_read_all(who):
            return story.events(session, found.id)
        return story.told_events(session, found, who.person_id)


def _told(request: Request, request_id: str, reader: str) -> story.Story:
    house = parts_of(request).house
    with house.database.read() as session:
        found = story.find(session, request_id)
        assert found is not None
        return story.for_customer(story.story(session, house, found, reader))


@router.post("/requests/{name}/cancel")
def cancel(request: Request, who: Asks, name: str) -> story.Story:
    """Not wanted any more."""
    house = parts_of(request).house
    with house.database.write() as session:
        found = acts.cancel(session, house, name, who.person_id, house.now())
    return _told(request, found.id, who.person_id)


@router.post("/requests/{name}/return")
def give_back(request: Request, who: Asks, name: str) -> story.Story:
    """Give back what the request brought."""
    house = parts_of(request).house
    with house.database.write() as session:
        found = acts.give_back(session, house, name, who.person_id, house.now())
    return _told(request, found.id, who.person_id)


@router.post("/requests/{name}/answer")
def answer(request: Request, who: Asks, name: str, body: AnswerBody) -> story.Story:
    """Answer the approver's question."""
    house = parts_of(request).house
    with house.database.write() as session:
        found = acts.answer(session, name, who.person_id, body.answer, house.now())
    return _told(request, found.id, who.person_id)


@router.post("/requests/{name}/extend", status_code=201)
def extend(request: Request, who: Asks, name: str, body: ExtendBody) -> Asked:
    """Ask for the same for longer: a request of its own, by today's rules."""
    house = parts_of(request).house
    made = acts.extend(house, name, who.person_id, body.answers)
    return _asked(_told(request, made.id, who.person_id).item_id, made)


@router.post("/requests/{name}/secret")
def reveal(request: Request, who: Asks, name: str, response: Response) -> SecretShown:
    """The secret results of a request of yours: shown until you say that they are kept, for a day at most."""
    house = parts_of(request).house
    response.headers["Cache-Control"] = "no-store"
    with house.database.write() as session:
        return SecretShown(secrets=acts.reveal(session, house, name, who.person_id, house.now()))


@router.post("/requests/{name}/secret/kept")
def keep(request: Request, who: Asks, name: str) -> story.Story:
    """Say that you have kept the secret results you were shown: they are wiped."""
    house = parts_of(request).house
    with house.database.write() as session:
        found = acts.keep(session, name, who.person_id, house.now())
    return _told(request, found.id, who.person_id)


@router.post("/requests/{name}/smile")
def smile(request: Request, who: Asks, name: str, body: SmileBody) -> SmileOut:
    """Say how it was, once a request of yours is over; for a week, you can say it anew."""
    house = parts_of(request).house
    with house.database.write() as session:
        said = smiles.smile(session, name, who.person_id, body.face, body.words, house.now())
    return SmileOut(face=said.face, words=said.words, changeable_until=said.changeable_until)


@router.get("/grants")
def grants(
    request: Request,
    who: Reads,
    customer: Annotated[str | None, Query(max_length=36)] = None,
    ended: bool = False,
    cursor: Annotated[Cursor | None, NEXT] = None,
) -> GrantsPage:
    """What you hold, until when and because of which requests, newest first; staff may ask for anybody, or with
    `customer=*` for all."""
    chosen = customer or who.person_id
    if chosen != who.person_id and not may_read_all(who):
        raise NotAllowed("You can read what you hold yourself.")
    with parts_of(request).house.database.read() as session:
        page = grant_rows.page(session, customer_id=None if chosen == "*" else chosen, ended=ended, cursor=cursor)
    return GrantsPage(rows=list(page.rows), cursor=page.cursor)
