"""The figures are for those who watch the installation, not for whoever reaches its port."""

from __future__ import annotations

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.stand.house import Stand

from selfserve.api.install import application
from selfserve.api.measuring import MayMeasure
from selfserve.api.parts import Parts
from selfserve.people.roles import RoleRules

TOKEN = "a-long-word-that-only-monitoring-knows"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.5", False),
        ("192.168.1.4", False),
        ("203.0.113.9", False),
        ("::ffff:10.0.0.5", False),
        ("fe80::1", False),
        ("testclient", False),
        ("127.0.0.1, 203.0.113.9", False),
        ("", False),
    ],
)
def test_by_default_only_this_machine_may(address: str, *, allowed: bool) -> None:
    """Private networks are full of people and devices; they have to be named."""
    assert MayMeasure().allows(address, "") is allowed


def test_named_networks_may() -> None:
    """And this machine no longer, unless it is named as well."""
    rule = MayMeasure(("10.20.0.0/16", "2001:db8::/32"))
    assert [rule.allows(one, "") for one in ("10.20.3.4", "::ffff:10.20.3.4", "2001:db8::7")] == [True] * 3
    assert not rule.allows("127.0.0.1", "")
    assert not MayMeasure(()).allows("127.0.0.1", "")


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN}", True),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (TOKEN, False),
        (f"Basic {TOKEN}", False),
        ("Bearer ", False),
        ("Bearer é", False),
        ("", False),
    ],
)
def test_the_token_opens_from_anywhere(sent: str, *, allowed: bool) -> None:
    """Compared whole and in constant time; without a token in the settings an empty one opens nothing."""
    assert MayMeasure(token=TOKEN).allows("203.0.113.9", sent) is allowed
    assert not MayMeasure().allows("203.0.113.9", sent)
    assert TOKEN not in repr(MayMeasure(token=TOKEN))


def _from(address: str, app: ASGIApp) -> ASGIApp:
    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": (address, 4711)}, receive, send)

    return moved


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("203.0.113.9", {}, 403),
        ("203.0.113.9", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("203.0.113.9", {"authorization": f"Bearer {TOKEN}"}, 200),
        ("203.0.113.9", {"authorization": "Bearer no"}, 403),
    ],
)
async def test_everybody_else_is_refused_in_a_sentence(
    stand: Stand, address: str, headers: dict[str, str], status: int
) -> None:
    """403 with what to set; not one figure, and nothing is measured for them."""
    measured: list[str] = []
    parts = Parts(stand.house, RoleRules.of({}), {}, lambda: measured.append("now"), MayMeasure(token=TOKEN))
    transport = httpx.ASGITransport(_from(address, application(parts)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        answer = await http.get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ("selfserve_" in answer.text) is (status == 200)
        assert measured == ["now"] * (status == 200)
        assert status == 200 or "server.metrics_from" in answer.json()["detail"]
