"""What is typed into a form, judged as it stands there, in a real browser: none of it is cut, and no mistake waits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from selfserve.catalog.fields import LONGEST_TYPED
from tests.web.serving import Served
from tests.web.test_acts_in_chromium import SENT
from tests.web.test_in_chromium import DESKTOP, PHONE, tab

JUDGED = """window.sent.filter(one => JSON.stringify(one).replaceAll("\\\\", "").includes('"text":')).length"""
"""How many answers were sent to be judged since `SENT`."""
HEARD = """window.heard = []; window.socket.onAny((...told) => window.heard.push(JSON.stringify(told)));"""
WHY = "What do you need the figures for?"


def _send(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Request it|Get it now)")).click()


def _paste(field: Locator, text: str) -> None:
    """As from the clipboard: a field that cuts would cut it."""
    field.focus()
    field.page.keyboard.insert_text(text)


def test_a_long_paste_stays_whole_and_is_counted_right(browser: Browser, served: Served) -> None:
    """Four times what the field takes: all of it stands there, and the sentence says how much that is."""
    with tab(browser, served, "lukas") as page:
        page.goto("/items/finance-reports")
        page.wait_for_function("window.did_handshake")
        story = page.get_by_label(WHY)
        _paste(story, "word " * 400)
        expect(story).to_have_value("word " * 400)
        expect(page.get_by_text("Draft kept", exact=True)).to_be_visible()
        _send(page)
        expect(page.get_by_text("This has 1,999 characters; write at most 500.")).to_be_visible()
        page.goto("/items/guest-account")
        page.wait_for_function("window.did_handshake")
        line = page.get_by_role("textbox", name="What is their mail address?")
        _paste(line, "x" * 2_000)
        page.keyboard.press("Tab")
        expect(page.get_by_text("This has 2,000 characters; write at most")).to_be_visible()
        expect(line).to_have_value("x" * 2_000)


def test_what_no_form_takes_is_told_at_once_and_never_sent(browser: Browser, served: Served) -> None:
    """A whole book: it stands there until it is shortened, with a word about it, and neither the draft nor the press of
    the button sends it."""
    with tab(browser, served, "lukas") as page:
        page.goto("/items/new-software")
        page.wait_for_function("window.did_handshake")
        page.evaluate(SENT)
        story = page.locator("main form textarea").first
        book = "word " * LONGEST_TYPED
        _paste(story, book)
        told = page.get_by_text("This is far too long to be kept or sent.")
        expect(page.get_by_role("alert").filter(has=told)).to_be_visible()
        _send(page)
        expect(told).to_be_visible()
        expect(story).to_be_focused()
        expect(story).to_have_value(book)
        assert page.evaluate("window.sent.every(one => JSON.stringify(one).length < 10000)")
        expect(page.get_by_text("Draft kept")).to_have_count(0)
        story.fill("Some words")
        expect(told).to_have_count(0)
        expect(page.get_by_text("Draft kept", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("item", "label", "wrong", "told", "right"),
    [
        ("new-software", "How many of you need it?", "a few", "Write a number, like 3.", "12"),
        ("new-software", "What does it cost a month, in euro?", "-5", "Write a number from 0 to", "12,50"),
        ("new-software", "What do you want to do with it?", "Draw", "Write at least 20", "To draw all our screens"),
        ("finance-reports", "Until when?", "2020-01-01", "or a later day.", ""),
        ("guest-wifi", "For how long?", "900", "Choose at most 8 hours.", "2"),
    ],
)  # fmt: skip
def test_what_is_wrong_by_itself_is_told_once_the_field_is_left(
    browser: Browser, served: Served, item: str, label: str, wrong: str, told: str, right: str
) -> None:
    """A number, a text, a day and a span: aloud and beside the field, gone with the next letter; an empty field is not
    even asked about."""
    with tab(browser, served, "lukas") as page:
        page.goto(f"/items/{item}")
        page.wait_for_function("window.did_handshake")
        field = page.locator(
            f"#{page.get_by_text(label, exact=True).locator('xpath=ancestor::label').get_attribute('for')}"
        )
        field.fill(wrong)
        field.evaluate("one => one.blur()")
        expect(page.get_by_role("alert").filter(has=page.get_by_text(told))).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        field.fill(right)
        expect(page.get_by_text(told)).to_have_count(0)
        page.evaluate(SENT)
        field.evaluate("one => one.blur()")
        assert page.evaluate(JUDGED) == (1 if right else 0)


def test_a_span_is_judged_when_both_of_its_parts_are_left(browser: Browser, served: Served) -> None:
    """On the way from the number to its unit, and on the way to a button, nothing is said yet."""
    with tab(browser, served, "lukas") as page:
        page.goto("/items/guest-wifi")
        page.wait_for_function("window.did_handshake")
        count, unit = page.get_by_label("For how long?", exact=True), page.get_by_label("For how long?, unit")
        count.fill("90")
        page.evaluate(SENT)
        count.press("Tab")
        expect(unit).to_be_focused()
        unit.select_option("minutes")
        page.get_by_role("button", name=re.compile("^(Request it|Get it now)")).focus()
        assert page.evaluate(JUDGED) == 0
        expect(count).not_to_have_attribute("aria-invalid", "true")
        unit.select_option("days")
        unit.press("Shift+Tab")
        count.press("Shift+Tab")
        expect(page.get_by_role("alert").filter(has_text="Choose at most 8 hours.")).to_be_visible()


def _hold(pressed: Locator) -> None:
    """Press it, and let go of nothing yet."""
    pressed.scroll_into_view_if_needed()
    box = pressed.bounding_box()
    assert box is not None
    pressed.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    pressed.page.mouse.down()


def _place(what: Locator) -> float:
    box = what.bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_moves_below_a_pointer_that_is_held_down(browser: Browser, served: Served, size: ViewportSize) -> None:
    """The press that leaves a wrong answer does what it was for, a box to tick and the way back alike; the mistake is
    told once the pointer is up, also where it was moved away before."""
    with tab(browser, served, "lukas", size) as page:
        told = page.get_by_role("alert").filter(has_text="Write at least")
        box, back = page.get_by_role("checkbox").first, page.locator("main form").get_by_role("link", name="Cancel")
        for pressed in (box, page.get_by_role("heading", level=1), back):
            page.goto("/items/guest-account")
            page.wait_for_function("window.did_handshake")
            ticked = box.is_checked()
            page.get_by_role("textbox").first.fill("A")
            page.evaluate(HEARD)
            _hold(pressed)
            place = _place(pressed)
            page.wait_for_function("window.heard.some((one) => one.includes('judge'))")
            assert _place(pressed) == place
            expect(told).to_have_count(0)
            if pressed is not box and pressed is not back:
                page.mouse.move(2, 2)
            page.mouse.up()
            if pressed is back:
                page.wait_for_url(served.url + "/")
            else:
                expect(told).to_be_visible()
                expect(box).to_be_checked(checked=ticked is not (pressed is box))


def test_what_is_no_choice_is_told_once_the_pointer_is_up(browser: Browser, served: Served) -> None:
    """The press that leaves the field does what it was for."""
    with tab(browser, served, "tomas") as page:
        told = page.get_by_text("Choose one from the list.")
        foot = page.locator(".s-form-foot")
        back = foot.get_by_role("link", name="Cancel")
        for pressed in (page.get_by_role("heading", level=1), back):
            page.goto("/items/leaving-colleague")
            page.wait_for_function("window.did_handshake")
            page.get_by_role("combobox").first.fill("zzzz")
            expect(page.get_by_role("listbox")).to_contain_text("Nothing on offer fits.")
            place = _place(foot)
            _hold(pressed)
            assert _place(foot) == place
            expect(told).to_have_count(0)
            page.mouse.up()
            if pressed is back:
                page.wait_for_url(served.url + "/")
            else:
                expect(told).to_be_visible()


HALF = "There is no such day, or it is only half there."


@pytest.mark.parametrize("typed", ["1205", "02312027"], ids=["half typed", "no such day"])
def test_a_day_that_is_none_is_a_mistake_and_never_taken_for_no_day(
    browser: Browser, served: Served, typed: str
) -> None:
    """The browser has no value for it: what an approver meant as an earlier end is not lost by "Approve", and is told
    when the field is left, too; emptied by the keyboard it is no mistake any more."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        page.wait_for_function("window.did_handshake")
        card = page.locator("section[data-keys]").filter(has=page.get_by_label("Only until")).first
        day = card.get_by_label("Only until")
        day.focus()
        page.keyboard.type(typed)
        page.evaluate(SENT)
        card.get_by_role("button", name=re.compile("^Approve")).click()
        expect(card.get_by_role("alert").or_(card.locator(".s-error")).filter(has_text=HALF)).to_be_visible()
        expect(day).to_be_focused()
        expect(day).to_have_attribute("aria-invalid", "true")
        assert page.evaluate("window.sent.filter(one => JSON.stringify(one).includes('button')).length") == 0
        for _ in range(3):
            page.keyboard.press("Backspace")
            page.keyboard.press("Tab")
        card.focus()
        expect(card.get_by_text(HALF)).to_have_count(0)
        day.focus()
        page.keyboard.type(typed)
        card.focus()
        expect(card.get_by_role("alert").filter(has_text=HALF)).to_be_visible()


def test_a_day_that_is_none_stays_with_the_customer_too(browser: Browser, served: Served) -> None:
    """In the form of an item it is told beside its field, and "Start over" empties it."""
    with tab(browser, served, "lukas") as page:
        page.goto("/items/finance-reports")
        page.wait_for_function("window.did_handshake")
        page.get_by_label(WHY).fill("Forecast for the next year")
        day = page.locator("main form input[type=date]")
        day.fill("")
        day.focus()
        page.keyboard.type("1205")
        _send(page)
        expect(page.locator(".s-error").filter(has_text=HALF)).to_be_visible()
        expect(day).to_be_focused()
        page.get_by_role("button", name="Start over").click()
        assert not day.evaluate("one => one.validity.badInput")
