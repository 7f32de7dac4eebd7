"""What a program is told of a page: gone and forbidden have their status, and people their designed page."""

from __future__ import annotations

import httpx
import pytest
from nicegui import core

from tests.web.conftest import Visitor
from tests.web.stand import COOKIE, PageStand


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/", 200, "What do you need?"),
        ("/requests/R-NONE2", 404, "There is no such request of yours."),
        ("/items/nothing", 404, "This is not in the catalog."),
        ("/nowhere", 404, "There is no such page"),
        ("/no/such/page", 404, "There is no such page"),
        ("/desk", 403, "This page is not for you"),
        ("/health", 403, "This page is not for you"),
    ],
)
async def test_a_page_has_the_status_that_it_tells(
    visitor: Visitor, stand: PageStand, path: str, status: int, says: str
) -> None:
    """A monitor, a crawler or a script need not read our words."""
    cookies = {COOKIE: "ana"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(core.app), base_url="http://test", cookies=cookies
    ) as program:
        answer = await program.get(path)
    assert answer.status_code == status
    ana = visitor("ana")
    await ana.open(path)
    await ana.should_see(says)
