"""The attacks on pages that stay open, on a real application in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.people.company import add
from tests.sign_in.conftest import Stage
from tests.sign_in.small import Small, attack, client_id_of, cookies_of, outlasts, started
from tests.sign_in.twisted import Twisted

from selfserve.store.tables import Person, SignIn
from selfserve.web.sockets import MOST_BAD


@pytest.fixture(scope="module")
def small(empty_sqlite: Path, stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """The small application with Ana and Bob in its directory."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copy(empty_sqlite, folder / "store.db")
    with started(folder / "store.db", stage.address, folder / "log") as made:
        with made.db.write() as session:
            add(session, "ana")
            add(session, "bob")
        yield made


@pytest.fixture
def bob(small: Small, idp: Twisted) -> Iterator[httpx.Client]:
    """Another signed-in customer."""
    ana, idp.who = idp.who, {"sub": "sub-bob", "email": "bob@example.test"}
    with small.browser() as client:
        idp.who = ana
        yield client


@pytest.fixture
def ana(small: Small, idp: Twisted) -> Iterator[httpx.Client]:
    """Ana's browser, without scripts."""
    with small.browser() as client:
        yield client


def test_a_page_opens_its_own_socket(small: Small, ana: httpx.Client) -> None:
    """The very page, session and origin are accepted, over both transports."""
    for transport in ("websocket", "polling"):
        page = client_id_of(ana.get("/").text)
        assert attack(small.address, page, origin=small.address, cookie=cookies_of(ana), transport=transport)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_stolen_page_id_opens_nothing(small: Small, ana: httpx.Client, bob: httpx.Client, transport: str) -> None:
    """Without a session, with another's, or with another of one's own sessions."""
    with small.browser() as other_session:
        for thief in ("", cookies_of(bob), cookies_of(other_session), "selfserve=" + "A" * 43):
            page = client_id_of(ana.get("/").text)
            assert not attack(small.address, page, origin=small.address, cookie=thief, transport=transport)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1"])
def test_another_origin_opens_no_socket(small: Small, ana: httpx.Client, origin: str) -> None:
    """Cross-site WebSocket hijacking: the browser sends the cookie along, so the origin decides."""
    page = client_id_of(ana.get("/").text)
    assert not attack(small.address, page, origin=origin, cookie=cookies_of(ana))


def test_an_accepted_socket_cannot_shake_hands_for_another_page(
    small: Small, ana: httpx.Client, bob: httpx.Client
) -> None:
    """Connected without a page, or with one's own, and then asking for somebody else's."""
    hers = client_id_of(ana.get("/").text)
    for implicit in (True, False):
        his = client_id_of(bob.get("/").text)
        greeting = {"client_id": hers, "tab_id": "t", "document_id": "d", "next_message_id": 0}
        assert not attack(
            small.address,
            his,
            origin=small.address,
            cookie=cookies_of(bob),
            emit=("handshake", greeting),
            implicit=implicit,
        )


def test_nobody_acts_on_anothers_page(small: Small, page: Page, bob: httpx.Client, idp: Twisted) -> None:
    """A signed-in customer who knows another's page, element and listener changes nothing there; its owner does."""
    sources: list[str] = []
    page.on("response", lambda answer: sources.append(answer.text()) if answer.url == f"{small.address}/" else None)
    small.enter(page)
    hers = client_id_of(sources[-1])
    button = page.get_by_role("button", name="Add")
    element = int((button.get_attribute("id") or "").removeprefix("c"))
    listener = re.search(rf'"{element}":\{{.*?"listener_id":"([0-9a-f-]+)"', sources[-1])
    assert listener
    event = {"id": element, "client_id": hers, "listener_id": listener[1], "args": ["{}"]}
    foreign: list[tuple[str, dict[str, Any]]] = [
        ("event", event),
        ("event", {**event, "client_id": [hers]}),
        ("ack", {"client_id": hers, "next_message_id": 10_000}),
        ("log", {"client_id": hers, "level": "error", "message": "forged"}),
        ("javascript_response", {"client_id": hers, "request_id": "x", "result": 1}),
    ]
    for emit in foreign:
        his = client_id_of(bob.get("/").text)
        assert attack(small.address, his, origin=small.address, cookie=cookies_of(bob), emit=emit)
    expect(page.locator(".count")).to_have_text("0")
    button.click()
    expect(page.locator(".count")).to_have_text("1")


MALFORMED: list[tuple[str, Any]] = [
    ("event", None),
    ("event", "text"),
    ("event", {}),
    ("event", {"id": 1}),
    ("event", {"id": [], "listener_id": "x"}),
    ("event", {"id": 4, "listener_id": "nobody", "args": []}),
    ("event", {"id": 4, "listener_id": {}, "args": []}),
    ("event", {"id": 4, "listener_id": "x", "args": ["{"]}),
    ("event", {"id": 4, "listener_id": "x", "args": 7}),
    ("event", {"id": 4, "listener_id": "x", "args": ["[" * 100_000]}),
    ("javascript_response", {}),
    ("javascript_response", {"request_id": []}),
    ("ack", {}),
    ("ack", {"next_message_id": "ten"}),
    ("log", {"level": "fatal", "message": "x"}),
    ("log", {"level": [], "message": "x"}),
]


def test_a_malformed_event_is_dropped_without_a_trace(small: Small, bob: httpx.Client) -> None:
    """Whatever shape a signed-in browser sends: one line of warning for each socket, no exception in the log."""
    before = len(small.log.read_text())
    for name, message in MALFORMED:
        his = client_id_of(bob.get("/").text)
        sent = {"client_id": his, **message} if isinstance(message, dict) else message
        assert attack(small.address, his, origin=small.address, cookie=cookies_of(bob), emit=(name, sent))
    told = small.log.read_text()[before:]
    assert "Traceback" not in told
    assert told.count("socket.malformed_event") + told.count("socket.foreign_event") == len(MALFORMED)


def test_a_socket_that_sends_a_hundred_malformed_events_is_cut(small: Small, bob: httpx.Client) -> None:
    """One fewer is borne, since a page that is rebuilt may send a few for what is gone; the log has one line for it."""
    for count, open_still in ((MOST_BAD - 1, True), (MOST_BAD, False)):
        before = len(small.log.read_text())
        his = client_id_of(bob.get("/").text)
        bad = ("ack", {"client_id": his, "next_message_id": "ten"})
        assert outlasts(small.address, his, cookies_of(bob), [bad] * count) is open_still
        told = small.log.read_text()[before:]
        assert told.count("socket.malformed_event") == 1
        assert told.count("events that could not be taken") == (0 if open_still else 1)


def test_hostile_text_stays_text(small: Small, page: Page, idp: Twisted) -> None:
    """No handler, script or link of others' runs: escaped, sanitised, and refused by the policy where those fail."""
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    small.enter(page)
    page.evaluate(
        """() => { const box = document.createElement('div'); box.innerHTML = '<img src=x onerror="window.pwned=5">';
        document.body.append(box); const own = document.createElement('script'); own.textContent = 'window.pwned = 6';
        document.body.append(own); const far = document.createElement('script'); far.src = 'https://evil.example/x.js';
        document.body.append(far) }"""
    )
    page.get_by_role("button", name="Script").click()
    page.wait_for_function("document.title === 'ran'")
    assert page.evaluate("window.pwned") is None
    assert len(refused) >= 3
    assert page.evaluate("[...document.links].map(link => link.protocol)") == []


def test_every_script_of_a_page_carries_the_nonce(small: Small, ana: httpx.Client) -> None:
    """Those of the template only: a script that came with content has none and does not run."""
    answer = ana.get("/")
    nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"])
    assert nonce
    scripts = re.findall(r"<script[^>]*>", answer.text)
    marked = [script for script in scripts if f'nonce="{nonce[1]}"' in script]
    assert len(marked) >= 5
    assert [script for script in scripts if script not in marked and "text/x-template" not in script] == ["<script>"]
    assert answer.headers["cache-control"] == "no-store"
    missing = ana.get("/no-such-page")
    assert missing.status_code == 404
    assert "'nonce-" in missing.headers["content-security-policy"]


def test_a_session_that_ended_elsewhere_takes_its_pages_along(small: Small, page: Page, idp: Twisted) -> None:
    """Ended in the store by another process: the open page lands at sign-in by itself."""
    small.enter(page)
    with small.db.write() as session:
        session.execute(sa.update(SignIn).values(ended_at=datetime.now(UTC)))
    expect(page.get_by_role("link", name="Sign in")).to_be_visible(timeout=8_000)


def test_a_silent_polling_socket_keeps_no_ended_page_open(
    small: Small, page: Page, ana: httpx.Client, idp: Twisted
) -> None:
    """A browser that opens a socket by polling and never polls again takes no goodbye; others are cut all the same."""
    for ended in range(2):
        hers = client_id_of(ana.get("/").text)
        if not ended:
            assert attack(small.address, hers, origin=small.address, cookie=cookies_of(ana), transport="polling")
        small.enter(page)
        with small.db.write() as session:
            session.execute(sa.update(SignIn).values(ended_at=datetime.now(UTC)))
        expect(page.get_by_role("link", name="Sign in")).to_be_visible(timeout=8_000)
        if not ended:
            assert ana.get("/auth/login").status_code == 200


def test_a_disabled_person_loses_open_pages(small: Small, page: Page, idp: Twisted) -> None:
    """No request needs to come: the socket is cut, and signing in again is refused with a page."""
    small.enter(page)
    with small.db.write() as session:
        session.execute(sa.update(Person).where(Person.login == "ana").values(disabled=True))
    try:
        page.get_by_role("link", name="Sign in").click(timeout=8_000)
        expect(page.get_by_role("heading")).to_have_text("We could not let you in")
    finally:
        with small.db.write() as session:
            session.execute(sa.update(Person).values(disabled=False))


def test_signing_out_by_the_button_ends_every_tab(small: Small, page: Page, idp: Twisted) -> None:
    """The form passes our own wall under our own referrer policy; the other tab lands at sign-in."""
    idp.bend_discovery = lambda document: document
    small.enter(page)
    other = page.context.new_page()
    other.goto(small.address)
    expect(other.locator(".count")).to_have_text("0")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/logout|/auth/bye"))
    expect(other.get_by_role("link", name="Sign in")).to_be_visible(timeout=8_000)


def test_a_page_without_session_belongs_to_its_browser(small: Small, page: Page, ana: httpx.Client) -> None:
    """Open pages work for strangers, each for the browser that loaded it."""
    page.goto(f"{small.address}/open")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".count")).to_have_text("1")
    with httpx.Client(base_url=small.address) as stranger:
        his = client_id_of(stranger.get("/open").text)
        assert not attack(small.address, his, origin=small.address, cookie="")
        assert not attack(small.address, his, origin=small.address, cookie=cookies_of(ana))
        assert attack(small.address, his, origin=small.address, cookie=cookies_of(stranger))
