"""Approvals by keys in a real browser: from card to card, chosen, decided together, accessible on the way."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import Axe, tab


def test_cards_are_walked_chosen_and_decided_by_keys(browser: Browser, served: Served, axe: Axe) -> None:
    """J and K go from card to card, X chooses; what differs is not approved together; two of one item are, after one
    look at the list, and each result is told."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        ana = page.get_by_role("region", name="Finance reports for Ana Sousa")
        jonas = page.get_by_role("region", name="Finance reports for Jonas Müller")
        laptop = page.get_by_role("region", name="New laptop for Ana Sousa")
        expect(laptop).to_be_visible()
        order = page.locator("section[data-keys]")
        page.keyboard.press("j")
        expect(order.nth(0)).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(order.nth(1)).to_be_focused()
        page.keyboard.press("k")
        expect(order.nth(0)).to_be_focused()

        for card in (ana, laptop):
            card.focus()
            page.keyboard.press("x")
        together = page.get_by_role("button", name="Approve together")
        expect(page.get_by_text("2 chosen")).to_be_visible()
        expect(together).to_have_attribute("aria-disabled", "true")
        expect(page.get_by_text("Together you approve requests for the same item")).to_be_visible()
        page.keyboard.press("x")
        jonas.focus()
        page.keyboard.press("x")
        expect(together).to_have_attribute("aria-disabled", "false")
        found = axe(page)
        together.press("Enter")
        dialog = page.get_by_role("dialog", name="Approve 2 requests?")
        expect(dialog.get_by_text("Finance reports for Jonas Müller")).to_be_visible()
        found += axe(page)
        dialog.get_by_role("button", name="Approve together").press("Enter")
        expect(page.get_by_role("dialog", name="2 approved.")).to_be_visible()
        found += axe(page)
        page.keyboard.press("Escape")
        expect(ana).to_have_count(0)
        expect(jonas).to_have_count(0)
        expect(laptop).to_be_visible()
        assert found == []


def test_keys_type_where_one_types(browser: Browser, served: Served) -> None:
    """J, X and a question mark in a field are letters: nothing moves, nothing is chosen."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        laptop = page.get_by_role("region", name="New laptop for Ana Sousa")
        field = laptop.get_by_label("Reason or question")
        field.press_sequentially("jxkad?")
        expect(field).to_have_value("jxkad?")
        expect(field).to_be_focused()
        expect(laptop.locator("[data-choose]")).not_to_be_checked()


def test_many_of_one_name_are_told_apart_and_none_is_cut_in_silence(browser: Browser, served: Served) -> None:
    """Six of one item by one person: each line of the list has its number and what was answered, the list says how many
    more there are and shows them, and afterwards they are told as one count."""
    with tab(browser, served, "ana") as page:
        for number in range(6):
            page.goto("/items/finance-reports")
            page.get_by_label("What do you need the figures for?").fill(f"Forecast number {number}")
            page.get_by_role("button", name=re.compile("^(Request it|Ask for it once more)")).click()
            expect(page).to_have_url(re.compile("/requests/"))
        page.goto("/requests")
        expect(page.get_by_text("Forecast number 5")).to_be_visible()
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        page.wait_for_function("window.did_handshake")
        page.get_by_role("button", name=re.compile("^Finance reports [(]")).click()
        cards = page.locator("section[data-keys]", has=page.locator("input[data-choose]:checked"))
        chosen = cards.count()
        assert chosen >= 6
        page.get_by_role("button", name="Approve together").click()
        dialog = page.get_by_role("dialog")
        lines = dialog.locator("li")
        expect(lines).to_have_count(5)
        dialog.get_by_role("button", name=f"and {chosen - 5} more").click()
        expect(lines).to_have_count(chosen)
        expect(dialog.get_by_role("list")).to_be_focused()
        expect(dialog.get_by_text("Forecast number 5")).to_be_visible()
        assert len({line.inner_text().split("\n")[0] for line in lines.all()}) == chosen
        dialog.get_by_role("button", name="Approve together").click()
        expect(dialog.get_by_text(f"{chosen} requests for “Finance reports”")).to_be_visible()
