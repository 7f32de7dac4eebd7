"""Many people at once: what their pages cost, how fast they are served, whether a socket is ever lost."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import engineio
import psutil
import socketio
from playwright.async_api import async_playwright

from bench.rows import Row, quantile, row

CHROMIUM = "/usr/bin/chromium"
AT_ONCE = 8
SETTLED = 3.0
"""Seconds after the last page has connected until memory is read."""
PRESSES = 60
NEXT_PAINT = """
    text => new Promise(done => {
        const field = document.getElementById('s-search'), began = performance.now();
        field.value = text;
        field.dispatchEvent(new Event('input', {bubbles: true}));
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    })
"""
"""Milliseconds from a key to the frame painted after it."""
TO_PAGE = """
    path => new Promise(done => {
        const link = document.querySelector(`.s-side a[href="${path}"]`), began = performance.now();
        const words = link.querySelector('span').textContent;
        const look = () => {
            const found = document.querySelector('.s-content h1')?.textContent;
            if (found !== words) return requestAnimationFrame(look);
            requestAnimationFrame(() => done(performance.now() - began));
        };
        link.click();
        look();
    })
"""
"""Milliseconds from a press on the menu to the other page, built by the server, being painted."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where pages are, as whom, and the process that serves them."""

    base: str
    cookies: Mapping[str, str]
    server: psutil.Process
    path: str = "/"


def connected(site: Site, pages: int, name: str) -> list[Row]:
    """What `pages` open pages, each with its socket, cost; how fast they are built; that all stay connected."""
    return asyncio.run(_connected(site, pages, name))


def answered(site: Site, pages: int, name: str) -> list[Row]:
    """What the server spends on a page's answer alone, without the socket that follows it."""
    return asyncio.run(_answered(site, pages, name))


def held(site: Site, sockets: int, seconds: float) -> list[Row]:
    """So many pages open at once for so long: how many sockets were lost, and what the server spent on them."""
    return asyncio.run(_held(site, sockets, seconds))


def interaction(site: Site, pages: int) -> list[Row]:
    """From a key to the next paint, and from a press on the menu to the other page painted, while `pages` are open."""
    return asyncio.run(_interaction(site, pages))


async def _connected(site: Site, pages: int, name: str) -> list[Row]:
    loop = asyncio.get_running_loop()
    before, began, spent = site.server.memory_info().rss, loop.time(), _spent(site)
    async with _crowd(site, pages) as crowd:
        lasted, spent = loop.time() - began, _spent(site) - spent
        await asyncio.sleep(SETTLED)
        after = site.server.memory_info().rss
        return [
            row(f"{pages} open {name}: memory", after / 2**20, "MiB"),
            row(f"{pages} open {name}: memory for each", (after - before) / pages / 2**10, "KiB"),
            row(f"{pages} open {name}: connected", crowd.alive, "pages"),
            row(f"{pages} open {name}: first pages, {AT_ONCE} at once", pages / lasted, "/s"),
            row(f"{pages} open {name}: processor for each, with its socket", spent / pages * 1000, "ms"),
            row(f"{pages} open {name}: p95 of the first answer", quantile(crowd.took, 0.95) * 1000, "ms"),
        ]


async def _answered(site: Site, pages: int, name: str) -> list[Row]:
    gate, spent = asyncio.Semaphore(AT_ONCE), _spent(site)
    async with _browser(site) as http:

        async def look() -> None:
            async with gate:
                await _look(site, http)

        await asyncio.gather(*(look() for _ in range(pages)))
    return [row(f"{name}: processor for each, the answer alone", (_spent(site) - spent) / pages * 1000, "ms")]


def _spent(site: Site) -> float:
    """Seconds of processor that the server has taken so far, all its threads together."""
    return sum(site.server.cpu_times()[:2])


async def _held(site: Site, sockets: int, seconds: float) -> list[Row]:
    async with _crowd(site, sockets) as crowd:
        await asyncio.sleep(SETTLED)
        spent = _spent(site)
        await asyncio.sleep(seconds)
        spent = _spent(site) - spent
        name = f"{sockets} sockets for {seconds:g} s"
        return [
            row(f"{name}: lost", crowd.lost, "sockets"),
            row(f"{name}: memory", site.server.memory_info().rss / 2**20, "MiB"),
            row(f"{name}: of one core", spent / seconds * 100, "%"),
        ]


async def _interaction(site: Site, pages: int) -> list[Row]:
    async with _crowd(site, pages), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(base_url=site.base, viewport={"width": 1280, "height": 860})
        await context.add_cookies(
            [{"name": name, "value": value, "url": site.base} for name, value in site.cookies.items()]
        )
        page = await context.new_page()
        await page.goto("/")
        await page.wait_for_selector(".s-card")
        words = ["v", "vp", "vpn", "la", "lap", "", "pass", "cannot log in", "wfii", ""]
        keys = [float(await page.evaluate(NEXT_PAINT, words[turn % len(words)])) for turn in range(PRESSES)]
        paths = ("/requests", "/approvals")
        presses = [float(await page.evaluate(TO_PAGE, paths[turn % 2])) for turn in range(PRESSES)]
        await browser.close()
    return [
        row(f"with {pages} connected, key in the search to paint: p95", quantile(keys, 0.95), "ms"),
        row(f"with {pages} connected, press on the menu to the other page painted: p95", quantile(presses, 0.95), "ms"),
    ]


class Crowd:
    """Open pages with their sockets."""

    def __init__(self) -> None:
        self.sockets: list[socketio.AsyncClient] = []
        self.took: list[float] = []
        """Seconds until the first answer, of each page."""
        self.lost = 0

    @property
    def alive(self) -> int:
        """How many sockets are connected now."""
        return sum(one.connected for one in self.sockets)


@asynccontextmanager
async def _crowd(site: Site, pages: int) -> AsyncIterator[Crowd]:
    crowd, gate, loop = Crowd(), asyncio.Semaphore(AT_ONCE), asyncio.get_running_loop()
    async with _browser(site) as http:

        async def open_one() -> None:
            async with gate:
                began = loop.time()
                text = await _look(site, http)
                crowd.took.append(loop.time() - began)
                crowd.sockets.append(await _socket(site, text, crowd))

        await asyncio.gather(*(open_one() for _ in range(pages)))
        yield crowd
        lost, crowd.lost = crowd.lost, 0
        await asyncio.gather(*(one.disconnect() for one in crowd.sockets))
        crowd.lost = lost


def _browser(site: Site) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookies=dict(site.cookies), connector=aiohttp.TCPConnector(limit=0))


async def _look(site: Site, http: aiohttp.ClientSession) -> str:
    async with http.get(site.base + site.path) as answer:
        return await answer.text()


class _Transport(engineio.AsyncClient):  # type: ignore[misc]
    """As patient as a browser: it waits for the server's next sign of life as long as the server said, interval and
    timeout together. The Python client gives up five seconds after the interval, which a loaded machine needs."""

    async def _write_loop(self) -> None:
        self.ping_interval, self.ping_timeout = self.ping_interval + self.ping_timeout - 5, 5.0
        await super()._write_loop()


class _Socket(socketio.AsyncClient):  # type: ignore[misc]
    def _engineio_client_class(self) -> type[engineio.AsyncClient]:
        return _Transport


async def _socket(site: Site, text: str, crowd: Crowd) -> socketio.AsyncClient:
    found = re.search(r"'client_id': '([0-9a-f-]{36})'", text)
    assert found, "the answer was not a page: is the cookie that of somebody signed in?"
    query = f"client_id={found[1]}&next_message_id=0&implicit_handshake=true"
    query += f"&document_id={uuid.uuid4()}&tab_id={uuid.uuid4()}"
    cookie = "; ".join(f"{name}={value}" for name, value in site.cookies.items())
    socket = _Socket(reconnection=False)

    @socket.event  # type: ignore[untyped-decorator]
    def disconnect(*_: object) -> None:
        crowd.lost += 1

    await socket.connect(
        f"{site.base}?{query}",
        headers={"Cookie": cookie, "Origin": site.base},
        transports=["websocket"],
        socketio_path="/_nicegui_ws/socket.io",
        wait_timeout=30,
    )
    return socket
