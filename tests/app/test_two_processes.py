"""Hard cases 1, 2 and 11 between real processes: two servers on one store, asked at the same moment.

The relatives of each, by the dozen, run in `tests/requests` upon two houses in one process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests.app.installation import Installation, installation
from tests.app.processes import command, environment, write_config
from tests.servers.processes import free_port, running

from selfserve.people import tokens
from selfserve.people.directory import by_login
from selfserve.store.tables import AuditEvent, Grant, GrantReason, Run
from selfserve.tasks import sync_people

ASKING = ("lukas", "jonas", "ana", "priya")
"""One race for each: one that is lost once in a while must not be won by luck."""
PEOPLE = (*ASKING, "sam", "mei", "emil", "ruth", "tove")
WIFI = {"item": "guest-wifi", "answers": {"how_long": "2h"}}
SEAT = {"item": "zoom-pro", "answers": {"days": 3}}


@dataclass
class Two:
    """Two servers' addresses, and who may call them."""

    place: Installation
    urls: tuple[str, str]
    held: dict[str, str]

    def call(self, who: str, at: int, method: str, path: str, body: Any = None) -> httpx.Response:
        """`who` calls the server number `at`."""
        headers = {"Authorization": f"Bearer {self.held[who]}"}
        return httpx.request(method, f"{self.urls[at]}/api/v1{path}", json=body, headers=headers, timeout=30)

    def at_once(self, *calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
        """All of them leave in the same moment."""
        gate = threading.Barrier(len(calls))

        def go(call: Callable[[], httpx.Response]) -> httpx.Response:
            gate.wait()
            return call()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(go, calls))

    def count(self, of: Any, *where: Any) -> int:
        """How many rows the store has, read past both servers."""
        app = self.place.build(works=False)
        try:
            with app.house.database.read() as session:
                return session.scalar(sa.select(sa.func.count()).select_from(of).where(*where)) or 0
        finally:
            app.stop()

    def until(self, who: str, request_id: str, state: str) -> dict[str, Any]:
        """The request once it is in that state."""
        limit = time.monotonic() + 40
        while True:
            told: dict[str, Any] = self.call(who, 0, "GET", f"/requests/{request_id}").json()
            if told["state"] == state:
                return told
            assert time.monotonic() < limit, told
            time.sleep(0.1)  # another process gives no signal; asking again is the only way


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def two(tmp_path: Path, postgres_url: str) -> Iterator[Two]:
    """Two processes that serve and work on one PostgreSQL database."""
    with installation(tmp_path, postgres_url) as place, ExitStack() as stack:
        held = _tokens(place)
        urls = []
        for number in (1, 2):
            port = free_port()
            urls.append(f"http://127.0.0.1:{port}")
            config = write_config(place, port).rename(place.folder / f"{number}.toml")
            line, log = command(config, "serve"), place.folder / f"{number}.log"
            stack.enter_context(running(line, log, partial(_answers, urls[-1]), env=environment(place)))
        yield Two(place, (urls[0], urls[1]), held)
        logs = "".join((place.folder / f"{number}.log").read_text() for number in (1, 2))
        assert "Traceback" not in logs


def _tokens(place: Installation) -> dict[str, str]:
    app = place.build(works=False)
    try:
        sync_people(app, full=True)
        held = {}
        with app.house.database.write() as session:
            for login in PEOPLE:
                person = by_login(session, login)
                assert person is not None
                scopes = ["requests:read", "requests:write", "approvals:write"]
                _, held[login] = tokens.create(session, person, "test", scopes, timedelta(days=1), app.house.now())
        return held
    finally:
        app.stop()


def test_hard_case_1_the_same_ask_to_two_real_processes_is_one_request(two: Two) -> None:
    """Both answer with one id, once as made and once as found; one run, one reason, one line in the trail."""
    for who in ASKING:
        made = two.at_once(*(partial(two.call, who, at, "POST", "/requests", WIFI) for at in (0, 1)))
        assert sorted(one.status_code for one in made) == [200, 201], [one.text for one in made]
        (request_id,) = {one.json()["id"] for one in made}
        two.until(who, request_id, "fulfilled")
        assert two.count(Run, Run.request_id == request_id) == 1
        assert two.count(GrantReason, GrantReason.request_id == request_id) == 1
        asked = (AuditEvent.stream == f"request:{request_id}", AuditEvent.kind == "request.asked")
        assert two.count(AuditEvent, *asked) == 1


def test_hard_case_2_two_approvers_at_two_real_processes_are_one_decision(two: Two) -> None:
    """The first decides; the second is told who was first, and when. One run."""
    answers = {"team": "web", "reason": "The shop."}
    for who in ("emil", "ruth", "tove"):
        made = two.call(who, 0, "POST", "/requests", {"item": "github-engineering", "answers": answers})
        assert made.status_code == 201, made.text
        request_id = made.json()["id"]
        (row,) = two.call("mei", 0, "GET", "/approvals").json()["rows"]
        stage = row["stage_id"]
        told = two.at_once(
            partial(two.call, "mei", 0, "POST", f"/approvals/{stage}/decide", {"decision": "approve"}),
            partial(two.call, "sam", 1, "POST", f"/approvals/{stage}/decide", {"decision": "deny", "reason": "No."}),
        )
        assert sorted(one.status_code for one in told) == [200, 409], [one.text for one in told]
        approved = told[0].status_code == 200
        lost = told[1 if approved else 0].json()
        assert lost["decided_by"] == ("Mei Tanaka" if approved else "Sam Okafor")
        assert lost["decided_at"]
        two.until(who, request_id, "fulfilled" if approved else "denied")
        assert two.count(Run, Run.request_id == request_id) == int(approved)
        assert ("github-engineering" in two.place.directory.groups(who)) is approved


def test_hard_case_11_the_last_seat_asked_for_at_two_real_processes_is_given_once(two: Two) -> None:
    """There is one seat of Zoom: one has it, the other waits and knows their place; given back, it goes to them."""
    made = two.at_once(
        partial(two.call, "lukas", 0, "POST", "/requests", SEAT),
        partial(two.call, "jonas", 1, "POST", "/requests", SEAT),
    )
    assert [one.status_code for one in made] == [201, 201], [one.text for one in made]
    ids = {"lukas": made[0].json()["id"], "jonas": made[1].json()["id"]}
    states = {who: two.call(who, 0, "GET", f"/requests/{one}").json()["state"] for who, one in ids.items()}
    assert sorted(states.values()) == ["fulfilled", "fulfilling"]
    has, waits = sorted(states, key=lambda who: states[who] != "fulfilled")
    lines = two.call(waits, 0, "GET", f"/requests/{ids[waits]}").json()["lines"]
    assert [one for one in lines if one["kind"] == "place"]
    assert two.count(Grant, Grant.state == "active") == 1
    assert two.call(has, 1, "POST", f"/requests/{ids[has]}/return").status_code == 200
    two.until(waits, ids[waits], "fulfilled")
