"""The catalog in a real browser: Enter opens what fits, coming back leads back, and no search hangs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import PHONE, tab


@pytest.mark.parametrize(("typed", "item"), [("cannot log in", "unlock-account"), ("vnp", "vpn-access")])
def test_enter_at_once_opens_what_the_whole_search_finds(
    browser: Browser, served: Served, typed: str, item: str
) -> None:
    """Enter before the server has answered waits for it: what the browser finds by itself may be another item."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        search = page.get_by_role("searchbox")
        expect(page.locator(".s-card").first).to_be_visible()
        page.wait_for_function("window.did_handshake")
        search.fill(typed)
        search.press("Enter")
        expect(page).to_have_url(re.compile(f"/items/{item}$"))


def test_coming_back_leads_to_the_same_cards_at_the_same_place(browser: Browser, served: Served) -> None:
    """Query, category and place are there again after an item, and the query after loading anew."""
    with tab(browser, served, "ana", PHONE) as page:
        page.goto("/")
        search = page.get_by_role("searchbox")
        search.fill("laptop")
        expect(page.get_by_role("heading", name="Best matches")).to_be_visible()
        page.locator(".s-card").first.click()
        expect(page).to_have_url(re.compile("/items/"))
        page.go_back()
        expect(search).to_have_value("laptop")
        expect(page.get_by_role("heading", name="Best matches")).to_be_visible()
        page.reload()
        expect(search).to_have_value("laptop")
        search.fill("")
        page.get_by_role("button", name="Access", exact=True).click()
        last = page.locator(".s-card").last
        last.scroll_into_view_if_needed()
        place = page.evaluate("scrollY")
        assert place > 0
        last.click()
        expect(page).to_have_url(re.compile("/items/"))
        page.go_back()
        expect(page.get_by_role("button", name="Access", exact=True)).to_have_attribute("aria-pressed", "true")
        page.wait_for_function(f"Math.abs(scrollY - {place}) < 3")


def test_a_search_of_any_length_is_answered(browser: Browser, served: Served) -> None:
    """Four hundred signs, pasted or in the address: the field keeps what can be asked, and the page says its answer."""
    with tab(browser, served, "ana") as page:
        for address in ("/", "/?q=" + "xq" * 200):
            page.goto(address)
            search = page.get_by_role("searchbox")
            expect(search).to_be_visible()
            if address == "/":
                search.focus()
                page.keyboard.insert_text("xq" * 200)
            expect(search).to_have_value("xq" * 100)
            expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()


def test_a_search_that_finds_nothing_is_no_dead_end(browser: Browser, served: Served) -> None:
    """What there is instead and a human are one press away, under names that do not call them found."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        page.wait_for_function("window.did_handshake")
        page.get_by_role("searchbox").fill("projector")
        expect(page.get_by_role("heading", name="Nothing fits “projector”")).to_be_visible()
        instead = page.get_by_role("region", name="For what is not in the catalog")
        for at, item in enumerate(("ask-techops", "new-software")):
            expect(instead.get_by_role("link").nth(at)).to_have_attribute("href", f"/items/{item}")
        expect(page.locator(".s-empty").get_by_role("link").first).to_be_visible()
        expect(page.get_by_text(re.compile("found$"))).to_have_count(0)
        expect(page.get_by_role("status").filter(has_text="Nothing fits “projector”")).to_have_count(1)


def test_a_link_to_a_category_leads_to_the_same_cards_in_every_language(browser: Browser, served: Served) -> None:
    """Whoever reads German chooses it by its German name, and the address is that of everybody."""
    with tab(browser, served, "ana") as page:
        page.goto("/?category=Devices")
        cards = page.locator(".s-card")
        expect(page.get_by_role("button", name="Devices", pressed=True)).to_be_visible()
        english = cards.count()
    with served.speaking("de"), tab(browser, served, "ana") as page:
        page.goto("/?category=Devices")
        expect(page.get_by_role("button", name="Geräte", pressed=True)).to_be_visible()
        expect(page.locator(".s-card")).to_have_count(english)
        page.get_by_role("button", name="Alles").click()
        expect(page.locator(".s-card")).not_to_have_count(english)
        page.get_by_role("button", name="Geräte").click()
        expect(page.locator(".s-card")).to_have_count(english)
        page.wait_for_function("location.search === '?category=Devices'")


def test_what_fits_in_another_category_is_said_to_be_there(browser: Browser, served: Served) -> None:
    """A category chosen before hides nothing for good."""
    with tab(browser, served, "ana") as page:
        page.goto("/?category=Devices&q=figma")
        elsewhere = page.get_by_role("region", name="In other categories")
        expect(elsewhere.get_by_role("link", name=re.compile("^Figma"))).to_be_visible()


@pytest.mark.parametrize("typed", ["🙂", "!?", "   "])
def test_what_holds_no_word_counts_nothing_as_found(browser: Browser, served: Served, typed: str) -> None:
    """The whole catalog is there, in its categories, and it is said why; blanks are like nothing typed."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        page.wait_for_function("window.did_handshake")
        page.get_by_role("searchbox").fill(typed)
        expect(page.get_by_role("region", name="Access", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile("has no word to search for"))).to_have_count(2 if typed.strip() else 0)
        expect(page.get_by_text(re.compile(r"\d+ found"))).to_have_count(0)


def test_the_arrows_lead_from_the_search_into_what_it_found_and_back(browser: Browser, served: Served) -> None:
    """Down waits for the whole answer as Enter does, then goes from card to card; up from the first one leads back."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        page.wait_for_function("window.did_handshake")
        search, cards = page.get_by_role("searchbox"), page.locator(".s-card")
        search.fill("cannot log in")
        search.press("ArrowDown")
        expect(cards.first).to_be_focused()
        expect(cards.first).to_have_attribute("href", "/items/unlock-account")
        page.keyboard.press("ArrowDown")
        expect(cards.nth(1)).to_be_focused()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        expect(search).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(search).to_have_value("cannot log in")
        search.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/items/unlock-account$"))


def test_the_search_is_emptied_by_a_button_with_a_name_and_by_escape(browser: Browser, served: Served) -> None:
    """The button is there while there is something to empty, and leaves the keyboard in the search."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        page.wait_for_function("window.did_handshake")
        search, clear = page.get_by_role("searchbox"), page.get_by_role("button", name="Empty the search")
        expect(page.locator(".s-card").first).to_be_visible()
        expect(clear).to_have_count(0)
        search.fill("vpn")
        clear.click()
        expect(search).to_have_value("")
        expect(search).to_be_focused()
        expect(clear).to_have_count(0)
        search.fill("vpn")
        search.press("Escape")
        expect(search).to_have_value("")
        expect(page.get_by_role("region", name="Access", exact=True)).to_be_visible()


def test_the_list_of_keys_has_those_of_the_search(browser: Browser, served: Served) -> None:
    """As signs that stand on the keys, with what they do."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        page.wait_for_function("window.did_handshake")
        expect(page.locator(".s-card").first).to_be_visible()
        page.locator("body").press("?")
        listed = (
            page.get_by_role("dialog").locator("dl > div").filter(has_text="From the search to what it found, and back")
        )
        expect(listed.locator("kbd")).to_have_text(["↓", "↑"])
