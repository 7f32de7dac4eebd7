"""Approvals by keys in a real browser: from card to card, chosen, decided together, accessible on the way."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Locator, Page, expect

from tests.web.serving import Served
from tests.web.test_acts_in_chromium import SENT, TYPED
from tests.web.test_in_chromium import Axe, tab


def _ask(page: Page, *whys: str) -> None:
    """Ask for the finance reports, once for each of these reasons, whatever the language."""
    for why in whys:
        page.goto("/items/finance-reports")
        page.locator("main form textarea").fill(why)
        page.locator("main form button[type=submit]").click()
        expect(page).to_have_url(re.compile("/requests/"))


def _cards(page: Page, *whys: str) -> list[Locator]:
    """The cards to decide of those asked for these reasons, all chosen."""
    page.goto("/approvals")
    page.wait_for_function("window.did_handshake")
    cards = [page.locator("section[data-keys]").filter(has_text=why) for why in whys]
    for card in cards:
        card.locator("[data-choose]").check()
    return cards


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
        _ask(page, *(f"Forecast number {number}" for number in range(6)))
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


def test_what_is_typed_on_the_cards_counts_where_they_are_decided_together(
    browser: Browser, served: Served, axe: Axe
) -> None:
    """One card has an earlier end and words of its own, one has neither: the list says until when each would be held
    and which words it has, both are done so, and nothing stays behind, on the page or in the tab."""
    early = datetime.now(UTC).date() + timedelta(days=3)
    shown = f"{early.day} {early:%B} {early.year}"
    with (
        tab(browser, served, "ruth") as ruth,
        tab(browser, served, "emil") as emil,
        tab(browser, served, "tove") as page,
    ):
        _ask(ruth, "An own end, earlier")
        _ask(emil, "End as wished")
        mine, other = _cards(page, "An own end, earlier", "End as wished")
        mine.get_by_label("Only until").fill(early.isoformat())
        mine.get_by_label("Reason or question").fill("Only for the close of the month.")
        page.get_by_role("button", name="Approve together").click()
        dialog = page.get_by_role("dialog", name="Approve 2 requests?")
        own = dialog.get_by_role("listitem").filter(has_text="An own end, earlier")
        expect(own).to_contain_text(f"Until {shown}, as you typed on its card")
        expect(own).to_contain_text("Your words for it: “Only for the close of the month.”")
        expect(dialog.get_by_role("listitem").filter(has_text="End as wished")).to_contain_text(", as asked for")
        expect(dialog.get_by_text("Read by those customers on whose card you typed no words")).to_be_visible()
        found = axe(page)
        dialog.get_by_label("Reason").fill("As agreed.")
        dialog.get_by_role("button", name="Approve together").click()
        expect(page.get_by_role("dialog", name="2 approved.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(mine).to_have_count(0)
        expect(other).to_have_count(0)
        expect(page.get_by_text("What you had typed")).to_have_count(0)
        assert page.evaluate(TYPED) == 0
        assert found == []
        expect(ruth.get_by_text("Only for the close of the month.")).to_be_visible()
        expect(ruth.get_by_text(re.compile(f"until {early:%A}"))).to_be_visible()
        expect(emil.get_by_text("As agreed.")).to_be_visible()


def test_where_each_card_has_its_words_none_in_common_are_asked_for(browser: Browser, served: Served) -> None:
    """Denied together, each with its own; a day half typed on one of them keeps the list shut, and is told there."""
    with tab(browser, served, "ruth") as ruth, tab(browser, served, "tove") as page:
        _ask(ruth, "First to deny", "Second to deny")
        cards = _cards(page, "First to deny", "Second to deny")
        for at, card in enumerate(cards):
            card.get_by_label("Reason or question").fill(f"No room, {at}.")
        day = cards[1].get_by_label("Only until")
        day.focus()
        page.keyboard.type("1205")
        page.evaluate(SENT)
        page.get_by_role("button", name="Deny together").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(cards[1].get_by_text("There is no such day, or it is only half there.")).to_be_visible()
        expect(day).to_be_focused()
        day.fill("")
        page.get_by_role("button", name="Deny together").click()
        dialog = page.get_by_role("dialog", name="Deny 2 requests?")
        expect(dialog.get_by_role("textbox")).to_have_count(0)
        dialog.get_by_role("button", name="Deny together").click()
        expect(page.get_by_role("dialog", name="2 denied.")).to_be_visible()


def test_a_note_keeps_the_day_that_was_typed_too(browser: Browser, served: Served) -> None:
    """Decided in another tab meanwhile: what one had typed stays for one to keep, the earlier end with it."""
    with tab(browser, served, "ruth") as page:
        _ask(page, "Decided elsewhere")
    with tab(browser, served, "tove") as page, tab(browser, served, "tove") as phone:
        (card,) = _cards(page, "Decided elsewhere")
        early = datetime.now(UTC).date() + timedelta(days=3)
        card.get_by_label("Only until").fill(early.isoformat())
        (there,) = _cards(phone, "Decided elsewhere")
        there.get_by_role("button", name=re.compile("^Approve")).click()
        expect(there).to_have_count(0)
        expect(page.get_by_text(f"Only until: {early.day} {early:%B} {early.year}")).to_be_visible()


def test_the_bar_is_not_printed(browser: Browser, served: Served) -> None:
    """On paper there is nothing to press."""
    with tab(browser, served, "ruth") as ruth, tab(browser, served, "tove") as page:
        _ask(ruth, "One to print", "Another to print")
        _cards(page, "One to print")
        expect(page.locator(".s-together-bar")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(".s-together-bar")).not_to_be_visible()


def test_the_ticks_one_sees_are_what_is_chosen(browser: Browser, served: Served) -> None:
    """Also one that was made before the bar listened, once anything new comes."""
    with tab(browser, served, "ruth") as ruth, tab(browser, served, "tove") as page:
        _ask(ruth, "Ticked too early")
        page.goto("/approvals")
        page.wait_for_function("window.did_handshake")
        expect(page.locator("section[data-keys]").filter(has_text="Ticked too early")).to_be_visible()
        page.evaluate("document.querySelector('input[data-choose]').checked = true")
        _ask(ruth, "Comes later")
        expect(page.locator(".s-together-bar")).to_be_visible()
        expect(page.get_by_text("1 chosen")).to_be_visible()
