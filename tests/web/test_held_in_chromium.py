"""What one is at stays where it is while the page changes above it, and no key decides what is out of sight."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Browser, Locator, Page, expect

from tests.web.serving import Served
from tests.web.test_acts_in_chromium import SENT
from tests.web.test_drawn_anew_in_chromium import case_of, ready, take
from tests.web.test_in_chromium import tab

TOP = """
    node => new Promise(done => {
        requestAnimationFrame(() => requestAnimationFrame(() => done(node.getBoundingClientRect().top)));
    })
"""
"""Where it is once what has changed by now is drawn."""
WHOLE = "node => { const { top, bottom } = node.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"
REASON = "Reason or question"


def _ask(page: Page, whys: Sequence[str]) -> list[str]:
    """Ask for the finance reports for each of these reasons; where each request is."""
    found = list[str]()
    for why in whys:
        page.goto("/items/finance-reports")
        page.get_by_label("What do you need the figures for?").fill(why)
        page.locator("main form button[type=submit]").click()
        expect(page).to_have_url(re.compile("/requests/"))
        found.append(page.url)
    return found


def _withdraw(page: Page, url: str) -> None:
    ready(page, url)
    page.get_by_role("button", name="Cancel the request").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(page.get_by_role("button", name="Cancel the request")).to_have_count(0)


def _card(page: Page, why: str) -> Locator:
    return page.locator("section.s-ask").filter(has_text=why)


def test_what_one_is_at_stays_while_cards_above_it_end(browser: Browser, served: Served) -> None:
    """Ana withdraws what stands above: the field one types in, the card the keyboard is on and, with the keyboard
    nowhere, the first card in sight stay where they are, whatever the browser holds by itself."""
    with tab(browser, served, "ana") as ana, tab(browser, served, "tomas") as page:
        whys = [f"Held number {number}" for number in range(8)]
        urls = _ask(ana, whys)
        ready(page, "/approvals")
        last, notes = _card(page, whys[7]), page.locator(".s-overtaken")
        field = last.get_by_label(REASON)
        field.press_sequentially("Half a reason")
        was = field.evaluate(TOP)
        for number in (0, 1):
            _withdraw(ana, urls[number])
            expect(notes).to_have_count(number + 1)
            expect(notes.nth(number)).to_contain_text("Put this away")
            assert abs(field.evaluate(TOP) - was) < 2, f"after {number + 1}"
        expect(field).to_be_focused()
        last.focus()
        was = last.evaluate(TOP)
        _withdraw(ana, urls[2])
        expect(notes).to_have_count(3)
        assert abs(last.evaluate(TOP) - was) < 2
        last.evaluate("node => node.blur()")
        page.evaluate("scrollBy(0, -20)")
        was = last.evaluate(TOP)
        _withdraw(ana, urls[3])
        expect(notes).to_have_count(4)
        expect(notes.nth(3)).to_contain_text("Put this away")
        assert abs(last.evaluate(TOP) - was) < 2


def test_in_a_browser_that_holds_nothing_the_card_stays_too(browser: Browser, served: Served) -> None:
    """A note above is put away where the browser holds nothing by itself, as WebKit: the card stays; and the page that
    one goes to then begins at its title."""
    with tab(browser, served, "ana") as ana, tab(browser, served, "tomas") as page:
        whys = [f"Put away {number}" for number in range(5)]
        urls = _ask(ana, whys)
        ready(page, "/approvals")
        page.add_style_tag(content="html { overflow-anchor: none !important; }")
        assert page.evaluate("scrollY") == 0
        card = _card(page, whys[4])
        _withdraw(ana, urls[0])
        expect(page.locator(".s-overtaken")).to_have_count(1)
        card.focus()
        was = card.evaluate(TOP)
        page.locator(".s-overtaken").get_by_role("button").evaluate("node => node.click()")
        expect(page.locator(".s-overtaken")).to_have_count(0)
        assert abs(card.evaluate(TOP) - was) < 2
        page.get_by_role("link", name="Catalog").first.click()
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        assert page.evaluate("scrollY") == 0


def test_a_key_brings_a_card_into_sight_before_it_decides(browser: Browser, served: Served) -> None:
    """Scrolled away from the card that has the keyboard, `a`, `d` and `x` first show which it is; struck again they
    do it."""
    with tab(browser, served, "ana") as ana, tab(browser, served, "tomas") as page:
        whys = [f"Out of sight {number}" for number in range(5)]
        _ask(ana, whys)
        page.clock.install()
        ready(page, "/approvals")
        cards = page.locator("section[data-keys]")
        card = _card(page, whys[0])
        count = cards.count()
        page.evaluate(SENT)
        for key in "adx":
            card.focus()
            page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            assert not card.evaluate(WHOLE)
            page.keyboard.press(key)
            assert card.evaluate(WHOLE), key
            page.keyboard.press(key)  # at once: meant for what was there before
            page.clock.run_for(1_000)
            assert page.evaluate("window.sent") == []
            expect(card).to_be_focused()
        expect(card.get_by_role("checkbox")).to_be_checked()
        page.keyboard.press("x")
        expect(card.get_by_role("checkbox")).not_to_be_checked()
        page.keyboard.press("a")
        expect(cards).to_have_count(count - 1)


def test_from_a_row_that_went_the_keys_go_on_to_its_neighbours(browser: Browser, served: Served) -> None:
    """A colleague takes the case the keyboard is on, and one above it: `j` goes to the row that followed it, `k` to the
    one before it; from anywhere else they begin at an end, as ever."""
    with tab(browser, served, "ruth") as page, tab(browser, served, "emil") as emil:
        ready(page, "/desk")
        ready(page, page.get_by_role("link", name="Not taken").get_attribute("href") or "")
        rows = page.locator(".s-row")
        cases = [case_of(row) for row in rows.all()]
        assert len(cases) >= 5, cases

        def row(number: int) -> Locator:
            return page.locator(f".s-row[href='/desk/{cases[number]}']")

        row(2).focus()
        take(emil, cases[0])
        expect(row(0)).to_have_count(0)
        take(emil, cases[2])
        expect(row(2)).to_have_count(0)
        page.keyboard.press("j")
        expect(row(3)).to_be_focused()
        take(emil, cases[3])
        expect(row(3)).to_have_count(0)
        page.keyboard.press("k")
        expect(row(1)).to_be_focused()
        page.get_by_role("link", name="Not taken").focus()
        page.keyboard.press("k")
        expect(rows.last).to_be_focused()
