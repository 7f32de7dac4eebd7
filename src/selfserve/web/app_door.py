"""How the app on a customer's machine comes in: they agree to it in their browser, and its window gets a session.

`/app/allow` needs a session of a browser and a press: no page elsewhere can push an app in, or a session into an app
(RFC 8252; RFC 9700). The way back leads to this machine only. `/app/enter` answers the app's own window.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from selfserve.catalog.answers import AnswerRefused, plain_text
from selfserve.languages.messages import Message, msg
from selfserve.people import device_codes, device_tokens, directory
from selfserve.people.device_codes import CHALLENGE, Consent, signs_of
from selfserve.people.principal import Principal
from selfserve.store.database import Database
from selfserve.store.tables import DeviceToken, SignIn
from selfserve.web import sessions
from selfserve.web.origins import safe_next
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules, SignedIn

ALLOW, ENTER = "/app/allow", "/app/enter"
LONGEST_NAME = 60
LARGEST = 4096
"""Bytes of a form or body here."""
_STATE = re.compile(r"[A-Za-z0-9_-]{22,128}", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{3,4}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """An app that wants in: where it listens on this machine, what it will be known by, what its machine is called."""

    port: int
    state: str
    challenge: str
    name: str

    @classmethod
    def read(cls, told: Mapping[str, str]) -> Asked | None:
        """What was asked; None for what no app of ours sends."""
        port, state, challenge = told.get("port", ""), told.get("state", ""), told.get("challenge", "")
        try:
            name = plain_text(told.get("name", ""))
        except AnswerRefused:
            return None
        shaped = _PORT.fullmatch(port) and _STATE.fullmatch(state) and CHALLENGE.fullmatch(challenge)
        if not shaped or not 1024 <= int(port) <= 65535 or not 1 <= len(name) <= LONGEST_NAME:
            return None
        return cls(int(port), state, challenge, name)

    def fields(self) -> dict[str, str]:
        """As the form carries it on."""
        return {"port": str(self.port), "state": self.state, "challenge": self.challenge, "name": self.name}

    def way_back(self, **answer: str) -> str:
        """Where the app listens: this machine, by address, as names may lead elsewhere (RFC 8252, section 8.3)."""
        return f"http://127.0.0.1:{self.port}/back?{urlencode({'state': self.state, **answer})}"


@dataclass(frozen=True)
class AppDoor:
    """The two doors of one installation."""

    database: Database
    rules: SessionRules
    plain: Plain
    clock: Callable[[], datetime]
    enabled: bool = True

    def install(self, app: FastAPI) -> None:
        """Add the routes to `app`; to be called before the pages take every other path."""
        for path, endpoint, method in (
            (ALLOW, self.ask, "GET"),
            (ALLOW, self.allow, "POST"),
            (ENTER, self.threshold, "GET"),
            (ENTER, self.enter, "POST"),
        ):
            app.add_route(path, endpoint, methods=[method], include_in_schema=False)

    async def ask(self, request: Request) -> Response:
        """Whether they mean it: which app, on which machine, for whom; nothing happens by looking."""
        who: Principal = request.state.principal
        asked = Asked.read(request.query_params)
        refused = self._refused(request, who, asked)
        if refused is not None or asked is None:
            return refused or self._nothing(request)
        told = [
            msg("It may then act for you in its window until you sign it out or end it under “Yours”."),
            msg("Go on only if you have just pressed “Sign in” in the app, and it shows the same signs."),
        ]
        facts = [(msg("Computer"), asked.name), (msg("Signs"), signs_of(asked.challenge)), (msg("For"), who.name)]
        return self.plain.page(
            request.headers, msg("Sign in this app on {device}?", device=asked.name), told, facts=facts,
            act=(msg("Sign in the app"), ALLOW), post=True, fields=asked.fields(), other=(msg("No"), "/"),
        )  # fmt: skip

    async def allow(self, request: Request) -> Response:
        """They mean it: a one-time code goes back to the app on this machine."""
        who: Principal = request.state.principal
        asked = Asked.read(_form(await _body(request)))
        refused = self._refused(request, who, asked)
        if refused is not None or asked is None:
            return refused or self._nothing(request)
        code = await asyncio.to_thread(self._grant, who, asked)
        if code is None:
            sentence = msg("Sign in again, then press “Sign in” in the app once more.")
            return self._told(request, msg("You were signed out meanwhile"), sentence, 403)
        back = asked.way_back(code=code)
        # No redirect: browsers hold the way of a form against `form-action`, which knows no port of this machine.
        return self.plain.page(
            request.headers, msg("The app is being signed in"), [msg("Go back to it; this page can be closed.")],
            act=(msg("To the app"), back), onward=back,
        )  # fmt: skip

    def _grant(self, who: Principal, asked: Asked) -> str | None:
        with self.database.write() as session:
            person, signed_in = directory.present(session, who.person_id), session.get_one(SignIn, who.sign_in_id)
            if person is None or signed_in.ended_at is not None:
                return None
            to = Consent(
                asked.challenge, asked.name, signed_in.id, signed_in.issuer, signed_in.subject, who.authenticated_at
            )
            return device_codes.grant(session, person, to, self.clock())

    def _refused(self, request: Request, who: Principal, asked: Asked | None) -> Response | None:
        if not self.enabled:
            return self._told(request, msg("No apps here"), msg("This installation does not let apps in."), 403)
        if asked is None:
            return self._nothing(request)
        if who.device_token_id is not None:
            sentence = msg("Open this page in your browser: an app cannot let another one in.")
            return self._told(request, msg("Not from an app"), sentence, 403)
        return None

    def _nothing(self, request: Request) -> Response:
        sentence = msg("Press “Sign in” in the app once more; this address is not complete, or was changed.")
        return self._told(request, msg("That is not from the app"), sentence, 400)

    def _told(self, request: Request, title: Message, sentence: Message, status: int) -> Response:
        return self.plain.page(request.headers, title, [sentence, msg("Nothing was changed.")], status=status)

    async def threshold(self, request: Request) -> Response:
        """What the app's window shows while it comes in; the app acts upon it. A browser may go to the catalog."""
        told = [msg("The app opens in a moment.")]
        return self.plain.page(request.headers, msg("One moment…"), told, act=(msg("See the catalog"), "/"))

    async def enter(self, request: Request) -> Response:
        """A session for the window of the app that shows its one-time code; only a script of our own page gets here:
        the wall refuses other origins, and forms cannot send JSON."""
        told = _entry(request.headers.get("content-type", ""), await _body(request))
        before = request.cookies.get(self.rules.cookie, "")
        secret = await asyncio.to_thread(self._open, told, before, request.headers.get("user-agent", ""))
        if secret is None:
            return JSONResponse({"next": ""}, 401)
        response = JSONResponse({"next": safe_next(told.get("next", "/"))})
        seconds = int(self.rules.absolute.total_seconds())
        response.set_cookie(
            self.rules.cookie,
            secret,
            max_age=seconds,
            path="/",
            secure=self.rules.secure,
            httponly=True,
            samesite="lax",
        )
        return response

    def _open(self, told: Mapping[str, str], before: str, agent: str) -> str | None:
        now = self.clock()
        with self.database.write() as session:
            code = device_codes.take_entry(session, told.get("entry", ""), now)
            token = session.get(DeviceToken, code.token_id, with_for_update=True) if code is not None else None
            person = directory.present(session, token.person_id) if token is not None else None
            if token is None or person is None or token.ended_at is not None:
                return None
            device_tokens.entered(session, token.id, now)
            sessions.end_windows(session, token.id, now, why="replaced", actor=person.id)
            earlier = sessions.current(session, before, self.rules, now)
            if earlier is not None:
                sessions.end(session, earlier.sign_in_id, now, why="replaced", actor=person.id)
            by = SignedIn(token.issuer, token.subject, token.authenticated_at, agent=agent, device_token_id=token.id)
            return sessions.open_session(session, person, by, self.rules, now)[1]


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return b""
    return body


def _form(body: bytes) -> dict[str, str]:
    try:
        told = parse_qs(body.decode("ascii"), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in told.items() if len(values) == 1}


def _entry(kind: str, body: bytes) -> dict[str, str]:
    if kind.split(";")[0].strip() != "application/json":
        return {}
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return {name: one for name, one in told.items() if isinstance(one, str)} if isinstance(told, dict) else {}
