"""How soon a page is seen, and what an open page costs the server."""

from __future__ import annotations

import asyncio
import re
import statistics
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import psutil
import socketio
from playwright.sync_api import Browser, Page, sync_playwright

from bench.rows import Row, quantile, row

CHROMIUM = "/usr/bin/chromium"
TURNS = 5
SETTLED = 3.0
"""Seconds after the last page has connected until memory is read."""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
LARGEST = (
    "new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))"
    ".observe({type: 'largest-contentful-paint', buffered: true}))"
)
SEEN = """
    (selector) => new Promise(done => {
        const look = () => document.querySelector(selector) ? done(performance.now()) : requestAnimationFrame(look);
        look();
    })
"""
"""When an element stands in the page, in milliseconds since the navigation began."""


@dataclass
class Paints:
    """Milliseconds from the beginning of the navigation, one for each turn."""

    first: list[float] = field(default_factory=list)
    card: list[float] = field(default_factory=list)
    largest: list[float] = field(default_factory=list)

    def rows(self, kind: str) -> list[Row]:
        """The medians."""
        named = {"first paint": self.first, "first card there": self.card, "largest paint": self.largest}
        return [row(f"catalog, {kind}: {name}", statistics.median(found), "ms") for name, found in named.items()]


def first_paint(base: str, cookies: Mapping[str, str], path: str = "/", turns: int = TURNS) -> list[Row]:
    """First contentful paint, first card and largest paint of the catalog: with an empty cache, and with a full one.

    `cookies` are those of somebody signed in.
    """
    cold, warm = Paints(), Paints()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(turns):
            _turn(browser, base, cookies, path, (cold, warm))
        browser.close()
    return [*cold.rows("empty cache"), *warm.rows("full cache")]


def _turn(browser: Browser, base: str, cookies: Mapping[str, str], path: str, into: tuple[Paints, Paints]) -> None:
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 860})
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    for paints in into:
        _look(page, path, paints)
    context.close()


def _look(page: Page, path: str, into: Paints) -> None:
    page.goto(path, wait_until="commit")
    into.card.append(float(page.evaluate(SEEN, ".s-card")))
    page.wait_for_load_state("networkidle")
    into.first.append(float(page.evaluate(PAINT)))
    into.largest.append(float(page.evaluate(LARGEST)))


def connected(base: str, cookies: Mapping[str, str], pid: int, pages: int = 200, path: str = "/") -> list[Row]:
    """What `pages` open pages, each with its socket, cost the server process `pid`; and how fast they are built."""
    return asyncio.run(_connected(base, cookies, psutil.Process(pid), pages, path))


async def _connected(base: str, cookies: Mapping[str, str], server: psutil.Process, pages: int, path: str) -> list[Row]:
    loop, took, sockets = asyncio.get_running_loop(), list[float](), list[socketio.AsyncClient]()
    gate = asyncio.Semaphore(8)
    async with aiohttp.ClientSession(cookies=dict(cookies)) as http:

        async def open_one() -> None:
            async with gate:
                began = loop.time()
                async with http.get(base + path) as answer:
                    text = await answer.text()
                took.append(loop.time() - began)
                sockets.append(await _socket(base, cookies, text))

        await open_one()
        before, began = server.memory_info().rss, loop.time()
        await asyncio.gather(*(open_one() for _ in range(pages)))
        lasted = loop.time() - began
        await asyncio.sleep(SETTLED)
        after, alive = server.memory_info().rss, sum(socket.connected for socket in sockets)
        await asyncio.gather(*(socket.disconnect() for socket in sockets))
    return [
        row(f"{pages} open pages: memory", after / 2**20, "MiB"),
        row(f"{pages} open pages: memory for each", (after - before) / pages / 2**10, "KiB"),
        row(f"{pages} open pages: connected", alive - 1, "pages"),
        row(f"{pages} open pages: first pages, 8 at once", pages / lasted, "/s"),
        row(f"{pages} open pages: p95 of the first answer", quantile(took, 0.95) * 1000, "ms"),
    ]


async def _socket(base: str, cookies: Mapping[str, str], text: str) -> socketio.AsyncClient:
    found = re.search(r"'client_id': '([0-9a-f-]{36})'", text)
    assert found, "the answer was not a page: is the cookie that of somebody signed in?"
    query = f"client_id={found[1]}&next_message_id=0&implicit_handshake=true"
    query += f"&document_id={uuid.uuid4()}&tab_id={uuid.uuid4()}"
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    socket = socketio.AsyncClient(reconnection=False)
    await socket.connect(
        f"{base}?{query}",
        headers={"Cookie": cookie, "Origin": base},
        transports=["websocket"],
        socketio_path="/_nicegui_ws/socket.io",
        wait_timeout=30,
    )
    return socket
