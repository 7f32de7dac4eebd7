"""In a real browser: accessible in every look, usable by keyboard alone, alive without a reload, asking nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.serving import Served
from tests.web.stand import COOKIE
from tests.web.states import states
from tests.web.targets import SECRET

DESKTOP, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=320, height=640)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RAW = """
    [...document.querySelectorAll('button')].filter(one => getComputedStyle(one).borderTopStyle === 'outset')
        .map(one => one.outerHTML.slice(0, 120))
"""
"""Buttons that nothing of ours gave a look."""
Axe = Callable[[Page], list[str]]


@contextmanager
def tab(
    browser: Browser,
    served: Served,
    login: str,
    size: ViewportSize = DESKTOP,
    *,
    dark: bool = False,
    still: bool = False,
) -> Iterator[Page]:
    """A page of somebody's own, which moves as for most people, or is `still`. At the end nothing may have failed in
    it, and nobody else may have been asked."""
    context = browser.new_context(
        base_url=served.url,
        viewport=size,
        reduced_motion="reduce" if still else "no-preference",
        color_scheme="dark" if dark else "light",
    )
    context.add_cookies([{"name": COOKIE, "value": login, "url": served.url}])
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda asked: None if asked.url.startswith(served.url) else wrong.append(asked.url))
    yield page
    context.close()
    assert wrong == []


@contextmanager
def tabs(
    browser: Browser, served: Served, size: ViewportSize = DESKTOP, script: str = ""
) -> Iterator[Callable[[str], Page]]:
    """For a walk through many states: gives everybody a page of their own by login, the same one again, but with
    nothing left in it of the time before. To open a new one costs a second of work. `script` runs first in each
    document."""
    pages = dict[str, Page]()

    def page_of(login: str) -> Page:
        if login in pages:
            pages[login].context.set_offline(False)
            pages[login].goto("/static/app.css")
            pages[login].evaluate("localStorage.clear(), sessionStorage.clear()")
            pages[login].emulate_media(color_scheme="light", reduced_motion="reduce")
        else:
            pages[login] = opened.enter_context(tab(browser, served, login, size, still=True))
            pages[login].add_init_script(script)
        return pages[login]

    with ExitStack() as opened:
        yield page_of


@pytest.mark.parametrize("half", [0, 1])  # so that two workers share the longest of all tests
def test_no_state_of_a_page_has_a_barrier(browser: Browser, served: Served, axe: Axe, half: int) -> None:
    """axe-core finds nothing in any state of any page, on a phone and on a desk, light and dark; nothing is cut off
    where the window is 320 wide, which is also a desk's at 400 % (1.4.10)."""
    found = []
    with tabs(browser, served, PHONE) as page_of:
        for state in states(served)[half::2]:
            for size in (PHONE, DESKTOP):
                # The catalog's hint is as long as fits the window it was opened in. All else is there in either, and
                # to bring a state about costs more than to look at it.
                if size == PHONE or state.path == "/":
                    page = page_of(state.login)
                    page.set_viewport_size(size)
                    state.open(page)
                else:
                    page.set_viewport_size(size)
                found += [f"{state.name}, {size['width']} wide: {wrong}" for wrong in _barriers(page, axe)]
    assert found == []


def _barriers(page: Page, axe: Axe) -> Iterator[str]:
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        yield f"{wider} px wider than the window"
    yield from (f"a browser's own button: {one}" for one in page.evaluate(RAW))
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("body")).to_have_class(re.compile(f"body--{scheme}"))
        yield from (f"{scheme}: {violation}" for violation in axe(page))


def test_an_ask_by_keyboard_alone(browser: Browser, served: Served) -> None:
    """Slash, a word with a slip in it, Enter, the form, Enter: and the request's page says that it is done."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        expect(page.get_by_role("heading", name="What do you need?")).to_be_visible()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("gest wfii")
        expect(page.get_by_role("link", name="Guest Wi-Fi")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Guest Wi-Fi", level=1)).to_be_focused()
        page.get_by_label("For how long?", exact=False).first.press("Control+a")
        page.keyboard.type("2")
        page.keyboard.press("Enter")
        expect(page.locator(".s-pill")).to_be_visible()
        assert "/requests/R-" in page.url


def test_the_keyboards_place_is_always_seen(browser: Browser, served: Served) -> None:
    """From the top of the catalog on, every stop of the Tab key has an outline, and the first is the skip link."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        expect(page.locator(".s-card").first).to_be_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        for _ in range(18):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                "(() => { const at = document.activeElement, style = getComputedStyle(at);"
                " return style.outlineStyle !== 'none' || getComputedStyle(at.parentElement).boxShadow !== 'none' })()"
            )
            assert seen, page.evaluate("document.activeElement.outerHTML")


def test_a_decision_by_key_shows_to_the_customer_at_once(browser: Browser, served: Served) -> None:
    """Tomás presses A on the card; Ana's open page moves on, and what she types elsewhere stays."""
    name = served.names["theirs"]
    with tab(browser, served, "jonas") as jonas, tab(browser, served, "tomas") as tomas:
        jonas.goto(f"/requests/{name}")
        expect(jonas.get_by_text("Wartet auf Genehmigung")).to_be_visible()
        tomas.goto("/approvals")
        card = tomas.get_by_role("region", name="Finance reports for Jonas Müller")
        card.focus()
        tomas.keyboard.press("a")
        expect(card).to_have_count(0)
        expect(jonas.get_by_text("Du kannst es benutzen")).to_be_visible()


def test_keys_do_nothing_while_one_types(browser: Browser, served: Served) -> None:
    """A reason that begins with "a" approves nothing."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        card = page.get_by_role("region", name="Finance reports for Ana Sousa")
        card.get_by_label("Reason or question").type("a decision needs dates")
        expect(card.get_by_label("Reason or question")).to_have_value("a decision needs dates")
        expect(card).to_be_visible()


def test_keys_are_listed_and_can_be_turned_off(browser: Browser, served: Served) -> None:
    """The list names those of the page too; turned off, single keys do nothing, until they are turned on again."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        card = page.get_by_role("region", name="Finance reports for Ana Sousa")
        card.focus()
        page.keyboard.press("?")
        listed = page.get_by_role("dialog", name="Keys")
        expect(listed.get_by_text("Approve", exact=True)).to_be_visible()
        listed.get_by_label("Single keys do something").uncheck()
        page.keyboard.press("Escape")
        for key in ("a", "/", "?"):
            card.focus()
            page.keyboard.press(key)
        expect(listed).not_to_be_visible()
        expect(card).to_be_focused()
        page.reload()
        page.get_by_role("button", name="Keys").click()
        listed.get_by_label("Single keys do something").check()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_secret_leaves_the_page_with_its_dialog(browser: Browser, served: Served) -> None:
    """It can be read while the dialog is open; afterwards nothing of it is in the page."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['secret']}")
        page.get_by_role("button", name="Show it").click()
        expect(page.get_by_text(SECRET)).to_be_visible()
        page.get_by_role("button", name="I have kept it").click()
        expect(page.get_by_role("button", name="Show it")).to_have_count(0)
        assert SECRET not in page.content()


def test_typing_survives_what_happens_around_it(browser: Browser, served: Served) -> None:
    """An answer half written stays while the story above it goes on."""
    with tab(browser, served, "ana") as ana, tab(browser, served, "tomas") as tomas:
        ana.goto(f"/requests/{served.names['figures']}")
        ana.get_by_role("textbox", name="Your answer").fill("It is for cost")
        tomas.goto("/approvals")
        card = tomas.get_by_role("region", name="Finance reports for Ana Sousa")
        card.get_by_label("Reason or question").fill("And until when?")
        card.get_by_role("button", name="Ask a question").click()
        expect(ana.get_by_text("And until when?").first).to_be_visible()


def test_a_lost_connection_is_told_and_costs_no_typing(browser: Browser, served: Served) -> None:
    """Offline is said at once and in words; when it is over that is said too, and what was typed meanwhile is there."""
    with tab(browser, served, "ana") as page:
        page.goto("/items/finance-reports")
        field = page.get_by_label("What do you need the figures for?")
        field.fill("Before the cut,")
        page.context.set_offline(True)
        page.evaluate("window.socket.io.engine.close()")
        banner = page.get_by_role("status").filter(has_text="You are offline.")
        expect(banner).to_be_visible()
        expect(banner).to_contain_text("by ourselves. Need a human? Call 4357", timeout=25_000)
        field.press_sequentially(" and after it")
        page.context.set_offline(False)
        expect(page.get_by_role("status").filter(has_text="You are connected again.")).to_be_attached(timeout=30_000)
        expect(banner).not_to_be_visible()
        expect(field).to_have_value("Before the cut, and after it")


def test_a_reload_costs_nobody_their_typing(browser: Browser, served: Served) -> None:
    """A deploy loads every page anew: an answer, a reason and a word half written are there again; signing out
    forgets all of it."""
    names, cases = served.names, served.cases
    with (
        tab(browser, served, "ana") as ana,
        tab(browser, served, "tomas") as tomas,
        tab(browser, served, "ruth") as ruth,
    ):
        ana.goto(f"/requests/{names['figures']}")
        ana.get_by_role("textbox", name="Your answer").fill("It is for")
        ana.reload()
        expect(ana.get_by_role("textbox", name="Your answer")).to_have_value("It is for")
        tomas.goto("/approvals")
        card = tomas.get_by_role("region", name="Finance reports for Ana Sousa")
        card.get_by_label("Reason or question").fill("Only if")
        tomas.reload()
        expect(card.get_by_label("Reason or question")).to_have_value("Only if")
        ruth.goto(f"/desk/{cases['stuck']}")
        ruth.get_by_role("textbox", name="What the customer reads").fill("The old server")
        ruth.reload()
        expect(ruth.get_by_role("textbox", name="What the customer reads")).to_have_value("The old server")
        ana.evaluate("document.querySelector('.s-side form').dispatchEvent(new Event('submit'))")
        assert ana.evaluate("sessionStorage.length") == 0


def test_the_appearance_is_kept(browser: Browser, served: Served) -> None:
    """Dark by choice is dark after a reload, on a light system."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        switch = page.get_by_role("button", name="Appearance")
        switch.click()
        page.get_by_role("button", name="Light").click()
        expect(page.locator("body")).to_have_class("desktop no-touch body--dark")
        page.reload()
        expect(page.get_by_role("button", name="Dark")).to_be_visible()
        expect(page.locator("body")).to_have_class("desktop no-touch body--dark")


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(browser: Browser, served: Served) -> None:
    """The burger opens it and puts the keyboard in it; Escape closes it and gives the keyboard back."""
    with tab(browser, served, "ana", PHONE) as page:
        page.goto("/")
        expect(page.locator(".s-card").first).to_be_visible()
        burger = page.get_by_role("button", name="Open the menu")
        burger.press("Enter")
        expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Catalog")).to_be_focused()
        for _ in range(30):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.matches('body, .s-side *')")
        page.keyboard.press("Escape")
        expect(burger).to_be_focused()
        expect(page.get_by_role("navigation", name="Main")).not_to_be_visible()
