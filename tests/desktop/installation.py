"""An installation as an app and a browser meet it: API, the app's door, sign-out and walls upon the stand."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from selfserve.api.app_rules import AppRules
from selfserve.api.install import application
from selfserve.api.parts import Parts
from selfserve.desktop import VERSION
from selfserve.people import device_codes
from selfserve.people.roles import RoleRules
from selfserve.settings.identity import Oidc
from selfserve.store.tables import AuditEvent, DeviceToken, Person
from selfserve.web import sessions
from selfserve.web.app_door import AppDoor
from selfserve.web.headers import SecurityHeaders
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules, SignedIn
from selfserve.web.sign_in import SignIn, SignInParts
from selfserve.web.walls import Wall, WallRules
from tests.sign_in.browser import Browser, browsing
from tests.stand.house import Stand

HOME = "http://127.0.0.1:18080"
ISSUER = "http://127.0.0.1:9"
HERE = {"origin": HOME}
RULES = SessionRules(RoleRules(), secure=False)
AGENT = f"selfserve-desktop/{VERSION} (linux)"


@dataclass
class Installation:
    """One server, a browser on it, and the app's own calls."""

    stand: Stand
    app: ASGIApp
    browser: Browser
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def sign_in(self, login: str = "ada", issuer: str = ISSUER) -> None:
        """Somebody is signed in with the browser."""
        now = self.stand.clock()
        with self.stand.house.database.write() as session:
            person = session.get_one(Person, self.stand.people[login])
            by = SignedIn(issuer, f"sub-{login}", now, agent="Firefox/140.0")
            secret = sessions.open_session(session, person, by, RULES, now)[1]
        self.browser.cookies.set(RULES.cookie, secret)

    def asked(self, **other: str) -> dict[str, str]:
        """What an app's link asks for."""
        challenge = device_codes.challenge_of(self.verifier)
        return {"port": "43210", "state": "s" * 22, "challenge": challenge, "name": "ada's laptop", **other}

    def allow(self, **other: str) -> str:
        """The customer presses the button; the code that goes to the app."""
        answer = self.browser.post("/app/allow", data=self.asked(**other), headers=HERE)
        assert answer.status_code == 200, answer.text
        return self.code_in(answer)

    def code_in(self, answer: httpx.Response) -> str:
        """The code in the way back that a page shows."""
        found = re.search(r'content="0;url=([^"]+)"', answer.text)
        assert found is not None, answer.text
        back = urlsplit(found[1].replace("&amp;", "&"))
        assert back.netloc == "127.0.0.1:43210"
        told = dict(parse_qsl(back.query))
        assert told["state"] == "s" * 22
        return told["code"]

    def call(self, method: str, path: str, token: str = "", agent: str = AGENT, **options: Any) -> httpx.Response:
        """One of the app's own calls, which carry no cookie."""
        headers = {"user-agent": agent} | ({"authorization": f"Bearer {token}"} if token else {})
        headers |= options.pop("headers", {})
        kept = dict(self.browser.cookies)
        self.browser.cookies.clear()
        try:
            return self.browser.request(method, f"/api/v1/app{path}", headers=headers, **options)
        finally:
            self.browser.cookies.update(kept)

    def trade_in(self, code: str, verifier: str = "", agent: str = AGENT) -> httpx.Response:
        """The app trades the code."""
        body = {"code": code, "verifier": verifier or self.verifier}
        return self.call("POST", "/sign-in", agent=agent, json=body)

    def signed_in_app(self, login: str = "ada") -> dict[str, Any]:
        """An app that has just been let in: its token and the code for its window."""
        self.sign_in(login)
        answer = self.trade_in(self.allow())
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def window(self, entry: str, path: str = "/", **headers: str) -> tuple[httpx.Response, dict[str, str]]:
        """The app's window comes in: the answer, and its cookies."""
        with browsing(self.app, HOME) as window:
            answer = window.post("/app/enter", json={"entry": entry, "next": path}, headers=headers or HERE)
            return answer, dict(window.cookies)

    def seen_by(self, cookies: dict[str, str], path: str = "/whoami") -> httpx.Response:
        """What a window with these cookies is shown."""
        with browsing(self.app, HOME) as window:
            window.cookies.update(cookies)
            return window.get(path)

    def kinds(self, stream: str) -> list[str]:
        """What the trail told of streams that begin so, in order."""
        with self.stand.house.database.read() as session:
            return list(
                session.scalars(
                    sa.select(AuditEvent.kind).where(AuditEvent.stream.startswith(stream)).order_by(AuditEvent.id)
                )
            )

    def row(self) -> DeviceToken:
        """The one app there is."""
        with self.stand.house.database.snapshot() as session:
            return session.scalars(sa.select(DeviceToken)).one()


@contextmanager
def installation(stand: Stand, apps: AppRules | None = None) -> Iterator[Installation]:
    """The server upon `stand`."""
    rules, db, clock = apps or AppRules(), stand.house.database, stand.clock
    plain = Plain("Self-service", "Fernhill", "Call 555-0100.")
    made = application(Parts(stand.house, RoleRules(), apps=rules))
    oidc = Oidc(issuer=ISSUER, client_id="selfserve", allow_http_loopback=True)
    parts = SignInParts(db, oidc, None, HOME, RULES, "a secret key of the tests, long enough", plain, clock)
    SignIn(parts).install(made)
    AppDoor(db, RULES, plain, clock, enabled=rules.enabled).install(made)
    made.add_route("/{path:path}", whoami)
    walled = Wall(made, WallRules(HOME, frozenset({"127.0.0.1"})), RULES, db, plain, clock)
    app = SecurityHeaders(walled, https=False, form_targets=lambda: [ISSUER])
    with browsing(app, HOME) as browser:
        yield Installation(stand, app, browser)


async def whoami(request: Request) -> Response:
    """The login of who is signed in."""
    return PlainTextResponse(request.state.principal.login)
