"""`/api/v1/catalog` and `/me`: find, read, and say what would happen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from selfserve.api.caller import Browses, Knows, LooksUp, parts_of
from selfserve.api.words import Mark
from selfserve.catalog import others
from selfserve.catalog.durations import format_duration
from selfserve.catalog.items import ForOthers, Item
from selfserve.people import directory
from selfserve.people.roles import Role
from selfserve.requests import asking, offers
from selfserve.requests.plan import plan
from selfserve.requests.refusals import NotFound

router = APIRouter(tags=["catalog"])


class Me(BaseModel):
    """Who the token speaks for."""

    id: str
    login: str
    name: str
    email: str
    roles: list[Role]
    scopes: list[str]


class ItemBrief(BaseModel):
    """One item in a list."""

    id: str
    name: str
    summary: str
    category: str
    icon: str
    expect: str


class ItemFull(ItemBrief):
    """One item with its form; `form` is the definition of each question by name. `for_others` says who may ask for
    somebody else: `manager` for those above them, or `nobody`."""

    owner: str
    risk: str
    for_others: ForOthers
    form: dict[str, dict[str, Any]]
    ends: str | None


class PlanBody(BaseModel):
    """The answers for which the plan is asked. `for` is the id or mail address of somebody you lead; left out, it is
    you."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    answers: dict[str, Any] = Field(default_factory=dict, max_length=60)
    for_: Mark | None = Field(default=None, alias="for")


class Act(BaseModel):
    """One step in words; `blocked` says why it cannot work: for now, or `for_good`, so that asking is refused."""

    name: str
    what: str
    blocked: str
    for_good: bool


class Planned(BaseModel):
    """What would happen. `lasts`, `expect` and `usual` are durations such as `8h`; with `working`, `expect` counts in
    working hours, 24 hours being a working day. `usual` is what customers waited lately, decisions included,
    `usual_decision` how long those who would decide needed; null where fewer than five are known."""

    item: str
    needs_approval: bool
    deciders: list[str]
    acts: list[Act]
    ends_at: datetime | None
    lasts: str | None
    expect: str
    usual: str | None
    usual_decision: str | None
    working: bool


@router.get("/me")
def me(who: Knows) -> Me:
    """Who am I, with which roles and scopes. Any valid token may ask: it learns nothing but what it is itself."""
    return Me(
        id=who.person_id,
        login=who.login,
        name=who.name,
        email=who.email,
        roles=sorted(who.roles),
        scopes=sorted(who.scopes),
    )


@router.get("/catalog")
def find(request: Request, who: Browses, q: Annotated[str, Query(max_length=200)] = "") -> list[ItemBrief]:
    """The items you may find, by what you type (typos and synonyms allowed); all of them without `q`."""
    return [_brief(item) for item in offers.find(parts_of(request).house, who.person_id, q)]


def _brief(item: Item) -> ItemBrief:
    return ItemBrief(
        id=item.id,
        name=item.name,
        summary=item.summary,
        category=item.category,
        icon=item.icon,
        expect=format_duration(item.expect),
    )


@router.get("/catalog/{item_id}")
def read(request: Request, who: Browses, item_id: str) -> ItemFull:
    """One item with its form."""
    house = parts_of(request).house
    item = offers.one(house, who.person_id, item_id)
    return ItemFull(
        **_brief(item).model_dump(),
        owner=item.owner,
        risk=item.risk,
        for_others=others.for_others(item, house.connectors),
        form={name: field.model_dump(mode="json", exclude_none=True) for name, field in item.form.items()},
        ends=str(item.grant.ends) if item.grant else None,
    )


@router.post("/catalog/{item_id}/plan")
def would(request: Request, who: Browses, item_id: str, body: PlanBody) -> Planned:
    """What would happen if you asked; nothing is done."""
    house, customer_id = parts_of(request).house, who.person_id
    if body.for_ is not None:
        with house.database.read() as session:
            customer_id = asking.for_whom(session, who.person_id, body.for_)
    made = plan(house, customer_id=customer_id, asked_by_id=who.person_id, item_id=item_id, answers=body.answers)
    return Planned(
        item=made.item_id,
        needs_approval=made.needs_approval,
        deciders=made.deciders,
        acts=[Act(name=act.name, what=act.customer, blocked=act.blocked, for_good=act.for_good) for act in made.acts],
        ends_at=made.ends_at,
        lasts=format_duration(made.lasts) if made.lasts else None,
        expect=format_duration(made.expect),
        usual=format_duration(made.usual.whole) if made.usual.whole else None,
        usual_decision=format_duration(made.usual.decision) if made.usual.decision else None,
        working=made.working,
    )


class PersonOut(BaseModel):
    """A person as staff sees them."""

    id: str
    login: str
    name: str
    email: str
    department: str
    title: str
    location: str
    manager: str
    groups: list[str]
    present: bool


@router.get("/people/{person_id}", tags=["people"])
def person(request: Request, _who: LooksUp, person_id: str) -> PersonOut:
    """One person by id or mail address, for staff."""
    with parts_of(request).house.database.read() as session:
        found = directory.person(session, person_id) or directory.by_email(session, person_id)
        if found is None:
            raise NotFound("There is no such person.")
        facts = directory.facts(session, found)
    return PersonOut(
        id=found.id,
        login=found.login,
        name=found.name,
        email=found.email,
        department=found.department,
        title=found.title,
        location=found.location,
        manager=facts["manager"],
        groups=facts["groups"],
        present=found.present,
    )
