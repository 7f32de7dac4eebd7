"""What becomes of an act in a real browser: never sent behind one's back, never refused in silence, never doubled."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import tab

SENT = """
    window.sent = [];
    const emit = window.socket.emit;
    window.socket.emit = (name, ...more) => {
        if (name === "event") window.sent.push(more);
        return emit.call(window.socket, name, ...more);
    };
"""
TYPED = "Object.keys(sessionStorage).filter(one => one.startsWith('person-')).length"
"""How many forms this tab remembers something typed in."""


def cut(page: Page) -> None:
    """Take the network away, and wait until the page says so."""
    page.context.set_offline(True)
    page.evaluate("window.socket.io.engine.close()")
    expect(page.get_by_role("status").filter(has_text="You are offline.")).to_be_visible()


def heal(page: Page) -> None:
    """Give it back, and wait until the page is connected again."""
    page.context.set_offline(False)
    page.wait_for_function("window.socket.connected", timeout=30_000)


def test_what_is_pressed_without_a_connection_is_refused_and_never_sent_later(browser: Browser, served: Served) -> None:
    """Offline, "Cancel it" and then "Keep it": the request is kept when the network is back; and a form and a button
    say the same."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['waits']}")
        page.get_by_role("button", name="Cancel the request").click()
        dialog = page.get_by_role("dialog", name="Cancel this request?")
        expect(dialog).to_be_visible()
        cut(page)
        page.evaluate(SENT)
        dialog.get_by_role("button", name="Cancel it").click()
        expect(dialog.get_by_role("alert")).to_contain_text("nothing was sent")
        dialog.get_by_role("button", name="Keep it").click()
        expect(dialog).not_to_be_visible()
        page.get_by_role("button", name="Cancel the request").click()
        expect(page.get_by_role("status").filter(has_text="nothing was sent")).to_be_visible()
        assert page.evaluate("window.sent") == []
        heal(page)
        expect(page.get_by_text("You are offline.")).not_to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Cancel the request")).to_be_visible()
        page.goto("/items/finance-reports")
        page.get_by_label("What do you need the figures for?").fill("Forecast")
        cut(page)
        page.get_by_role("button", name=re.compile("^(Request it|Get it now)")).click()
        expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
        heal(page)


def test_a_refusal_for_want_of_a_connection_goes_when_it_is_back(browser: Browser, served: Served) -> None:
    """From a form, a dialog and the frame; it would be untrue beside "Draft kept"."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['waits']}")
        page.get_by_role("button", name="Cancel the request").click()
        dialog = page.get_by_role("dialog", name="Cancel this request?")
        expect(dialog).to_be_visible()
        cut(page)
        dialog.get_by_role("button", name="Cancel it").click()
        expect(dialog.get_by_role("alert")).to_contain_text("nothing was sent")
        heal(page)
        expect(dialog.get_by_text("nothing was sent")).not_to_be_visible()
        dialog.get_by_role("button", name="Keep it").click()
        cut(page)
        page.get_by_role("button", name="Cancel the request").click()
        expect(page.get_by_role("status").filter(has_text="nothing was sent")).to_be_visible()
        heal(page)
        expect(page.get_by_text("nothing was sent")).not_to_be_visible()
        page.goto("/items/finance-reports")
        page.get_by_label("What do you need the figures for?").fill("Forecast")
        cut(page)
        page.get_by_role("button", name=re.compile("^(Request it|Get it now)")).click()
        expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
        heal(page)
        expect(page.get_by_text("nothing was sent")).not_to_be_visible()


def test_a_refusal_for_want_of_a_connection_goes_although_its_button_went_before(
    browser: Browser, served: Served
) -> None:
    """Pressed without a connection, then another page of the menu: when the connection is back the sentence is as
    untrue there."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['waits']}")
        page.wait_for_function("window.did_handshake")
        cut(page)
        page.get_by_role("button", name="Cancel the request").click()
        told = page.get_by_role("status").filter(has_text="nothing was sent")
        expect(told).to_be_visible()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Yours").click()
        heal(page)
        expect(page.get_by_role("heading", name="Yours", level=1)).to_be_visible(timeout=30_000)
        expect(told).to_have_count(0)


def test_while_an_act_is_under_way_its_dialog_waits_for_the_answer(browser: Browser, served: Served) -> None:
    """Neither "Keep it" nor Escape takes back what is on its way; the button says that it is under way."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['waits']}")
        page.get_by_role("button", name="Cancel the request").click()
        dialog = page.get_by_role("dialog", name="Cancel this request?")
        page.evaluate("window.socket.emit = () => null")
        dialog.get_by_role("button", name="Cancel it").click()
        expect(dialog.get_by_role("button", name="One moment…")).to_have_attribute("aria-disabled", "true")
        keep = dialog.get_by_role("button", name="Keep it")
        expect(keep).to_have_attribute("aria-disabled", "true")
        keep.click(force=True)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(dialog).to_be_visible()


def test_while_a_form_is_sent_none_of_its_buttons_takes_a_press(browser: Browser, served: Served) -> None:
    """Every button says that it is disabled, the one pressed that it is busy; a button outside a form too."""
    with tab(browser, served, "tomas") as page:
        page.goto("/approvals")
        card = page.get_by_role("region", name="Finance reports for Ana Sousa")
        expect(card).to_be_visible()
        page.wait_for_function("window.did_handshake")
        page.evaluate("window.socket.emit = () => null")
        card.get_by_role("button", name="Approve").click()
        buttons = card.locator(".s-form-foot button")
        expect(buttons).to_have_count(3)
        for button in buttons.all():
            expect(button).to_have_attribute("aria-disabled", "true")
        expect(buttons.first).to_have_attribute("aria-busy", "true")
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['secret']}")
        show = page.get_by_role("button", name="Show it")
        page.wait_for_function("window.did_handshake")
        page.evaluate("window.socket.emit = () => null")
        show.click()
        expect(show).to_have_attribute("aria-busy", "true")
        pressed = "getComputedStyle(document.querySelector('.s-btn[aria-busy=true]'), '::after').animationName"
        assert page.evaluate(pressed) == "s-turn"


def test_that_a_secret_was_not_said_to_be_kept_stays_said(browser: Browser, served: Served) -> None:
    """Offline, "I have kept it": nobody heard it, and that is as true when the network is back."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['secret']}")
        page.get_by_role("button", name="Show it").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        cut(page)
        dialog.get_by_role("button", name="I have kept it").click()
        expect(dialog.get_by_role("alert")).to_contain_text("nothing was sent")
        heal(page)
        expect(dialog.get_by_role("alert")).to_have_text(
            "You were not connected, so nobody knows yet that you have kept it. Say so again."
        )


def test_a_pressed_button_looks_pressed(browser: Browser, served: Served) -> None:
    """While the pointer is down it looks another than while it is only over the button."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['waits']}")
        button = page.get_by_role("button", name="Cancel the request")
        button.hover()
        look = "one => getComputedStyle(one).translate + getComputedStyle(one).filter"
        before = button.evaluate(look)
        page.mouse.down()
        assert button.evaluate(look) != before
        page.mouse.move(0, 0)
        page.mouse.up()


def test_an_act_that_is_refused_is_told_where_it_is_seen(browser: Browser, served: Served) -> None:
    """A refusal with no field to stand beside stays in sight until it is put away; what went well leaves by itself."""
    with tab(browser, served, "tove") as page:
        page.clock.install()
        page.goto("/health")
        look = page.get_by_role("button", name="Look again")
        look.click()
        told = page.locator(".s-told").get_by_role("status")
        expect(told).to_have_text(re.compile("We look at everything again"))
        expect(told).to_be_visible()
        page.evaluate("window.socket.emit = () => null")
        look.click()
        page.clock.run_for(25_000)
        expect(told).to_contain_text("takes longer than it should")
        page.clock.run_for(25_000)
        expect(told).to_contain_text("takes longer than it should")
        page.get_by_role("button", name="Put this away").press("Enter")
        expect(told).to_have_text("")
        expect(page.get_by_role("button", name="Put this away")).to_have_count(0)


def test_what_somebody_else_decided_leaves_a_note_and_what_was_typed(browser: Browser, served: Served) -> None:
    """Tove has half a reason typed when Ruth approves: she reads who decided, keeps her words, and puts them away."""
    with tab(browser, served, "ana") as ana:
        ana.goto("/items/figma-editor")
        ana.get_by_label("What will you use it for?").fill("Screens for the app")
        ana.get_by_role("button", name=re.compile("^(Request it|Get it now)")).click()
        expect(ana).to_have_url(re.compile("/requests/"))
    with tab(browser, served, "tove") as tove, tab(browser, served, "ruth") as ruth:
        tove.goto("/approvals")
        card = tove.get_by_role("region", name=re.compile("Figma editor seat for Ana"))
        card.get_by_label("Reason or question").fill("Only until the release, because")
        ruth.goto("/approvals")
        ruth.get_by_role("region", name=re.compile("Figma editor seat for Ana")).get_by_role(
            "button", name="Approve"
        ).click()
        expect(card).to_contain_text(re.compile("Ruth Adeyemi approved this already"))
        expect(card).to_contain_text("Only until the release, because")
        expect(card).to_be_focused()
        expect(tove.locator(".s-told").get_by_role("status")).to_contain_text("Ruth Adeyemi approved this already")
        card.get_by_role("button", name="Put this away").click()
        expect(card).to_have_count(0)


def test_a_case_that_a_colleague_closed_keeps_what_was_typed(browser: Browser, served: Served) -> None:
    """Tove has a word for the customer typed when Ruth closes the case: she reads who did and keeps her words; the
    forms with nothing in them leave."""
    path = f"/desk/{served.cases['stuck']}"
    with tab(browser, served, "tove") as tove, tab(browser, served, "ruth") as ruth:
        tove.goto(path)
        tove.get_by_label("A word for the customer").fill("It is in the top drawer.")
        ruth.goto(path)
        ruth.get_by_label("What the customer reads").fill("The old database is switched off.")
        ruth.get_by_role("button", name="Close and tell them").click()
        expect(tove.get_by_text("Ruth Adeyemi closed this case. Nothing is left to do.").first).to_be_visible()
        mine = tove.get_by_role("region", name="Done by hand")
        expect(mine).to_contain_text("What you had typed was not used")
        expect(mine).to_contain_text("It is in the top drawer.")
        expect(tove.get_by_role("region", name="Cannot be done")).to_have_count(0)
        expect(tove.get_by_role("region", name="Hand it to another team")).to_have_count(0)


def test_a_case_closed_in_another_window_keeps_what_was_typed_in_this_one(browser: Browser, served: Served) -> None:
    """Ruth closes it in one of her windows: what she typed in the other stands there to keep; the one she closed it in
    says only that it is closed."""
    with tab(browser, served, "ruth") as here:
        here.goto(f"/desk/{served.cases['hands']}")
        here.wait_for_function("window.did_handshake")
        there = here.context.new_page()
        there.goto(f"/desk/{served.cases['hands']}")
        there.wait_for_function("window.did_handshake")
        there.get_by_label("A word for the customer").fill("It took me ten minutes to write this.")
        here.get_by_label("What the customer reads").fill("There is no more of it.")
        here.get_by_role("button", name="Close and tell them").click()
        expect(here.get_by_text("This case is closed. Nothing is left to do.").first).to_be_visible()
        expect(there.get_by_text("What you had typed was not used")).to_be_visible()
        expect(there.get_by_text("It took me ten minutes to write this.")).to_be_visible()
        expect(here.get_by_text("What you had typed was not used")).to_have_count(0)
        expect(here.locator("main form")).to_have_count(0)
        there.close()


def test_what_was_sent_is_remembered_nowhere(browser: Browser, served: Served) -> None:
    """An answer leaves the page with its form, and the tab keeps nothing of it."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['figures']}")
        page.get_by_role("textbox", name="Your answer").fill("Cost centre 4711")
        assert page.evaluate(TYPED) == 1
        page.get_by_role("button", name="Send the answer").click()
        expect(page.get_by_role("textbox", name="Your answer")).to_have_count(0)
        assert page.evaluate(TYPED) == 0
