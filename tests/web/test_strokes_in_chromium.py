"""Letters that decide, in a real browser: one stroke one decision, and never one that was meant for a field."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.web.serving import Served
from tests.web.test_acts_in_chromium import SENT
from tests.web.test_in_chromium import tab

REASON = "Reason or question"


def _asked(browser: Browser, served: Served, times: int) -> None:
    """Ana asks for the finance reports so many times; Tomás decides."""
    with tab(browser, served, "ana") as page:
        for number in range(times):
            page.goto("/items/finance-reports")
            page.get_by_label("What do you need the figures for?").fill(f"Forecast number {number}")
            page.get_by_role("button", name=re.compile("^(Request it|Ask for it once more)")).click()
            expect(page).to_have_url(re.compile("/requests/"))


def _cards(page: Page) -> Locator:
    page.goto("/approvals")
    page.wait_for_function("window.did_handshake")
    cards = page.locator("section[data-keys]")
    expect(cards.first).to_be_visible()
    return cards


def _named(page: Page, card: Locator) -> Locator:
    """The card by its name, wherever it stands later and whatever becomes of it."""
    return page.get_by_role("region", name=str(card.get_attribute("aria-label")), exact=True)


def test_letters_typed_on_decide_nothing_where_one_decided_oneself_elsewhere(browser: Browser, served: Served) -> None:
    """Denied on the phone with half a reason typed at the desk: the card there becomes a note with the words, and the
    rest of the sentence approves nobody."""
    _asked(browser, served, 2)
    with tab(browser, served, "tomas") as desk:
        cards = _cards(desk)
        count, card = cards.count(), _named(desk, cards.first)
        card.get_by_label(REASON).press_sequentially("This is fine bec")
        phone = desk.context.new_page()
        phone.goto("/approvals")
        there = phone.get_by_role("region", name=str(card.get_attribute("aria-label")), exact=True)
        there.get_by_label(REASON).fill("Not this month.")
        there.get_by_role("button", name="Deny").click()
        expect(card).to_contain_text("You did not approve this, and said so already.")
        expect(card).to_contain_text("This is fine bec")
        expect(card).to_be_focused()
        desk.evaluate(SENT)
        desk.keyboard.type("just a word")
        expect(card).to_be_focused()
        assert desk.evaluate("window.sent") == []
        expect(cards).to_have_count(count - 1)
        desk.keyboard.press("Tab")
        expect(card.get_by_role("button", name="Put this away")).to_be_focused()
        desk.keyboard.press("j")
        expect(cards.first).to_be_focused()


def test_letters_for_a_field_that_went_reach_no_other_card(browser: Browser, served: Served) -> None:
    """Nothing was typed yet when the card went: no note, and the keyboard waits at the title until one chooses."""
    _asked(browser, served, 2)
    with tab(browser, served, "tomas") as desk:
        cards = _cards(desk)
        count, card = cards.count(), _named(desk, cards.first)
        card.get_by_label(REASON).focus()
        phone = desk.context.new_page()
        phone.goto("/approvals")
        phone.get_by_role("region", name=str(card.get_attribute("aria-label")), exact=True).get_by_role(
            "button", name="Approve"
        ).click()
        expect(card).to_have_count(0)
        title = desk.get_by_role("heading", name="Approvals", level=1)
        expect(title).to_be_focused()
        desk.evaluate(SENT)
        desk.keyboard.type("just a word")
        expect(title).to_be_focused()
        assert desk.evaluate("window.sent") == []
        expect(cards).to_have_count(count - 1)
        desk.keyboard.press("Tab")
        desk.keyboard.press("j")
        expect(cards.first).to_be_focused()


def test_what_has_ended_takes_no_keys(browser: Browser, served: Served) -> None:
    """Ruth approved it while Tove typed: the letters that follow send nothing, and nothing is said twice."""
    with tab(browser, served, "ana") as ana:
        ana.goto("/items/figma-editor")
        ana.get_by_label("What will you use it for?").fill("Screens for the app")
        ana.get_by_role("button", name=re.compile("^(Request it|Get it now)")).click()
        expect(ana).to_have_url(re.compile("/requests/"))
    with tab(browser, served, "tove") as tove, tab(browser, served, "ruth") as ruth:
        tove.goto("/approvals")
        card = tove.get_by_role("region", name=re.compile("Figma editor seat for Ana"))
        card.get_by_label(REASON).press_sequentially("Only bec")
        ruth.goto("/approvals")
        there = ruth.get_by_role("region", name=re.compile("Figma editor seat for Ana"))
        there.get_by_role("button", name="Approve").click()
        expect(card).to_contain_text("Ruth Adeyemi approved this already")
        expect(card.get_by_role("button", name="Put this away")).to_be_visible()
        tove.evaluate(SENT)
        tove.keyboard.type("ause a")
        tove.keyboard.press("Tab")
        tove.keyboard.press("a")
        assert tove.evaluate("window.sent") == []
        expect(card.get_by_role("alert")).to_have_count(0)


def _decided(page: Page) -> int:
    """How many decisions were sent since `SENT`."""
    return int(page.evaluate("window.sent.filter(one => JSON.stringify(one).includes('button')).length"))


AT_ONCE = """
    key => {
        for (const kind of ["keyup", "keydown"])
            document.activeElement.dispatchEvent(new KeyboardEvent(kind, { key, bubbles: true, cancelable: true }));
    }
"""
"""Lets go of a key and strikes it again within the same moment."""


def test_a_key_that_is_held_or_struck_twice_decides_once(browser: Browser, served: Served) -> None:
    """Held it is one decision however many cards come up; struck again at once it is none; after a moment it is."""
    _asked(browser, served, 3)
    with tab(browser, served, "tomas") as page:
        page.clock.install()
        cards = _cards(page)
        count = cards.count()
        page.evaluate(SENT)
        cards.first.focus()
        page.keyboard.down("a")
        expect(cards).to_have_count(count - 1)
        page.clock.run_for(5_000)
        expect(cards.first).to_be_focused()
        for _ in range(5):
            page.keyboard.down("a")
        page.keyboard.press("d")
        assert _decided(page) == 1
        page.evaluate(AT_ONCE, "a")
        assert _decided(page) == 1
        page.keyboard.up("a")
        page.clock.run_for(1_000)
        page.keyboard.press("a")
        expect(cards).to_have_count(count - 2)
        assert _decided(page) == 2


def test_a_card_that_has_only_just_come_up_is_not_decided(browser: Browser, served: Served) -> None:
    """The answer took its time and the key was let go long ago: the next card is there for a moment before a key
    decides it."""
    _asked(browser, served, 2)
    with tab(browser, served, "tomas") as page:
        page.clock.install()
        cards = _cards(page)
        count = cards.count()
        page.evaluate(SENT)
        page.evaluate(
            "document.addEventListener('focusin', () => window.sent.length &&"
            " document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true })))"
        )
        cards.first.focus()
        page.keyboard.press("a")
        page.clock.fast_forward(5_000)
        expect(cards).to_have_count(count - 1)
        expect(cards.first).to_be_focused()
        assert _decided(page) == 1
