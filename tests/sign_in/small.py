"""The small application as a running process, and what an attacker can do to its sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import socketio
from playwright.sync_api import Page
from tests.servers.processes import running

from selfserve.store.database import Database

ROOT = Path(__file__).parents[2]
_CLIENT_ID = re.compile(r"""['"]client_id['"]: ?['"]([0-9a-f-]{36})['"]""")


@dataclass(frozen=True)
class Small:
    """Where the application answers, the store it works on, and what it writes down."""

    address: str
    db: Database
    log: Path

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A signed-in browser without scripts; as whoever the provider signs in now."""
        with httpx.Client(base_url=self.address, follow_redirects=True) as client:
            assert client.get("/auth/login").status_code == 200
            yield client

    def enter(self, page: Page) -> None:
        """Sign Chromium in and wait until the page lives."""
        page.goto(self.address)
        page.get_by_role("link", name="Sign in").click()
        page.wait_for_function("window.socket && window.socket.connected")


def client_id_of(html: str) -> str:
    found = _CLIENT_ID.search(html)
    assert found, html[:2000]
    return found[1]


def cookies_of(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


@contextmanager
def started(store: Path, issuer: str, log: Path) -> Iterator[Small]:
    """The application on the store file `store`."""
    url = f"sqlite:///{store}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
    environment |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "NICEGUI_STORAGE_PATH": str(store.parent / "nicegui")}
    command = [sys.executable, "-m", "tests.sign_in.small_app", url, issuer]
    with running(command, log, lambda: bool(_address(log)), cwd=ROOT, env=environment):
        database = Database(url)
        yield Small(_address(log), database, log)
        database.close()


def _address(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith('{"address"')]
    return str(json.loads(lines[0])["address"]) if lines else ""


def attack(
    address: str,
    client_id: str,
    *,
    origin: str = "",
    cookie: str = "",
    transport: str = "websocket",
    emit: tuple[str, Any] | None = None,
    implicit: bool = True,
) -> bool:
    """Whether a socket made from these parts is accepted for the page `client_id`; then `emit` is sent over it."""
    query = f"client_id={client_id}&next_message_id=0&implicit_handshake={str(implicit).lower()}&document_id=d&tab_id=t"
    headers = {name: value for name, value in (("Origin", origin), ("Cookie", cookie)) if value}
    if transport == "polling":
        return _poll(f"{address}/_nicegui_ws/socket.io/?EIO=4&transport=polling&{query}", headers)
    with ThreadPoolExecutor(1) as threads:  # Playwright's own event loop owns the main thread
        return threads.submit(lambda: asyncio.run(_connect(f"{address}?{query}", headers, emit))).result()


def _poll(address: str, headers: dict[str, str]) -> bool:
    """Connect by HTTP: open (Engine.IO 4), CONNECT as packet `40`, and read whether `40` or `44` comes back."""
    with httpx.Client(headers=headers) as client:
        opened = client.get(address)
        if opened.status_code != 200:
            return False
        session = f"{address}&sid={json.loads(opened.text[1:])['sid']}"
        if client.post(session, content="40").status_code != 200:
            return False
        answer = client.get(session).text
        assert answer[:2] in ("40", "44"), answer
        return answer.startswith("40")


async def _connect(address: str, headers: dict[str, str], emit: Any) -> bool:
    client = socketio.AsyncClient(reconnection=False)
    try:
        await client.connect(address, headers=headers, transports=["websocket"], socketio_path="/_nicegui_ws/socket.io")
    except socketio.exceptions.ConnectionError:
        return False
    try:
        return await _send(client, emit)
    finally:
        await client.disconnect()


async def _send(client: socketio.AsyncClient, emit: Any) -> bool:
    if emit is None:
        return True
    if emit[0] == "handshake":
        return await client.call(*emit) is not False
    await client.emit(*emit)
    # An event has no answer, so one that has follows it on the same socket: by then the event was handled.
    await client.call("handshake", {"client_id": "nobody", "tab_id": "t", "document_id": "d"})
    return True


def outlasts(address: str, client_id: str, cookie: str, events: Sequence[tuple[str, Any]]) -> bool:
    """Whether a socket of the page `client_id` is still open after it sent all these events."""
    query = f"client_id={client_id}&next_message_id=0&implicit_handshake=true&document_id=d&tab_id=t"
    headers = {"Origin": address, "Cookie": cookie}
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(_outlasts(f"{address}?{query}", headers, events))).result()


async def _outlasts(address: str, headers: dict[str, str], events: Sequence[tuple[str, Any]]) -> bool:
    client = socketio.AsyncClient(reconnection=False)
    cut = asyncio.Event()
    client.on("disconnect", lambda *_: cut.set())
    await client.connect(address, headers=headers, transports=["websocket"], socketio_path="/_nicegui_ws/socket.io")
    for event in events:
        await client.emit(*event)
    # The server cuts the socket or answers what has an answer: one of both comes, so that nothing is waited for long.
    answered = asyncio.ensure_future(client.call("handshake", {"client_id": "nobody"}, timeout=30))
    ended = asyncio.ensure_future(cut.wait())
    await asyncio.wait({answered, ended}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    alive = answered.done() and not cut.is_set()
    for waiting in (answered, ended):
        waiting.cancel()
    await asyncio.gather(answered, ended, return_exceptions=True)
    await client.disconnect()
    return alive
