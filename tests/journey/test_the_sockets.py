"""The attacks on pages that stay open, on the product as it is put together by `app.build`."""

from __future__ import annotations

import re
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from tests.journey.conftest import Visitor
from tests.sign_in.small import attack, client_id_of

CATCH = """
    window.caught = null;
    window.let = window.socket.emit;
    window.socket.emit = (name, message) => {
        if (name === "event" && message.args.includes('"cancel"')) window.caught = message;
    };
"""


def _wants(page: Page) -> str:
    """Somebody asks for what has to be approved; the address of the request."""
    page.goto("/items/finance-reports")
    page.get_by_label("What do you need the figures for?").fill("Forecast for the design budget")
    page.get_by_role("button", name="Request it").click()
    expect(page.get_by_text("Waiting for approval").first).to_be_visible()
    return re.sub(r"https?://[^/]+", "", page.url)


def _cookies(page: Page) -> str:
    return "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())


def test_an_event_that_names_anothers_page_has_no_effect(visitor: Visitor, demo: str) -> None:
    """Jonas has the very message with which Ana's open dialog cancels her request, and sends it over the socket of his
    own page, and over ones that he makes himself: the request stays. The same message from Ana's page cancels it."""
    ana, jonas = visitor("ana"), visitor("jonas")
    path = _wants(ana)
    ana.get_by_role("button", name="Cancel the request").click()
    ana.evaluate(CATCH)
    ana.get_by_role("button", name="Cancel it").click()
    ana.wait_for_function("window.caught")
    message: dict[str, Any] = ana.evaluate("window.caught")
    hers = message["client_id"]

    his = jonas.evaluate("window.clientId")
    assert hers != his
    jonas.evaluate("message => window.socket.emit('event', message)", message)
    fresh = client_id_of(httpx.get(demo, headers={"Cookie": _cookies(jonas)}).text)
    assert attack(demo, fresh, origin=demo, cookie=_cookies(jonas), emit=("event", message))
    for thief in ("", _cookies(jonas), "selfserve=" + "A" * 43):
        assert not attack(demo, hers, origin=demo, cookie=thief, emit=("event", message))
    assert not attack(demo, hers, origin="https://evil.example", cookie=_cookies(ana), emit=("event", message))
    # What his socket says is taken in its order: once the search answers, the forged event has been judged.
    jonas.get_by_role("searchbox").fill("figma")
    expect(jonas.locator("a.s-card[href='/items/figma-editor']")).to_be_visible()
    other = ana.context.new_page()
    other.goto(path)
    expect(other.get_by_role("button", name="Cancel the request")).to_be_visible()

    ana.evaluate("window.let.call(window.socket, 'event', window.caught)")
    expect(other.get_by_text(re.compile("You cancelled it")).first).to_be_visible()
