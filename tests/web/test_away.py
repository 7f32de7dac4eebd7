"""While the store cannot be had, people read one sentence on a page, whatever they asked for; programs a document."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from selfserve.api import problems
from selfserve.people.roles import RoleRules
from selfserve.store.database import Database, StoreBusy
from selfserve.web import away
from selfserve.web.parts.grid import Grid
from selfserve.web.plain import Plain
from selfserve.web.sessions import SessionRules
from selfserve.web.walls import Wall, WallRules
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until

BUSY = "We are busy at the moment. Nothing was changed and nothing was lost; please try again in a few seconds."
PLAIN = Plain("Self-service", "Fernhill", "Call 555-0100.")
ERRORS = [StoreBusy("another process holds the write lock"), OperationalError("SELECT 1", {}, Exception("gone"))]


def busy(*_: object, **__: object) -> NoReturn:
    """What finds the store taken."""
    raise ERRORS[0]


async def test_a_page_that_finds_the_store_busy_says_so(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence in the page's place, one line of warning, no trace."""
    monkeypatch.setattr("selfserve.web.pages.requests.lists.requests", busy)
    ana = visitor("ana")
    with capture_logs() as logged:
        await ana.open("/requests")
        await ana.should_see(BUSY)
    told = [line for line in logged if line["event"] in ("store_busy", "page_failed")]
    assert [(line["event"], line["log_level"], line["path"]) for line in told] == [
        ("store_busy", "warning", "/requests")
    ]


async def test_an_act_that_finds_the_store_busy_says_so(
    visitor: Visitor, told: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence is told where the act was done, and the page stays as it is."""
    monkeypatch.setattr("selfserve.web.pages.catalog.Shelf.search", busy)
    ana = visitor("ana")
    await ana.open("/")
    with capture_logs() as logged:
        ana.find(Grid).trigger("search", "vpn")
        await until(lambda: ("warn", (BUSY,)) in told)
    assert [line["log_level"] for line in logged if line["event"] == "store_busy"] == ["warning"]
    await ana.should_see(Grid)


async def test_a_first_page_that_finds_the_store_busy_is_a_page(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is even known who looks: status 503, and no way to sign in that would lead nowhere."""
    monkeypatch.setattr(PageStand, "principal_of", busy)
    answer = await visitor("ana").http_client.get("/mine")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert BUSY in answer.text


@pytest.mark.parametrize("error", ERRORS, ids=["busy", "away"])
async def test_people_get_a_page_where_programs_get_a_document(error: Exception) -> None:
    """Signing in and every other path outside the API answers HTML; the API and probes answer JSON."""
    app = FastAPI()
    problems.install(app)
    away.install(app, PLAIN)

    async def fails() -> None:
        raise error

    people, programs = ("/sign-in", "/auth/callback", "/apiary"), ("/api/v1/me", "/readyz", "/auth/backchannel")
    for path in (*people, *programs):
        app.add_api_route(path, fails)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        pages = [await client.get(path) for path in people]
        documents = [await client.get(path) for path in programs]
    assert {answer.status_code for answer in (*pages, *documents)} == {503}
    assert all(BUSY in answer.text and answer.headers["content-type"].startswith("text/html") for answer in pages)
    assert all(answer.headers["content-type"] == problems.MEDIA for answer in documents)


async def test_the_wall_says_it_where_nobody_can_be_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie that cannot be looked up leads to the page, not to a fault and not to signing in."""
    monkeypatch.setattr("selfserve.web.walls.sessions.current", busy)
    database = Database(f"sqlite:///{tmp_path / 'away.db'}")
    rules = SessionRules(RoleRules(), secure=False)
    wall = Wall(
        FastAPI(),
        rules=WallRules("http://test", frozenset({"test"})),
        session_rules=rules,
        db=database,
        plain=PLAIN,
        clock=lambda: datetime.now(UTC),
    )
    asked = {"transport": httpx.ASGITransport(wall), "base_url": "http://test", "cookies": {rules.cookie: "x"}}
    async with httpx.AsyncClient(**asked) as client:  # type: ignore[arg-type]
        answer = await client.get("/mine", headers={"accept-language": "de"})
    database.close()
    assert answer.status_code == 503
    assert "Gerade ist viel los." in answer.text
