"""Where the keyboard is after an act: never nowhere."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import tab


def test_after_a_decision_the_keyboard_is_on_the_next_card(browser: Browser, served: Served) -> None:
    """Approved by key, the card goes and the one that follows it has the focus, so that `j` goes on from there."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        cards = page.locator("section[data-keys]")
        expect(cards).to_have_count(3)
        names = [card.get_attribute("aria-label") or "" for card in cards.all()]
        page.wait_for_function("window.did_handshake")
        cards.nth(1).focus()
        page.keyboard.press("a")
        expect(cards).to_have_count(2)
        expect(page.get_by_role("region", name=names[2])).to_be_focused()
        page.keyboard.press("k")
        expect(page.get_by_role("region", name=names[0])).to_be_focused()


def test_after_one_token_is_ended_the_keyboard_is_on_the_next(browser: Browser, served: Served) -> None:
    """Ended by Enter, its row goes and the keyboard is on the button that follows; after the last, on the title. Each
    button says which it ends, and until when that would have worked."""
    with tab(browser, served, "ana") as page:
        page.goto("/mine")
        first = page.get_by_role("button", name=re.compile("^End .*, .*until"))
        expect(first).to_have_count(2)
        first.first.press("Enter")
        expect(first).to_have_count(1)
        expect(first).to_be_focused()
        page.keyboard.press("Enter")
        expect(first).to_have_count(0)
        expect(page.get_by_role("heading", name="Yours", level=1)).to_be_focused()


def test_a_secret_is_put_away_by_saying_so(browser: Browser, served: Served) -> None:
    """It is shown once: Escape, struck twice, leaves it and says what to do; the button puts it away for good."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['secret']}")
        page.get_by_role("button", name="Show it").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("code")).to_be_focused()
        for _ in range(3):
            page.keyboard.press("Escape")
        expect(dialog.locator("code")).to_be_visible()
        expect(dialog.get_by_role("alert")).to_contain_text("It is not shown again")
        dialog.get_by_role("button", name="I have kept it").click()
        expect(dialog).not_to_be_visible()
