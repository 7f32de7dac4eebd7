"""Where the keyboard is after an act: never nowhere."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_acts_in_chromium import SENT
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


def test_after_several_were_decided_the_keyboard_is_on_the_next_card(browser: Browser, served: Served) -> None:
    """Also after "Choose none", which goes with the choice: what is left of the bar has it. With nothing left to decide
    it is on the title."""
    with tab(browser, served, "ruth") as ruth, tab(browser, served, "tove") as page:
        for why in ("The first of three", "The second of three", "The third of three"):
            ruth.goto("/items/finance-reports")
            ruth.get_by_label("What do you need the figures for?").fill(why)
            ruth.locator("main form button[type=submit]").click()
            expect(ruth).to_have_url(re.compile("/requests/"))
        page.goto("/approvals")
        page.wait_for_function("window.did_handshake")
        cards = page.locator("section[data-keys]")
        expect(cards).to_have_count(3)
        last = page.get_by_role("region", name=cards.nth(2).get_attribute("aria-label") or "")
        for at in range(2):
            cards.nth(at).get_by_role("checkbox").check()
        page.get_by_role("button", name="Choose none").press("Enter")
        expect(page.get_by_role("button", name=re.compile("^Finance reports [(]3[)]"))).to_be_focused()
        for at in range(2):
            cards.nth(at).get_by_role("checkbox").check()
        page.get_by_role("button", name="Approve together").press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Approve together").press("Enter")
        expect(page.get_by_role("dialog", name="2 approved.")).to_be_visible()
        page.get_by_role("button", name="Close").press("Enter")
        expect(cards).to_have_count(1)
        expect(last).to_be_focused()


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
    """Escape, struck twice, leaves it and says what to do. Whoever loads the page anew, or goes back, has not kept it
    and can look again; the button puts it away for good, and the keyboard is not lost."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['secret']}")
        page.get_by_role("button", name="Show it").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("code")).to_be_focused()
        for _ in range(3):
            page.keyboard.press("Escape")
        expect(dialog.locator("code")).to_be_visible()
        expect(dialog.get_by_role("alert")).to_contain_text("Keep it first")
        for lose in (page.reload, lambda: (page.go_back(), page.go_forward())):
            lose()
            expect(page.get_by_text("It was shown already; until")).to_be_visible()
            page.get_by_role("button", name="Show it").click()
            expect(dialog.locator("code")).to_be_visible()
        dialog.get_by_role("button", name="I have kept it").click()
        expect(dialog).not_to_be_visible()
        expect(page.get_by_text("You have kept the secret")).to_be_visible()
        expect(page.get_by_role("button", name="Show it")).to_have_count(0)
        assert page.evaluate("document.activeElement !== document.body")


def test_nothing_is_decided_by_enter_where_nobody_said_what(browser: Browser, served: Served) -> None:
    """Ctrl+Enter in a reason that nobody said what for, and Enter in the day, decide nothing: the first says so."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        cards = page.locator("section[data-keys]")
        expect(cards).not_to_have_count(0)
        page.wait_for_function("window.did_handshake")
        waiting = cards.count()
        page.evaluate(SENT)
        card = cards.filter(has=page.get_by_label("Only until")).first
        card.get_by_label("Only until").press("Enter")
        box = card.get_by_label("Reason or question")
        box.fill("For the forecast only.")
        box.press("Control+Enter")
        expect(card.get_by_text("Nothing was sent. Choose with one of the buttons")).to_be_visible()
        expect(box).to_have_value("For the forecast only.")
        assert page.evaluate("window.sent.filter(one => JSON.stringify(one).includes('button')).length") == 0
        expect(cards).to_have_count(waiting)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        listed = page.get_by_role("dialog", name="Keys")
        expect(listed.get_by_text("In the reason: send the button that is marked.")).to_be_visible()


def test_words_go_to_the_act_they_were_asked_for_and_to_no_other(browser: Browser, served: Served) -> None:
    """D or Q asks for words and marks its button; Ctrl+Enter then denies or asks, and never approves. Esc leaves the
    box and drops the act, so that the next key is a key again."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        cards = page.locator("section[data-keys]")
        expect(cards).not_to_have_count(0)
        page.wait_for_function("window.did_handshake")
        waiting = cards.count()
        page.keyboard.press("j")
        card = cards.first
        box = card.get_by_label("Reason or question")
        page.keyboard.press("q")
        expect(box).to_be_focused()
        expect(card.locator("button[aria-current=true]")).to_contain_text("Ask a question")
        page.keyboard.press("Escape")
        expect(card).to_be_focused()
        expect(card.locator("button[aria-current=true]")).to_have_count(0)
        expect(card.get_by_text("Write your question.")).to_have_count(0)
        page.keyboard.press("d")
        expect(box).to_be_focused()
        expect(card.locator("button[aria-current=true]")).to_contain_text("Deny")
        expect(box).to_have_accessible_description(re.compile("Ctrl\\+Enter sends it: Deny"))
        page.keyboard.type("Not in this quarter.")
        page.keyboard.press("Control+Enter")
        expect(cards).to_have_count(waiting - 1)
        expect(page.locator(".s-told").get_by_role("status")).to_have_text("Not approved.")
