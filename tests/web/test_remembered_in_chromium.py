"""What one types outside the form of an item, through a page that is loaded anew, as after a new version."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_acts_in_chromium import TYPED
from tests.web.test_in_chromium import tab


def test_the_word_about_how_it_was_survives(browser: Browser, served: Served) -> None:
    """With the caret where it was; once it is sent, the tab has forgotten it."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['held']}")
        page.wait_for_function("window.did_handshake")
        page.get_by_role("button", name="Good", exact=True).click()
        word = page.get_by_label("Anything you would like to add?")
        word.fill("It was quick, and ")
        page.reload()
        expect(word).to_have_value("It was quick, and ")
        expect(word).to_be_focused()
        page.keyboard.type("nobody was asked.")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("status").filter(has_text="Thank you.")).to_be_visible()
        assert page.evaluate(TYPED) == 0
        page.reload()
        expect(word).to_have_value("It was quick, and nobody was asked.")


def test_the_day_of_an_extension_survives_in_its_open_form(browser: Browser, served: Served) -> None:
    """The form is open again with the day that was chosen; once it is asked for, the tab has forgotten it."""
    with tab(browser, served, "ana") as page, tab(browser, served, "tomas") as tomas:
        tomas.goto("/approvals")
        tomas.wait_for_function("window.did_handshake")
        page.goto(f"/requests/{served.names['figures']}")
        card = tomas.locator("section[data-keys]").filter(has_text=served.names["figures"])
        card.get_by_role("button", name=re.compile("^Approve")).click()
        page.get_by_role("button", name="Extend", exact=True).click()
        day = page.locator("main form input[type=date]")
        later = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
        day.fill(later)
        page.reload()
        expect(day).to_be_visible()
        expect(day).to_have_value(later)
        expect(day).to_be_focused()
        page.get_by_role("button", name="Ask for longer").click()
        expect(page).not_to_have_url(re.compile(served.names["figures"]))
        assert page.evaluate(TYPED) == 0


def test_ticks_list_and_reason_of_several_survive(browser: Browser, served: Served) -> None:
    """The list is open again, with the reason and the caret in it, and says until when each is held; somebody who comes
    back later finds the reason, but nothing chosen behind their back."""
    with tab(browser, served, "ruth") as ruth, tab(browser, served, "tove") as page:
        for why in ("The first of two", "The second of two"):
            ruth.goto("/items/finance-reports")
            ruth.get_by_label("What do you need the figures for?").fill(why)
            ruth.locator("main form button[type=submit]").click()
            expect(ruth).to_have_url(re.compile("/requests/"))
        page.goto("/approvals")
        page.wait_for_function("window.did_handshake")
        boxes = page.locator("[data-choose]")
        for box in boxes.all():
            box.check()
        page.get_by_role("button", name="Approve together").click()
        dialog = page.get_by_role("dialog", name="Approve 2 requests?")
        reason = dialog.get_by_role("textbox")
        reason.fill("Not before the ")
        page.reload()
        expect(reason).to_have_value("Not before the ")
        expect(reason).to_be_focused()
        expect(dialog.get_by_text(", as asked for")).to_have_count(2)
        page.keyboard.type("new year.")
        page.reload()
        expect(reason).to_have_value("Not before the new year.")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Approve together")).to_be_focused()
        expect(page.locator("[data-choose]:checked")).to_have_count(2)
        page.goto("/mine")
        page.clock.install()
        page.clock.fast_forward(120_000)
        page.goto("/approvals")
        expect(boxes).to_have_count(2)
        expect(page.locator("[data-choose]:checked")).to_have_count(0)
        for box in boxes.all():
            box.check()
        page.get_by_role("button", name="Deny together").click()
        denial = page.get_by_role("dialog", name="Deny 2 requests?")
        expect(denial.get_by_role("textbox")).to_have_value("Not before the new year.")
        denial.get_by_role("button", name="Deny together").click()
        expect(page.get_by_role("dialog", name="2 denied.")).to_be_visible()
        assert page.evaluate(TYPED) == 0


def test_what_one_chose_under_yours_survives_until_it_is_saved(browser: Browser, served: Served) -> None:
    """Chosen and not saved, it stands there after a reload; saved, the tab has forgotten it."""
    with tab(browser, served, "mei") as page:
        page.goto("/mine")
        page.wait_for_function("window.did_handshake")
        needed = page.get_by_role("radio", name="Only what needs me", exact=True)
        needed.check()
        page.reload()
        expect(needed).to_be_checked()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        page.wait_for_function(f"{TYPED} === 0")
        page.reload()
        expect(needed).to_be_checked()
