"""Our side of a sign-in: routes, walls and headers around a page that greets, on a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from tests.people.company import add
from tests.sign_in.browser import Browser, browsing
from tests.sign_in.twisted import CLIENT, SECRET

from selfserve.people.roles import RoleRules
from selfserve.settings.identity import Oidc
from selfserve.store.database import Database
from selfserve.store.tables import AuditEvent
from selfserve.store.tables import SignIn as Row
from selfserve.web.headers import SecurityHeaders
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules
from selfserve.web.sign_in import SignIn, SignInParts
from selfserve.web.walls import Wall, WallRules

ROLES = RoleRules.of({"staff": ["techops"], "admin": ["selfserve-admins"]})


@dataclass
class Watch:
    """The real time, and how far a test went ahead of it: the provider's own stamps are real."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Site:
    """One installation and one browser on it."""

    db: Database
    sign_in: SignIn
    client: Browser
    clock: Watch
    ended: list[str] = field(default_factory=list)

    @property
    def cookie(self) -> str:
        return self.sign_in.parts.rules.cookie

    def go(self, path: str = "/auth/login", **params: str) -> str:
        """Start a sign-in; the provider's address the browser is sent to."""
        answer = self.client.get(path, params=params)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def through(self, address: str) -> httpx.Response:
        """Visit a provider that signs everybody in at once, and come back."""
        back = httpx.get(address, follow_redirects=False).headers["location"]
        return self.back(back)

    def back(self, address: str) -> httpx.Response:
        """Come back with the provider's redirect."""
        parts = urlsplit(address)
        return self.client.get(parts.path, params=dict(parse_qsl(parts.query)))

    def enter(self, **params: str) -> httpx.Response:
        """The whole way in."""
        return self.through(self.go(**params))

    def me(self) -> dict[str, Any] | None:
        """Who the browser is signed in as."""
        answer = self.client.get("/me")
        return answer.json() if answer.status_code == 200 else None

    def rows(self) -> list[Row]:
        with self.db.write() as session:
            return list(session.scalars(sa.select(Row).order_by(Row.created_at)))

    def kinds(self) -> list[str]:
        with self.db.read() as session:
            return list(session.scalars(sa.select(AuditEvent.kind).order_by(AuditEvent.id)))

    def logout(self, **headers: str) -> httpx.Response:
        headers = headers or {"origin": self.sign_in.parts.public_url}
        return self.client.post("/auth/logout", headers=headers)


@contextmanager
def site(
    db: Database, issuer: str, *, public_url: str = "http://127.0.0.1:18080", secret: str | None = SECRET, **oidc: Any
) -> Iterator[Site]:
    """An installation that trusts `issuer`, with Ana in its directory."""
    clock = Watch()
    settings = Oidc(issuer=issuer, client_id=CLIENT, allow_http_loopback=True, **oidc)
    rules = SessionRules(ROLES, settings.session_idle, settings.session_absolute, public_url.startswith("https:"))
    plain = Plain("Self-service", "Fernhill", "Call 555-0100.")
    parts = SignInParts(db, settings, secret, public_url, rules, "a secret key of the tests, long enough", plain, clock)
    ended: list[str] = []
    sign_in = SignIn(parts, ended.extend)
    app = FastAPI()
    sign_in.install(app)
    app.add_route("/me", me)
    app.add_route("/{path:path}", anything, methods=["GET", "POST"])
    host = urlsplit(public_url).hostname or ""
    walls = WallRules(public_url, frozenset({host}), ("10.9.0.0/16",))
    guarded = SecurityHeaders(Wall(app, walls, rules, db, plain, clock), rules.secure, lambda: sign_in.provider.origins)
    with db.write() as session:
        add(session, "ana", groups=["all-staff"])
    with browsing(guarded, public_url) as client:
        yield Site(db, sign_in, client, clock, ended)


async def me(request: Request) -> Response:
    who = request.state.principal
    return JSONResponse({"login": who.login, "roles": sorted(who.roles), "at": who.authenticated_at.isoformat()})


async def anything(request: Request) -> Response:
    host = request.client.host if request.client else ""
    return PlainTextResponse(f"page {request.url.path} {request.url.scheme} {host}")
