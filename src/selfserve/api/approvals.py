"""`/api/v1/approvals` and `/escalations`: decide, and work on the desk."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from selfserve.api.bodies import BodyRoute
from selfserve.api.caller import Decides, Helps, Reads, parts_of
from selfserve.api.words import NEXT, Mark, Moment, PlaceCursor, Words
from selfserve.fulfilment import circuits
from selfserve.requests import case_rows, desk, story, undecided
from selfserve.requests.decide import Say, decide_as_asked
from selfserve.requests.refusals import NotFound
from selfserve.requests.together import MOST, Result, decide_together, summary
from selfserve.store.states import RequestState
from selfserve.store.tables import Escalation

router = APIRouter(route_class=BodyRoute)


class DecideBody(BaseModel):
    """What you say. `until` may shorten what was asked for; a denial and a question need a `reason`."""

    model_config = ConfigDict(extra="forbid")
    decision: Say
    reason: Words = ""
    until: Moment | None = None


class Decided(BaseModel):
    """Where the request stands after the decision."""

    stage: str
    state: RequestState


class TogetherBody(BaseModel):
    """What you say to several at once; a denial needs a `reason`, which every one of these customers reads."""

    model_config = ConfigDict(extra="forbid")
    stages: Annotated[list[Mark], Field(min_length=1, max_length=MOST)]
    decision: Literal[Say.APPROVE, Say.DENY]
    reason: Words = ""


class Together(BaseModel):
    """What came of each, in the order asked, and a clause for each kind of it ("4 approved")."""

    results: list[Result]
    summary: list[str]


class DoneBody(BaseModel):
    """What was done by hand: the checklist's fields, and a word for the customer.

    `not_there_before` counts where the case's `asks_before` is true, as nobody ever saw whether the customer had it
    before: false, it is never taken back; true, it is when it ends. Left out there, nothing is done, as neither answer
    is safe to guess.
    """

    model_config = ConfigDict(extra="forbid")
    fields: dict[Words, Words] = Field(default_factory=dict, max_length=50)
    words: Words = ""
    on_my_word: bool = False
    not_there_before: bool | None = None


class CannotBody(BaseModel):
    """What the customer reads. `take_back`: also take back the parts that are there."""

    model_config = ConfigDict(extra="forbid")
    words: Annotated[Words, Field(min_length=1)]
    take_back: bool = False


class HandOnBody(BaseModel):
    """The id of the team it goes to, and a word for them."""

    model_config = ConfigDict(extra="forbid")
    team: Mark
    words: Annotated[Words, Field(min_length=1)]


class Case(BaseModel):
    """A case with the whole story of its request. `asks_before`: nobody ever saw whether the customer had it before, so
    `done` takes `not_there_before`."""

    case: case_rows.CaseRow
    asks_before: bool
    story: story.Story | None
    runbook: str


class ApprovalsPage(BaseModel):
    """One page of what waits for your decision, the most urgent first; `cursor` is for the next one."""

    rows: list[undecided.Waiting]
    cursor: str | None


class CasesPage(BaseModel):
    """One page of the desk, the most urgent first; `cursor` is for the next one."""

    rows: list[case_rows.CaseRow]
    cursor: str | None


@router.get("/approvals", tags=["approvals"])
def waiting(request: Request, who: Reads, cursor: Annotated[PlaceCursor | None, NEXT] = None) -> ApprovalsPage:
    """What waits for your decision, the most urgent first."""
    with parts_of(request).house.database.read() as session:
        page = undecided.page(session, parts_of(request).house, who.person_id, cursor=cursor)
    return ApprovalsPage(rows=list(page.rows), cursor=page.cursor)


@router.post("/approvals/{stage}/decide", tags=["approvals"])
def say(request: Request, who: Decides, stage: str, body: DecideBody) -> Decided:
    """Approve, deny or ask. Whoever comes second is told who decided and when (409)."""
    house = parts_of(request).house
    state = decide_as_asked(
        house, stage_id=stage, person_id=who.person_id, say=body.decision, reason=body.reason, until=body.until
    )
    return Decided(stage=stage, state=state)


@router.post("/approvals/decide", tags=["approvals"])
def say_together(request: Request, who: Decides, body: TogetherBody) -> Together:
    """Approve or deny several, each on its own: one that somebody else decided meanwhile stops no other. Approved
    together are only requests for the same item, or such of low risk (409 else)."""
    results = decide_together(
        parts_of(request).house,
        stage_ids=body.stages,
        person_id=who.person_id,
        say=body.decision,
        reason=body.reason,
    )
    return Together(results=results, summary=[str(one) for one in summary(body.decision, results)])


@router.get("/escalations", tags=["desk"])
def cases(
    request: Request,
    who: Helps,
    team: Annotated[str | None, Query(max_length=100)] = None,
    mine: bool = False,
    cursor: Annotated[PlaceCursor | None, NEXT] = None,
) -> CasesPage:
    """Open cases on the desk, the most urgent first."""
    with parts_of(request).house.database.read() as session:
        page = case_rows.page(session, team=team, taken_by=who.person_id if mine else None, cursor=cursor)
    return CasesPage(rows=list(page.rows), cursor=page.cursor)


@router.get("/escalations/{case_id}", tags=["desk"])
def case(request: Request, who: Helps, case_id: str) -> Case:
    """One case: the whole story, the evidence of each step, the runbook."""
    return _case(request, case_id, who.person_id)


def _case(request: Request, case_id: str, reader: str) -> Case:
    house = parts_of(request).house
    with house.database.read() as session:
        found = session.get(Escalation, case_id)
        if found is None:
            raise NotFound("There is no such case on the desk.")
        row = case_rows.case_row(session, found)
        about = story.find(session, row.request_id) if row.request_id else None
        told = story.story(session, house, about, reader) if about else None
        asks = desk.asks_before(session, house, found)
    return Case(case=row, asks_before=asks, story=told, runbook=house.catalog.current.runbooks.get(row.runbook, ""))


@router.get("/connectors/resting", tags=["desk"])
def resting(request: Request, _who: Helps) -> list[circuits.Resting]:
    """The targets that are left in peace at the moment, as the desk shows them: since when and why, when each is tried
    next, and how many requests wait for it. Empty where all answer."""
    house = parts_of(request).house
    with house.database.read() as session:
        return circuits.resting(session, house)


@router.post("/escalations/{case_id}/take", tags=["desk"])
def take(request: Request, who: Helps, case_id: str) -> Case:
    """Make the case yours; who has it already is named (409)."""
    desk.take(parts_of(request).house, case_id, who.person_id)
    return _case(request, case_id, who.person_id)


@router.post("/escalations/{case_id}/take-over", tags=["desk"])
def take_over(request: Request, who: Helps, case_id: str) -> Case:
    """Make the case yours although a colleague has it; they are told."""
    desk.take_over(parts_of(request).house, case_id, who.person_id)
    return _case(request, case_id, who.person_id)


@router.post("/escalations/{case_id}/hand-on", tags=["desk"])
def hand_on(request: Request, who: Helps, case_id: str, body: HandOnBody) -> Case:
    """Hand the case to another team, which is told and has its own time for it."""
    desk.hand_on(parts_of(request).house, case_id, who.person_id, team=body.team, words=body.words)
    return _case(request, case_id, who.person_id)


@router.post("/escalations/{case_id}/retry", tags=["desk"])
def retry(request: Request, who: Helps, case_id: str) -> Case:
    """Try again from the failed step. Refused while a colleague is at it (409), as are `done` and `cannot`."""
    desk.retry(parts_of(request).house, case_id, who.person_id)
    return _case(request, case_id, who.person_id)


@router.post("/escalations/{case_id}/done", tags=["desk"])
def done(request: Request, who: Helps, case_id: str, body: DoneBody) -> Case:
    """Done by hand: the target is looked at first. 409 with why where it does not show it or cannot be looked at, until
    `on_my_word` says that the caller is sure. Work of a person by design is never looked at."""
    desk.done(
        parts_of(request).house,
        case_id,
        who.person_id,
        fields=body.fields,
        words=body.words,
        on_my_word=body.on_my_word,
        not_there_before=body.not_there_before,
    )
    return _case(request, case_id, who.person_id)


@router.post("/escalations/{case_id}/cannot", tags=["desk"])
def cannot(request: Request, who: Helps, case_id: str, body: CannotBody) -> Case:
    """It cannot be done; the customer reads why."""
    desk.cannot(parts_of(request).house, case_id, who.person_id, words=body.words, take_back=body.take_back)
    return _case(request, case_id, who.person_id)
