"""Callers of the API: people with tokens, on a real port, upon the stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.sign_in.serving import served
from tests.stand.house import Stand

from selfserve.api.install import application
from selfserve.api.parts import Parts
from selfserve.people import tokens
from selfserve.people.roles import RoleRules
from selfserve.people.seen import Seen
from selfserve.store.tables import Person, PersonGroup

RULES = RoleRules.of({"staff": ["techops"], "auditor": ["auditors"], "admin": ["admins"]})
GROUPS = {"tess": "techops", "theo": "techops", "lea": "auditors", "cora": "admins"}
PROBLEM = "application/problem+json"
both_stores = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
NOBODY = "01980000-0000-7000-8000-000000000000"
"""An id that nothing has."""


class Port:
    """One port for a whole session, on which one application after the other answers: servers start slowly."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@contextmanager
def open_port() -> Iterator[Port]:
    """A port that answers with what is put behind it."""
    made: list[Port] = []

    def make(url: str) -> Port:
        made.append(Port(url))
        return made[0]

    with served(make):
        yield made[0]


@dataclass
class Api:
    """The API of a stand; calls are made as a person, with all scopes unless others are named."""

    stand: Stand
    url: str
    http: httpx.Client
    seen: Seen
    _made: dict[tuple[str, frozenset[str]], str] = field(default_factory=dict)

    def token(self, who: str, *scopes: str, lasts: timedelta = timedelta(days=30)) -> str:
        """A new token of a person's."""
        with self.stand.house.database.write() as session:
            person = session.get_one(Person, self.stand.people[who])
            wanted = scopes or sorted(tokens.SCOPES)
            label = f"token {len(self._made)} {lasts} {wanted}"[:100]
            return tokens.create(session, person, label, wanted, lasts, self.stand.clock())[1]

    def held(self, who: str, *scopes: str) -> str:
        """The person's token with these scopes, made at first use."""
        key = (who, frozenset(scopes))
        if key not in self._made:
            self._made[key] = self.token(who, *scopes)
        return self._made[key]

    def call(self, who: str | None, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """One call below `/api/v1`; `who` None brings no token."""
        headers = {"Authorization": f"Bearer {self.held(who)}"} if who else {}
        headers |= options.pop("headers", {})
        return self.http.request(method, f"/api/v1{path}", json=body, headers=headers, **options)

    def get(self, who: str | None, path: str, **options: Any) -> httpx.Response:
        """Read."""
        return self.call(who, "GET", path, **options)

    def post(self, who: str | None, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Act."""
        return self.call(who, "POST", path, body, **options)

    def ask(
        self, who: str, item: str, answers: dict[str, Any] | None = None, for_: str | None = None
    ) -> dict[str, Any]:
        """Ask for an item, which is stored; what the API said."""
        answer = self.post(who, "/requests", {"item": item, "answers": answers or {}, "for": for_})
        assert answer.status_code in (200, 201), answer.text
        made: dict[str, Any] = answer.json()
        return made

    def stage(self, request_id: str) -> str:
        """The id of a request's stage."""
        return self.stand.stage_of(request_id).id


@contextmanager
def api_of(stand: Stand, port: Port, readiness: dict[str, Callable[[], str]] | None = None) -> Iterator[Api]:
    """The API upon a stand whose people are in the groups that give roles."""
    with stand.house.database.write() as session:
        for login, group in GROUPS.items():
            session.merge(PersonGroup(person_id=stand.people[login], group=group))
    parts = Parts(stand.house, RULES, readiness or {})
    port.app = application(parts)
    with httpx.Client(base_url=port.url, timeout=30) as http:
        yield Api(stand, port.url, http, parts.seen)


def refused(answer: httpx.Response, status: int, kind: str | None = None) -> dict[str, Any]:
    """The problem document of a refusal, held against RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"].endswith((".", "…"))
    assert kind is None or told["type"] == kind, told
    return told
