"""What a page draws anew, because time passed or somebody did something, takes nobody's place from them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import tab

SHIFT = "UPDATE escalation SET due_at = datetime(due_at, ?) || '.000000' WHERE id = ?"
SAME = "node => { const was = window.held; window.held = node; return was === node; }"
SELECT = "node => getSelection().selectAllChildren(node)"
SELECTED = "String(getSelection())"


def ready(page: Page, path: str) -> None:
    """Open the page, until it hears what changes."""
    page.goto(path)
    page.wait_for_function("window.did_handshake")


def shift(served: Served, case_id: str, by: str) -> None:
    """Another time is told for the case, as where time went by."""
    with closing(sqlite3.connect(served.store)) as store, store:
        assert store.execute(SHIFT, (by, case_id)).rowcount == 1


def case_of(row: Locator) -> str:
    """Which case a row of the desk leads to."""
    return (row.get_attribute("href") or "").removeprefix("/desk/")


def take(page: Page, case_id: str) -> None:
    """Take a case, as a colleague does."""
    ready(page, f"/desk/{case_id}")
    button = page.get_by_role("button", name=re.compile("^(Take it|Übernehmen)$"))
    button.click()
    expect(button).to_have_count(0)


def test_the_keyboard_stays_on_its_row(browser: Browser, served: Served) -> None:
    """Through a colleague's act on another case and another time told on its own row, and where the row goes to another
    place in the list; and on the chip of a view, whose count changes."""
    with tab(browser, served, "ruth") as page, tab(browser, served, "emil") as emil:
        ready(page, "/desk")
        rows = page.locator(".s-row")
        last, other = case_of(rows.last), case_of(rows.nth(2))
        row = page.locator(f".s-row[href='/desk/{last}']")
        row.focus()
        row.evaluate(SAME)
        before, scrolled = row.inner_text(), page.evaluate("scrollY")
        shift(served, last, "+3 days")
        take(emil, other)
        expect(page.locator(f".s-row[href='/desk/{other}']")).to_contain_text("Emil")
        expect(row).not_to_have_text(before, use_inner_text=True)
        expect(row).to_be_focused()
        assert row.evaluate(SAME)
        assert abs(page.evaluate("scrollY") - scrolled) < 20
        shift(served, last, "-6 days")
        take(emil, case_of(rows.nth(3)))
        expect(rows.first).to_have_attribute("href", f"/desk/{last}")
        expect(row).to_be_focused()
        page.keyboard.press("Tab")
        expect(rows.nth(1)).to_be_focused()
        chip = page.get_by_role("link", name="Not taken")
        chip.focus()
        before = chip.inner_text()
        take(emil, case_of(rows.nth(5)))
        expect(chip).not_to_have_text(before, use_inner_text=True)
        expect(chip).to_be_focused()


def test_a_press_that_began_before_lands(browser: Browser, served: Served) -> None:
    """Down on a row, a colleague's act, up again: it leads where it was pressed."""
    with tab(browser, served, "ruth") as page, tab(browser, served, "emil") as emil:
        ready(page, "/desk")
        pressed = page.locator(".s-row").nth(1)
        other = case_of(page.locator(".s-row", has_not_text="Emil").last)
        goal = case_of(pressed)
        pressed.hover()
        page.mouse.down()
        take(emil, other)
        expect(page.locator(f".s-row[href='/desk/{other}']")).to_contain_text("Emil")
        page.mouse.up()
        expect(page).to_have_url(f"{served.url}/desk/{goal}")


def test_what_is_open_stays_open_and_what_is_selected_selected(browser: Browser, served: Served) -> None:
    """ "Everything that was recorded" with the keyboard on it, and words of the head that stay while others change."""
    with tab(browser, served, "ruth") as page, tab(browser, served, "emil") as emil:
        ready(page, f"/desk/{served.cases['stuck']}")
        recorded, title = page.locator("details.s-disclose"), page.locator(".s-head-wrap h1")
        recorded.locator("summary").press("Enter")
        title.evaluate(SELECT)
        selected = page.evaluate(SELECTED)
        assert selected
        recorded.locator("summary").focus()
        take(emil, served.cases["stuck"])
        expect(page.locator(".s-head-wrap")).to_contain_text("Emil")
        expect(recorded).to_have_attribute("open", "")
        expect(recorded.locator("summary")).to_be_focused()
        assert page.evaluate(SELECTED) == selected


def test_chips_stay_where_they_were_scrolled_to(browser: Browser, served: Served) -> None:
    """On a phone, where their row is longer than the screen."""
    with (
        tab(browser, served, "ruth", ViewportSize(width=320, height=640)) as page,
        tab(browser, served, "emil") as emil,
    ):
        ready(page, "/desk")
        chips, other = page.locator(".s-chips").first, case_of(page.locator(".s-row", has_not_text="Emil").first)
        chips.evaluate("node => { node.scrollLeft = 60; }")
        assert chips.evaluate("node => node.scrollLeft") == 60
        take(emil, other)
        expect(page.locator(f".s-row[href='/desk/{other}']")).to_contain_text("Emil")
        assert chips.evaluate("node => node.scrollLeft") == 60


def test_the_keyboard_stays_among_ones_own(browser: Browser, served: Served) -> None:
    """On the row of a request and of what one has, while another of them moves."""
    with tab(browser, served, "ana") as asked, tab(browser, served, "ana") as held, tab(browser, served, "ana") as page:
        ready(asked, "/requests")
        ready(held, "/mine")
        rows = [one.locator(f".s-row[href='/requests/{served.names['held']}']") for one in (asked, held)]
        for row in rows:
            row.focus()
        number = held.locator(".s-row").count()
        ready(page, "/items/wiki-editors")
        page.locator("main form button[type=submit]").click()
        expect(page).to_have_url(re.compile("/requests/"))
        expect(held.locator(".s-row")).to_have_count(number + 1)
        expect(asked.locator(".s-row", has_text="Wiki")).to_have_count(1)
        for row in rows:
            expect(row).to_be_focused()


def test_rows_are_gone_through_by_keys(browser: Browser, served: Served) -> None:
    """`j` and `k` as on the cards of approvals, also after the list was drawn anew; `?` lists them, and turned off they
    do nothing."""
    with tab(browser, served, "ruth") as page, tab(browser, served, "emil") as emil:
        ready(page, "/desk")
        rows = page.locator(".s-row")
        for key, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
            page.keyboard.press(key)
            expect(rows.nth(at)).to_be_focused()
        other = case_of(page.locator(".s-row", has_not_text="Emil").last)
        take(emil, other)
        expect(page.locator(f".s-row[href='/desk/{other}']")).to_contain_text("Emil")
        page.keyboard.press("j")
        expect(rows.nth(2)).to_be_focused()
        page.keyboard.press("?")
        listed = page.get_by_role("dialog", name="Keys")
        expect(listed.get_by_text("To the next one, or the one before")).to_be_visible()
        listed.get_by_role("checkbox").uncheck()
        listed.get_by_role("button", name="Close").click()
        rows.nth(2).focus()
        page.keyboard.press("k")
        expect(rows.nth(2)).to_be_focused()


def test_what_changed_is_seen_though_what_morphs_it_never_comes(browser: Browser, served: Served) -> None:
    """Its fetch hangs: after a moment the markup is put in place of the old, and from then on at once."""
    with tab(browser, served, "ruth") as page, tab(browser, served, "emil") as emil:
        asked = list[Route]()
        page.route(re.compile("idiomorph"), lambda route: asked.append(route))
        page.clock.install()
        ready(page, "/desk")
        rows = page.locator(".s-row", has_not_text="Emil")
        first, second = case_of(rows.nth(0)), case_of(rows.nth(1))
        take(emil, first)
        while not asked:  # the change may take a moment to be heard of
            page.evaluate("0")
        page.clock.run_for(2_000)
        expect(page.locator(f".s-row[href='/desk/{first}']")).to_contain_text("Emil")
        take(emil, second)
        expect(page.locator(f".s-row[href='/desk/{second}']")).to_contain_text("Emil")
        for one in asked:
            one.abort()
