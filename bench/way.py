"""From `POST /api/v1/requests` to *verified in slapd over TLS*, at several loads, and what a decision costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import psutil
import sqlalchemy as sa

from bench.installation import Asker, Installation
from bench.rows import Row, quantile, row
from selfserve.store.states import RequestState
from selfserve.store.tables import Request

Call = Callable[[httpx.AsyncClient, Asker, str], Awaitable[httpx.Response]]


async def _ask(client: httpx.AsyncClient, asker: Asker, note: str, item: str = "membership") -> httpx.Response:
    return await client.post(
        "/api/v1/requests",
        json={"item": item, "answers": {"note": note}},
        headers={"Authorization": f"Bearer {asker.token}"},
    )


@asynccontextmanager
async def _client(where: Installation, concurrency: int, url: str = "") -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    host = {"Host": where.url.removeprefix("http://")}
    async with httpx.AsyncClient(base_url=url or where.url, headers=host, timeout=120, limits=limits) as client:
        yield client


async def _load(
    where: Installation, askers: Iterable[Asker], concurrency: int, note: str, urls: Sequence[str] = ()
) -> tuple[list[float], list[str], float]:
    """Each asker asks once, at one of the processes in turn; latencies, states and the whole time."""
    took: list[float] = []
    states: list[str] = []
    waiting = iter(askers)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(where, concurrency, url)) for url in urls or [where.url]]

        async def lane(number: int) -> None:
            client = clients[number % len(clients)]
            for asker in waiting:
                began = time.perf_counter()
                answer = await _ask(client, asker, note)
                took.append(time.perf_counter() - began)
                answer.raise_for_status()
                states.append(answer.json()["state"])

        began = time.perf_counter()
        await asyncio.gather(*(lane(number) for number in range(concurrency)))
        return took, states, time.perf_counter() - began


def at_once(
    where: Installation,
    kind: str,
    servers: Sequence[psutil.Process],
    urls: Sequence[str] = (),
    concurrencies: tuple[int, ...] = (1, 8, 32),
) -> list[Row]:
    """Verified requests a second and latency, first attempt at once: every answer says fulfilled, slapd shows all.

    `urls` are those of several processes on one store, `servers` the processes.
    """
    rows: list[Row] = []
    asyncio.run(_all(_load(where, where.customers[:40], 8, "warm", urls)))
    share = (len(where.customers) - 40) // len(concurrencies)
    for number, concurrency in enumerate(concurrencies):
        askers = where.customers[40 + number * share : 40 + (number + 1) * share]
        before = _worked(servers)
        took, states, whole = asyncio.run(_load(where, askers, concurrency, f"at {concurrency}", urls))
        after = _worked(servers)
        if set(states) != {"fulfilled"}:
            raise RuntimeError(f"not all were fulfilled at once: {set(states)}")
        cpu = (after - before) / len(took)
        name = f"POST to verified in slapd, {kind}, {concurrency} at once"
        rows += [
            row(f"{name}: rate", len(took) / whole, "1/s"),
            row(f"{name}: p50", quantile(took, 0.5) * 1000, "ms"),
            row(f"{name}: p95", quantile(took, 0.95) * 1000, "ms"),
            row(f"{name}: server CPU a request", cpu * 1000, "ms"),
        ]
    members = set(where.slapd.attributes(where.group_dn, "member")["member"])
    expected = 40 + share * len(concurrencies)
    if len(members - {where.slapd.svc_dn}) != expected:
        raise RuntimeError(f"slapd shows {len(members) - 1} members, the ledger {expected}")
    return rows


def _worked(servers: Sequence[psutil.Process]) -> float:
    """Seconds of processor that the servers have used."""
    return sum(times.user + times.system for times in (server.cpu_times() for server in servers))


async def _all(work: Awaitable[object]) -> None:
    await work


def queued(where: Installation, kind: str, count: int = 300) -> list[Row]:
    """The same through the queue alone: the first attempt has no budget, so every run is durable."""
    began = time.perf_counter()
    asyncio.run(_all(_load(where, where.customers[:count], 8, "queued")))
    database = where.store()
    try:
        while True:
            with database.read() as session:
                done = session.scalar(
                    sa.select(sa.func.count()).select_from(Request).where(Request.state == RequestState.FULFILLED)
                )
            if done == count:
                break
            time.sleep(0.05)
        whole = time.perf_counter() - began
    finally:
        database.close()
    return [row(f"through the queue alone, {kind}: rate", count / whole, "1/s")]


def decisions(where: Installation, kind: str, count: int = 120) -> list[Row]:
    """How long an approver's decision takes, over the API."""
    took = asyncio.run(_decide(where, count))
    return [
        row(f"approve, {kind}: p50", quantile(took, 0.5) * 1000, "ms"),
        row(f"approve, {kind}: p95", quantile(took, 0.95) * 1000, "ms"),
    ]


async def _decide(where: Installation, count: int) -> list[float]:
    decider, took = where.customers[0], []
    headers = {"Authorization": f"Bearer {decider.token}"}
    async with _client(where, 4) as client:
        for asker in where.customers[2 : count + 2]:
            (await _ask(client, asker, "decide", "approved")).raise_for_status()
        waiting: list[str] = []
        asked: dict[str, str] | None = {}
        while asked is not None:
            page = await client.get("/api/v1/approvals", params=asked, headers=headers)
            page.raise_for_status()
            waiting += [one["stage_id"] for one in page.json()["rows"]]
            asked = {"cursor": page.json()["cursor"]} if page.json()["cursor"] else None
        for stage in waiting[:count]:
            began = time.perf_counter()
            answer = await client.post(
                f"/api/v1/approvals/{stage}/decide", json={"decision": "approve"}, headers=headers
            )
            took.append(time.perf_counter() - began)
            answer.raise_for_status()
    return took
