"""`/api/v1/people/{person}/sign-out`: sign somebody out everywhere, for admins."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from selfserve.api.caller import Runs, parts_of
from selfserve.people import directory, signing_out
from selfserve.requests.refusals import NotFound

router = APIRouter(tags=["people"])


class SignedOut(BaseModel):
    """What ended: browser sessions, apps on machines, sessions of apps' windows, one-time codes nobody had used."""

    browsers: int
    apps: int
    windows: int
    codes: int


@router.post("/people/{person_id}/sign-out")
def sign_out(request: Request, who: Runs, person_id: str) -> SignedOut:
    """Sign a person out everywhere, by id, login or mail address: at once, in every browser and app. They may sign in
    again, and their personal tokens go on; whom the directory disables loses those too."""
    house = parts_of(request).house
    with house.database.write() as session:
        found = directory.named(session, person_id)
        if found is None:
            raise NotFound("There is no such person.")
        ended = signing_out.sign_out(session, [found.id], house.now(), why="by_admin", actor=who.person_id)
    return SignedOut(browsers=ended.browsers, apps=ended.apps, windows=ended.windows, codes=ended.codes)
