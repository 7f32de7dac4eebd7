"""`/api/v1/audit`: the trail, for auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from selfserve.api.caller import Audits, parts_of
from selfserve.api.words import Cursor, Moment
from selfserve.audit import reading

router = APIRouter(tags=["audit"])


class TrailPage(BaseModel):
    """Events in order; `cursor` is for the next page, null on the last one for now."""

    rows: list[reading.Told]
    cursor: str | None


@router.get("/audit")
def trail(
    request: Request,
    _who: Audits,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
    stream: Annotated[str | None, Query(max_length=100)] = None,
) -> TrailPage:
    """What happened, in the order in which it was sealed, each event with its place in the chain. Events come some
    seconds after they happened, so that whoever goes on from the last id they read misses none."""
    with parts_of(request).house.database.read() as session:
        rows = reading.read(session, since=since, after=cursor, stream=stream)
    return TrailPage(rows=rows, cursor=rows[-1].id if len(rows) == reading.PAGE else None)
