"""What the app on a customer's machine calls: signing in, starting, telling about its machine, hearing notices.

The app proves itself by its own token, which opens nothing else of the API. Versions older than the installation serves
are refused everywhere but where they learn that.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from selfserve.api.app_rules import AppRules
from selfserve.api.bodies import BodyRoute
from selfserve.api.caller import bearer, parts_of
from selfserve.api.keys import KEY_ONCE
from selfserve.api.problems import AppCopied, AppRestored, AppTooOld, Unauthenticated
from selfserve.api.words import Moment
from selfserve.fulfilment.house import zone_of
from selfserve.languages.books import accepted
from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader
from selfserve.notify import notices
from selfserve.people import device_codes, device_facts, device_tokens, preferences
from selfserve.people.device_facts import MachineFacts
from selfserve.people.device_tokens import DeviceRules, Restored, Reused, Traded
from selfserve.people.principal import DevicePrincipal
from selfserve.requests.refusals import NotAllowed
from selfserve.store.tables import DeviceToken, Person

router = APIRouter(prefix="/app", include_in_schema=False, route_class=BodyRoute)
PRODUCT = "selfserve"
SLACK = timedelta(seconds=30)
"""Notices are told by the time they were made at; one may be stored a moment later than the next."""
MOST = 20
_AGENT = re.compile(r"selfserve-desktop/(\d{1,5}(?:\.\d{1,5}){0,3})(?: |$)", re.ASCII)


class Grant(BaseModel):
    """What a browser brought to the app, and the app's own half of it."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(min_length=1, max_length=200)]
    verifier: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("")
def about(request: Request) -> dict[str, Any]:
    """What answers here, how old an app may be, and what time it is; for anybody."""
    apps, now = parts_of(request).apps, parts_of(request).house.now()
    return {
        "product": PRODUCT,
        "brand": apps.brand,
        "company": apps.company,
        "enabled": apps.enabled,
        "minimum_version": apps.minimum_version,
        "update_url": apps.update_url,
        "now": now.isoformat(),
    }


def young_enough(request: Request) -> str:
    """What the app calls itself; AppTooOld below the least version, NotAllowed where apps are not let in at all."""
    apps, agent = parts_of(request).apps, request.headers.get("user-agent", "")
    if not apps.enabled:
        raise NotAllowed("This installation does not let apps in.")
    named = _AGENT.match(agent)
    if apps.minimum_version and (named is None or _number(named[1]) < _number(apps.minimum_version)):
        raise AppTooOld(f"This app is too old; the oldest that is served is {apps.minimum_version}.")
    return agent


def _number(version: str) -> list[int]:
    parts = [int(part) for part in version.split(".")]
    return parts + [0] * (4 - len(parts))


Agent = Annotated[str, Depends(young_enough)]
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]

Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_-]{32,128}$")]
"""Random, for one exchange of a token: who repeats it shows the same."""


def _presented(shown: HTTPAuthorizationCredentials | None) -> str:
    if shown is None:
        raise Unauthenticated("Send the app's token: Authorization: Bearer sd_…")
    return shown.credentials.strip()


def app_of(request: Request, agent: Agent, shown: Shown) -> DevicePrincipal:
    """The app whose newest token this is; Unauthenticated for every other."""
    presented, parts = _presented(shown), parts_of(request)
    house, now = parts.house, parts.house.now()
    with house.database.read() as session:
        found = device_tokens.verify(session, presented, parts.apps.rules, now)
    if not isinstance(found, DevicePrincipal):
        raise _refused(request, found)
    if found.settle_due:
        with house.database.write() as session:
            device_tokens.used(session, found.token_id, presented, now)
    return found


def _refused(request: Request, found: Reused | Restored | None) -> Unauthenticated:
    """Why an app is not let in; one of which a replaced token was shown ends, and its customer is told."""
    if isinstance(found, Restored):
        return AppRestored("This app was signed out, as the server was put back to a backup.")
    if found is None:
        return Unauthenticated("This app is not signed in (any more).")
    house, now = parts_of(request).house, parts_of(request).house.now()
    if found.live:
        with house.database.write() as session:
            if device_tokens.find_out(session, found, now):
                _tell_copied(session, found.token, now)
    return AppCopied("This app was signed out, as its sign-in was used in two places.")


def _tell_copied(session: Session, token: DeviceToken, now: datetime) -> None:
    notices.tell(
        session,
        now=now,
        event=f"device-copied:{token.id}",
        title=msg("The app on {device} was signed out", device=token.name),
        body=msg(
            "Its sign-in was used in two places: somebody may have copied it. Unless you have just restored this "
            "computer from a backup, or moved to another one, tell your TechOps team."
        ),
        path="/mine",
        person_id=token.person_id,
        urgent=True,
    )


App = Annotated[DevicePrincipal, Depends(app_of)]


@router.post("/sign-in", status_code=201, dependencies=[KEY_ONCE])
def sign_in(request: Request, agent: Agent, grant: Grant, key: Key = "") -> dict[str, Any]:
    """A token for an app that shows the code a customer's browser brought, and the verifier only it knows; again the
    same for the same with the same key, while the code would be good."""
    parts, now = parts_of(request), parts_of(request).house.now()
    with parts.house.database.write() as session:
        found = _let_in(session, grant, agent, parts.apps.rules, now, key)
        if isinstance(found, Traded):
            return _answer(parts.apps, found) | {"name": session.get_one(Person, found.token.person_id).name}
    if isinstance(found, Reused):
        raise _refused(request, found)
    raise Unauthenticated("This code is not valid (any more); begin again.")


def _let_in(
    session: Session, grant: Grant, agent: str, rules: DeviceRules, now: datetime, key: str
) -> Traded | Reused | None:
    code = device_codes.take_grant(session, grant.code, grant.verifier, now)
    if code is None:
        used = device_codes.used_grant(session, grant.code, grant.verifier, now)
        if used is None:
            return None
        return device_tokens.let_in_again(session, used, rules, now, shown=grant.code, key=key)
    traded = device_tokens.let_in(session, code, agent, rules, now, shown=grant.code, key=key)
    notices.tell(
        session,
        now=now,
        event=f"device:{traded.token.id}",
        title=msg("The app on {device} is signed in as you", device=code.name),
        body=msg("If that was not you, end it under “Yours”, and tell your TechOps team."),
        path="/mine",
        person_id=code.person_id,
        urgent=True,
    )
    return traded


@router.post("/start", dependencies=[KEY_ONCE])
def start(request: Request, agent: Agent, shown: Shown, key: Key = "") -> dict[str, Any]:
    """A new token instead of the one that is shown, and a code that opens the window; again the same for the same."""
    presented, parts, now = _presented(shown), parts_of(request), parts_of(request).house.now()
    with parts.house.database.write() as session:
        found = device_tokens.trade(session, presented, agent, parts.apps.rules, now, key)
        if isinstance(found, Traded):
            return _answer(parts.apps, found)
    raise _refused(request, found)


def _answer(apps: AppRules, traded: Traded) -> dict[str, Any]:
    return {
        "token": traded.secret,
        "entry": traded.entry,
        "told": traded.token.facts is not None,
        "ask_every": apps.ask_every.total_seconds(),
    }


@router.delete("/token", status_code=204)
def sign_out(request: Request, agent: Agent, shown: Shown) -> None:
    """Sign this app out: token, windows, and what its machine said."""
    presented, parts, now = _presented(shown), parts_of(request), parts_of(request).house.now()
    with parts.house.database.write() as session:
        found = device_tokens.sign_out(session, presented, parts.apps.rules, now)
    if not isinstance(found, list):
        raise _refused(request, found)


@router.put("/device", status_code=204)
def tell(request: Request, app: App, facts: MachineFacts) -> None:
    """Keep what the customer lets their machine say about itself."""
    with parts_of(request).house.database.write() as session:
        device_facts.keep(session, app.token_id, facts, parts_of(request).house.now())


@router.delete("/device", status_code=204)
def untell(request: Request, app: App) -> None:
    """Forget it."""
    with parts_of(request).house.database.write() as session:
        device_facts.forget(session, app.token_id, parts_of(request).house.now())


@router.get("/notices")
def hear(request: Request, app: App, after: Annotated[Moment | None, Query()] = None) -> dict[str, Any]:
    """Notices made since `after` and not read yet, in the customer's language, oldest first.

    The first call tells none: what was there before the app is no news, and is named so that it stays none.
    """
    parts, now = parts_of(request), parts_of(request).house.now()
    since = after or now
    with parts.house.database.read() as session:
        found = [one for one in reversed(notices.unread(session, app.person_id, MOST)) if one.made_at + SLACK >= since]
        to = _reader(request, session, app)
        told = [
            {"id": one.id, "title": to.tell(one.title).strip(), "body": to.tell(one.body).strip(), "path": one.path}
            for one in found
        ]
    known = [] if after else [one.id for one in found]
    return {"after": now.isoformat(), "notices": told if after else [], "known": known}


def _reader(request: Request, session: Session, app: DevicePrincipal) -> Reader:
    person, parts = session.get_one(Person, app.person_id), parts_of(request)
    chosen, asked = preferences.of(session, person.id), accepted(request.headers.get("accept-language", ""))
    spoken = preferences.language(chosen.language, asked, person.language, parts.apps.language)
    return Reader(spoken, zone_of(parts.house, person))
