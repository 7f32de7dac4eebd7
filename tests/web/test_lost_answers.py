"""`/items/{id}`: what was sent is found again, though its answer was lost on the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from playwright.sync_api import Browser, Page, expect

from selfserve.web.parts.form import Form
from tests.web.conftest import Calls, Visitor
from tests.web.serving import Served
from tests.web.stand import PageStand
from tests.web.test_in_chromium import PHONE, tab
from tests.web.test_item_draft import drafts
from tests.web.waiting import until

WHY = "What do you need the figures for?"
KEY, OTHER = "0123456789abcdef" * 2, "f" * 32
ARRIVED = "say", ("What you sent has arrived; here it is.",)
UNREAD = "window.socket.onevent = () => {}"
"""From now on what the server says is lost, and what is said to it is not."""


async def test_a_page_loaded_anew_under_a_sending_leads_to_what_came_of_it(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """By the key it was sent with, whatever else was sent and lost; the draft is over."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    ana.find(Form).trigger("send", {"button": "ask", "values": {"reason": "Forecast for spring"}, "key": KEY})
    await ana.should_see("Tomás Reyes was asked to approve it", retries=30)
    again = visitor("ana")
    await again.open("/items/finance-reports")
    told.clear()
    again.find(Form).trigger("unanswered", {"keys": [KEY, OTHER], "over": True})
    await again.should_see("Tomás Reyes was asked to approve it", retries=30)
    assert ("sent", ()) in told
    assert ARRIVED in told


async def test_a_draft_that_was_begun_since_elsewhere_stays(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """A second order on another device says something else; what says the same as was sent is over."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    ana.find(Form).trigger("send", {"button": "ask", "values": {"reason": "Forecast for spring"}, "key": KEY})
    await until(lambda: ("sent", ()) in told)
    for typed, left in (("Forecast for autumn", ["Forecast for autumn"]), ("Forecast for spring ", [])):
        told.clear()
        laptop = visitor("ana")
        await laptop.open("/items/finance-reports")
        laptop.find(Form).trigger("draft", {"version": 1, "values": {"reason": typed}})
        await until(lambda: "kept" in dict(told))
        again = visitor("ana")
        await again.open("/items/finance-reports")
        again.find(Form).trigger("unanswered", {"keys": [KEY], "over": False})
        await until(lambda: ARRIVED in told)
        assert [draft.answers["reason"] for draft in drafts(stand)] == left


async def test_what_never_arrived_is_said_so_once_it_cannot_be_under_way(visitor: Visitor, told: Calls) -> None:
    """Before that, nothing is: it may be worked on. What is no key of a form finds nothing."""
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    ana.find(Form).trigger("unanswered", {"keys": [KEY, "", 3], "over": False})
    ana.find(Form).trigger("unanswered", {"keys": [KEY, "", 3], "over": True})
    await until(lambda: "refuse" in dict(told))
    words = "What you sent last has not arrived, so nothing was asked for with it. Look it through and send it again."
    assert [call for call in told if call[0] == "refuse"] == [("refuse", ({"": words},))]


async def test_the_key_of_another_leads_nowhere(visitor: Visitor, stand: PageStand, told: Calls) -> None:
    """Whoever asked is led to it, for whomever it is; nobody else is, with the same key."""
    tomas = visitor("tomas")
    await tomas.open("/items/finance-reports")
    ana_id = stand.id("ana")
    values = {"reason": "Forecast for spring", "_for": ana_id}
    tomas.find(Form).trigger("send", {"button": "ask", "values": values, "key": KEY})
    await until(lambda: ("sent", ()) in told)
    name = stand.latest("ana").name
    told.clear()
    sam = visitor("sam")
    await sam.open("/items/finance-reports")
    sam.find(Form).trigger("unanswered", {"keys": [KEY], "over": True})
    await until(lambda: "refuse" in dict(told))
    assert ARRIVED not in told
    back = visitor("tomas")
    await back.open("/items/finance-reports")
    await back.should_see("You asked for this for Ana Sousa:")
    back.find(Form).trigger("unanswered", {"keys": [KEY], "over": True})
    await until(lambda: ARRIVED in told)
    await back.should_see(f"/requests/{name}", retries=30)


async def test_an_item_says_which_request_for_it_is_open(visitor: Visitor, stand: PageStand) -> None:
    """To whose it is, once, with the way there; to ask for another one stays possible."""
    name = stand.ask("ana", "finance-reports", {"reason": "Forecast for spring"}).name
    ana = visitor("ana")
    await ana.open("/items/finance-reports")
    await ana.should_see("You asked for this:")
    await ana.should_see(f'<a class="s-link" href="/requests/{name}">{name}</a>')
    assert ana.find(Form).elements
    priya = visitor("priya")
    await priya.open("/items/finance-reports")
    await priya.should_not_see("asked for this")
    await priya.should_not_see(name)


async def test_what_is_said_with_its_way_is_not_said_twice(visitor: Visitor, stand: PageStand) -> None:
    """Something on its way has its request beside it; so has what is there, whose request is over."""
    stand.ask("ana", "guest-wifi", {"how_long": "8h"})
    ana = visitor("ana")
    await ana.open("/items/guest-wifi")
    await ana.should_see("See it or give it back")
    await ana.should_not_see("You asked for this")


def test_an_answer_that_is_lost_makes_nobody_ask_twice(browser: Browser, served: Served) -> None:
    """In the lift: the form arrives, its answer does not, the page loads itself anew, and stands at the request."""
    with tab(browser, served, "priya", PHONE) as page:
        page.goto("/items/finance-reports")
        page.get_by_label(WHY).fill("Forecast from the lift")
        expect(page.get_by_text("Draft kept")).to_be_visible()
        page.evaluate(UNREAD)
        before = _names(served)
        page.locator("main form button.s-btn").click()
        (name,) = _made(page, served, before)
        page.reload()
        page.wait_for_url(f"**/requests/{name}")
        page.goto("/items/finance-reports")
        expect(page.get_by_label(WHY)).to_have_value("")
        expect(page.locator("main").get_by_role("link", name=name)).to_be_visible()
        assert page.evaluate("Object.keys(sessionStorage).filter(one => one.startsWith('sent:'))") == []
        assert _names(served) - before == {name}


def test_whoever_turns_to_another_page_is_not_led_back(browser: Browser, served: Served) -> None:
    """A sending is asked after only by a page that was loaded anew under it."""
    with tab(browser, served, "priya") as page:
        page.goto("/items/finance-reports")
        page.get_by_label(WHY).fill("Forecast")
        page.evaluate("window.socket.emit = () => window.socket")
        page.locator("main form button.s-btn").click()
        sent = "Object.keys(sessionStorage).some(one => one.startsWith('sent:'))"
        page.wait_for_function(sent)
        page.reload()
        expect(page.get_by_label(WHY)).to_have_value("Forecast")
        page.locator("main a", has_text="Catalog").first.click()
        page.wait_for_function(f"!{sent}")


def test_whoever_came_by_another_page_is_not_led_back(browser: Browser, served: Served) -> None:
    """By an address or a link in a mail, which loads it whole: they have seen there what became of it."""
    with tab(browser, served, "priya") as page:
        page.goto("/items/finance-reports")
        page.get_by_label(WHY).fill("Forecast by way of a mail")
        expect(page.get_by_text("Draft kept")).to_be_visible()
        page.evaluate(UNREAD)
        before = _names(served)
        page.locator("main form button.s-btn").click()
        _made(page, served, before)
        page.goto("/requests")
        assert page.evaluate("Object.keys(sessionStorage).filter(one => one.startsWith('sent:'))") == []


def _names(served: Served) -> set[str]:
    with closing(sqlite3.connect(served.store)) as store:
        return {name for (name,) in store.execute("SELECT name FROM request")}


def _made(page: Page, served: Served, before: set[str]) -> set[str]:
    """The requests that were made since, as soon as there are any."""
    for _ in range(200):
        if made := _names(served) - before:
            return made
        page.evaluate("new Promise((done) => setTimeout(done, 50))")
    raise AssertionError("nothing was asked for")
