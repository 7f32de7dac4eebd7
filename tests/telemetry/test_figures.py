"""Figures at /metrics, and what the middleware adds to them."""

from __future__ import annotations

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from selfserve.telemetry import figures
from selfserve.telemetry.middleware import Telemetry


def value(name: str, **labels: str) -> float:
    """A sample as Prometheus would read it; 0 where there is none yet."""
    body, _ = figures.exposition()
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            if sample.name == name and all(sample.labels.get(key) == one for key, one in labels.items()):
                return float(sample.value)
    return 0.0


def test_what_happens_is_counted() -> None:
    """Requests by item and end, steps by connector and kind, first attempts by success."""
    before = value("selfserve_steps_total", connector="ldap-1", outcome="failed", kind="transient")
    figures.request_submitted("vpn")
    figures.request_ended("vpn", "fulfilled")
    figures.fulfilled_after("vpn", 0.3)
    figures.step_ended("ldap-1", "failed", "transient")
    figures.first_attempt(hit=True)
    figures.takeover()
    assert value("selfserve_steps_total", connector="ldap-1", outcome="failed", kind="transient") == before + 1
    assert value("selfserve_requests_submitted_total", item="vpn") >= 1
    assert value("selfserve_requests_ended_total", item="vpn", how="fulfilled") >= 1
    assert value("selfserve_fulfil_seconds_bucket", item="vpn", le="0.5") >= 1
    assert value("selfserve_first_attempts_total", hit="yes") >= 1
    assert value("selfserve_takeovers_total") >= 1


def test_what_stands_is_shown_as_it_is_now() -> None:
    """A team whose last escalation was closed is not shown with its old figure."""
    figures.set_escalations_open({"desk": 3, "network": 1})
    figures.set_escalations_open({"desk": 2})
    figures.set_queue_depth("directory", 7)
    figures.set_mail(waiting=4, refused=1)
    assert value("selfserve_escalations_open", team="desk") == 2
    assert value("selfserve_escalations_open", team="network") == 0
    assert value("selfserve_queue_depth", queue="directory") == 7
    assert value("selfserve_mail_notices", state="waiting") == 4


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(structlog.contextvars.get_contextvars()["request_id"])


async def _broken(request: Request) -> PlainTextResponse:
    raise RuntimeError("broken")


def client() -> httpx.AsyncClient:
    """A client of a small app behind the middleware."""
    ticks = iter(range(100))
    app = Starlette(routes=[Route("/requests/{name}", _hello), Route("/broken", _broken), Route("/healthz", _hello)])
    wrapped = Telemetry(app, clock=lambda: float(next(ticks)))
    transport = httpx.ASGITransport(app=wrapped, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_request_is_one_line_without_its_query() -> None:
    """Codes and tokens travel in queries."""
    async with client() as http:
        with capture_logs() as logs:
            answer = await http.get("/requests/R-7K3F?code=hunter2")
    (line,) = logs
    assert (line["path"], line["status"], line["ms"]) == ("/requests/R-7K3F", 200, 1000.0)
    assert "hunter2" not in str(line)
    assert answer.headers["x-request-id"] == answer.text


async def test_figures_go_by_route_not_by_path() -> None:
    """Otherwise every request's name would be a figure of its own."""
    async with client() as http:
        await http.get("/requests/R-1")
        await http.get("/nowhere/at/all")
    assert value("selfserve_http_seconds_count", route="/requests/{name}", status="200") >= 1
    assert value("selfserve_http_seconds_count", route="other", status="404") >= 1
    assert b"R-1" not in figures.exposition()[0]


async def test_a_fault_is_counted_as_one() -> None:
    """Also where no answer was begun."""
    async with client() as http:
        with capture_logs() as logs:
            await http.get("/broken")
    assert logs[0]["status"] == 500


@pytest.mark.parametrize(
    ("given", "kept"), [("abcdef-12345678", True), ("short", False), ("x" * 65, False), ("a b\tcdefgh", False)]
)
async def test_a_proxys_request_id_is_kept_where_it_looks_like_one(given: str, kept: bool) -> None:
    """What a client sends is not written to the log unseen."""
    async with client() as http:
        answer = await http.get("/requests/R-1", headers={"X-Request-Id": given})
    assert (answer.text == given) is kept


async def test_probes_leave_no_lines() -> None:
    """They come every few seconds."""
    async with client() as http:
        with capture_logs() as logs:
            await http.get("/healthz")
    assert logs == []
