"""Every page with every state of it that people meet: who looks, where, and what they did there first.

Read by the test that no state has a barrier, and by `make screens`, which shows them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.web.serving import Served


def _nothing(_: Page) -> None:
    return None


@dataclass(frozen=True, slots=True)
class State:
    """One thing to look at. `name` is unique and fit for a file; `login` is empty for somebody who is not signed in;
    `reach` does what is needed after the page stands."""

    name: str
    login: str
    path: str
    reach: Callable[[Page], None] = _nothing

    def open(self, page: Page) -> None:
        """Go there and wait until the page stands as this state says."""
        page.goto(self.path)
        expect(page.locator("h1").first).to_be_visible()
        self.reach(page)


def states(served: Served) -> list[State]:
    """All of them, on the stand."""
    names, cases = served.names, served.cases
    return [
        State("catalog", "ana", "/"),
        State("catalog-search", "ana", "/", _search("cannot log in")),
        State("catalog-nothing-found", "ana", "/", _search("xylophone quartz", ".s-empty")),
        State("catalog-notices", "ana", "/", _notices),
        State("catalog-keys", "ana", "/", _keys),
        State("catalog-menu", "ana", "/", _menu),
        State("item-device", "ana", "/items/new-laptop"),
        State("item-danger", "sam", "/items/production-access"),
        State("item-secret", "ana", "/items/reset-password"),
        State("item-seat", "jonas", "/items/figma-editor"),
        State("item-not-for-you", "clara", "/items/figma-editor"),
        State("item-mistake", "ana", "/items/finance-reports", _mistake),
        State("item-draft", "mei", "/items/finance-reports", _draft),
        State("requests", "ana", "/requests"),
        State("requests-none", "clara", "/requests"),
        State("request-done", "ana", f"/requests/{names['held']}"),
        State("request-smiled", "ana", f"/requests/{names['held']}", _smiled),
        State("request-waits", "ana", f"/requests/{names['waits']}"),
        State("request-question", "ana", f"/requests/{names['figures']}"),
        State("request-with-a-team", "ana", f"/requests/{names['stuck']}"),
        State("request-secret", "ana", f"/requests/{names['secret']}"),
        State("request-refused", "lukas", f"/requests/{names['denied']}"),
        State("request-cancelled", "lukas", f"/requests/{names['cancelled']}"),
        State("request-being-taken-back", "jonas", f"/requests/{names['returned']}"),
        State("request-cancelling", "ana", f"/requests/{names['waits']}", _cancelling),
        State("mine", "ana", "/mine"),
        State("mine-being-taken-back", "jonas", "/mine"),
        State("mine-nothing", "clara", "/mine"),
        State("health", "tove", "/health"),
        State("approvals", "tomas", "/approvals"),
        State("approvals-together", "tomas", "/approvals", _chosen),
        State("approvals-many", "ingrid", "/approvals", _many_chosen),
        State("approvals-none", "ana", "/approvals"),
        State("desk", "ruth", "/desk", _many),
        State("desk-mine", "ruth", "/desk?view=mine"),
        State("case-target-away", "ruth", f"/desk/{cases['stuck']}"),
        State("case-by-hand", "ruth", f"/desk/{cases['hands']}"),
        State("case-cannot", "ruth", f"/desk/{cases['stuck']}", _cannot),
        State("refused", "ana", "/desk"),
        State("nowhere", "ana", "/nowhere"),
        State("connection-lost", "ana", "/items/finance-reports", _cut),
        State("connection-lost-for-long", "ana", "/items/finance-reports", _cut_for_long),
        State("act-refused", "ana", f"/requests/{names['waits']}", _act_refused),
    ]


def _draft(page: Page) -> None:
    page.get_by_role("textbox").first.fill("Forecast for the design budget")
    expect(page.get_by_text(re.compile("Draft kept|Entwurf gesichert"))).to_be_visible()


def _smiled(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Good|Gut)$")).click()
    thanks = re.compile("Thank you for saying how it was|Danke, dass du gesagt hast, wie es war")
    expect(page.get_by_role("heading", name=thanks)).to_be_visible()


def _search(words: str, shows: str = ".s-card") -> Callable[[Page], None]:
    def reach(page: Page) -> None:
        expect(page.locator(".s-card").first).to_be_visible()
        page.get_by_role("searchbox").fill(words)
        page.wait_for_function("document.querySelectorAll('.s-card').length < 10")
        expect(page.locator(shows).first).to_be_visible()

    return reach


def _notices(page: Page) -> None:
    page.evaluate("[...document.querySelectorAll('[aria-expanded]')].find(one => one.offsetParent !== null && "
                  "one.querySelector('[href$=\"#bell\"]')).click()")  # fmt: skip
    expect(page.locator(".s-notice").first).to_be_visible()


def _keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _chosen(page: Page) -> None:
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)


def _many_chosen(page: Page) -> None:
    """More than the list shows at first, and how many more there are."""
    page.wait_for_function("window.did_handshake")
    for box in page.locator("input[data-choose]").all():
        box.check()
    page.locator(".s-together-bar .s-danger").click()
    expect(page.get_by_role("dialog").locator(".s-link")).to_be_visible()


def _many(page: Page) -> None:
    """Counts of two digits: axe leaves out what is one character long."""
    expect(page.locator(".s-chip-n", has_text=re.compile(r"^\d\d$")).first).to_be_visible()


def _menu(page: Page) -> None:
    burger = page.locator(".s-bar .s-iconbtn").first
    if burger.is_visible():
        burger.click()


def _mistake(page: Page) -> None:
    page.locator("form button[type=submit], .s-form .s-btn").last.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()


def _cancelling(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Cancel the request|Anfrage abbrechen")).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _cannot(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Close and tell them|Schließen und Bescheid sagen")).click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()


def _cut(page: Page) -> None:
    page.context.set_offline(True)
    page.evaluate("window.socket.io.engine.close()")
    expect(page.locator(".s-away p")).to_be_visible()


def _cut_for_long(page: Page) -> None:
    _cut(page)
    expect(page.locator(".s-away-help")).to_be_visible(timeout=25_000)


def _act_refused(page: Page) -> None:
    _cut(page)
    page.get_by_role("button", name=re.compile("Cancel the request|Anfrage abbrechen")).click()
    expect(page.locator(".s-told button")).to_be_visible()
