"""A field that offers choices while one types, in a real browser: what is typed in full counts, mistakes are seen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, WebSocketRoute, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import tab
from tests.web.test_item_draft import NOTHING_LEFT


def _who(page: Page) -> Locator:
    page.goto("/items/leaving-colleague")
    field = page.get_by_role("combobox").first
    expect(field).to_be_visible()
    page.wait_for_function("window.did_handshake")
    return field


def _send(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Request it|Get it now)")).click()


def test_a_name_typed_in_full_is_taken(browser: Browser, served: Served) -> None:
    """The whole name and Tab, without waiting for the list: the field is right, and nobody is told to fill it in."""
    with tab(browser, served, "tomas") as page:
        field = _who(page)
        field.press_sequentially("jonas müller")
        page.keyboard.press("Tab")
        expect(field).to_have_value("Jonas Müller")
        _send(page)
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()  # the other questions
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_words_that_are_no_choice_are_told_as_such_where_they_stand(browser: Browser, served: Served) -> None:
    """Sent with "zzzz" in it the field says to choose, has the keyboard, and no list covers the sentence."""
    with tab(browser, served, "tomas") as page:
        field = _who(page)
        field.press_sequentially("zzzz")
        expect(page.get_by_role("listbox")).to_contain_text("Nothing on offer fits.")
        page.keyboard.press("Tab")
        sentence = page.get_by_text("Choose one from the list.")
        expect(sentence).to_be_visible()
        _send(page)
        expect(field).to_be_focused()
        expect(sentence).to_be_visible()
        expect(page.get_by_role("listbox")).not_to_be_visible()
        field.press("ArrowDown")
        expect(page.get_by_role("listbox")).to_be_visible()


def test_a_list_with_nothing_in_it_takes_no_press_from_what_it_lies_over(browser: Browser, served: Served) -> None:
    """The button below is pressed through it, and what is typed is told to be nobody."""
    with tab(browser, served, "tomas") as page:
        page.goto("/items/wiki-editors")
        page.wait_for_function("window.did_handshake")
        field = page.get_by_role("combobox", name="Who is it for?")
        field.fill("zzzz")
        expect(page.get_by_role("listbox")).to_contain_text("Nothing on offer fits.")
        button = page.locator(".s-form-foot button").first
        box = button.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(".s-error").filter(has_text="Choose somebody from the list.")).to_be_visible()
        field.fill("")


def test_nothing_chosen_says_so_and_opens_no_list_over_it(browser: Browser, served: Served) -> None:
    """Sent empty: the field has the keyboard and its sentence is in sight."""
    with tab(browser, served, "tomas") as page:
        field = _who(page)
        _send(page)
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_role("listbox")).not_to_be_visible()


def test_a_wrong_address_is_told_where_it_stands_once_it_is_left(browser: Browser, served: Served) -> None:
    """Aloud too, and gone with the first letter that changes it; a field that is left empty is no mistake yet."""
    with tab(browser, served, "lukas") as page:
        page.goto("/items/guest-account")
        page.wait_for_function("window.did_handshake")
        field = page.get_by_role("textbox", name="What is their mail address?")
        field.focus()
        page.keyboard.press("Tab")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        field.fill("anna.example")
        page.keyboard.press("Tab")
        expect(page.get_by_role("alert").filter(has_text="This is not a whole mail address.")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("not a whole mail address"))
        field.fill("anna@guest.example")
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_what_fitted_before_is_no_answer_to_what_is_typed_now(browser: Browser, served: Served) -> None:
    """The choices for "" arrive when "jo" is already asked for: those for "jo" are shown, not that nothing fits."""
    with tab(browser, served, "tomas") as page:
        late: list[str | bytes] = []
        asked: list[str] = []

        def between(tab: WebSocketRoute) -> None:
            server = tab.connect_to_server()

            def up(message: str | bytes) -> None:
                server.send(message)
                if '"text":"jo"' in str(message).replace("\\", ""):
                    asked.append("jo")
                    while late:
                        tab.send(late.pop(0))

            def down(message: str | bytes) -> None:
                held = not asked and "offer" in str(message)
                (late.append if held else tab.send)(message)

            tab.on_message(up)
            server.on_message(down)

        page.route_web_socket("**/_nicegui_ws/**", between)
        field = _who(page)
        field.press_sequentially("jo")
        expect(page.get_by_role("option", selected=True)).to_contain_text(re.compile("jo", re.IGNORECASE))
        assert asked == ["jo"]
        assert not late


def test_who_is_named_empties_what_was_filled_in_for_the_asker(browser: Browser, served: Served) -> None:
    """The computer the asker sits at goes as soon as it is for somebody else; what they typed themselves stays."""
    with tab(browser, served, "tomas") as page:
        _as_from_the_app(page)
        device, whom = page.get_by_label("Which device?"), page.get_by_role("combobox", name="Who is it for?")
        for typed, left in (("", ""), ("ana-laptop", "ana-laptop")):
            page.goto("/items/repair-device")
            expect(device).to_have_value("C02FERN01")
            page.wait_for_function("window.did_handshake")
            if typed:
                device.fill(typed)
            whom.press_sequentially("ana")
            page.get_by_role("option").first.click()
            expect(device).to_have_value(left)
            page.get_by_role("button", name="Start over").click()
            expect(device).to_have_value("C02FERN01")
            page.wait_for_function(NOTHING_LEFT)


def _pick(page: Page, item: str, letters: str, name: str) -> Locator:
    page.goto(f"/items/{item}")
    page.wait_for_function("window.did_handshake")
    field = page.get_by_role("combobox").first
    field.fill(letters)
    page.get_by_role("option").filter(has_text=name).click()
    expect(field).to_have_value(name)
    page.wait_for_function(NOTHING_LEFT)
    return field


@pytest.mark.parametrize(
    ("login", "name", "keys"),
    [
        ("mei", "Sam Okafor", ["Control+a", "Delete"]),
        ("priya", "Lukas Brandt", ["End", *["Backspace"] * len("Lukas Brandt")]),
    ],
)
def test_who_was_taken_out_is_nobody_it_is_asked_for(
    browser: Browser, served: Served, login: str, name: str, keys: list[str]
) -> None:
    """Emptied at one stroke or letter by letter: the field stays empty, is no mistake, and the request is the asker's
    own; the list is open again meanwhile."""
    with tab(browser, served, login) as page:
        field = _pick(page, "wiki-editors", name[:5], name)
        for key in keys:
            field.press(key)
        expect(field).to_have_value("")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        expect(field).to_have_value("")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        _send(page)
        page.wait_for_url("**/requests/*")
        expect(page.locator("main")).not_to_contain_text(name)


def test_start_over_lets_go_of_who_was_named_in_a_draft(browser: Browser, served: Served) -> None:
    """Picked, kept and opened again: it empties the field, "Undo" brings the name back and not its id, and what is
    asked for then is for the asker."""
    with tab(browser, served, "tomas") as page:
        field = _pick(page, "wiki-editors", "Ana", "Ana Sousa")
        page.reload()
        page.wait_for_function("window.did_handshake")
        for _ in range(2):
            expect(field).to_have_value("Ana Sousa")
            page.get_by_role("button", name="Start over").click()
            expect(field).to_have_value("")
            page.get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Start over").click()
        page.wait_for_function(NOTHING_LEFT)
        page.reload()
        page.wait_for_function("window.did_handshake")
        expect(field).to_have_value("")
        _send(page)
        page.wait_for_url("**/requests/*")
        expect(page.locator("main")).not_to_contain_text("Ana Sousa")


def test_nobodys_name_is_told_when_it_is_left_and_nothing_goes_on_for_who_stood_there(
    browser: Browser, served: Served
) -> None:
    """What happens next speaks of the asker again, and the sentence is gone with the next letter. A name in full is
    somebody's, however fast the field is left."""
    with tab(browser, served, "tomas") as page:
        field = _pick(page, "finance-reports", "Ana", "Ana Sousa")
        beside = page.get_by_role("complementary", name="What happens next")
        expect(beside).to_contain_text("Ana has it")
        field.fill("Nobody at all")
        page.keyboard.press("Tab")
        expect(page.get_by_role("alert").filter(has_text="Choose somebody from the list.")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(beside).to_contain_text("You have it")
        field.fill("")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        field.fill("ana sousa")
        page.keyboard.press("Tab")
        expect(field).to_have_value("Ana Sousa")
        expect(beside).to_contain_text("Ana has it")
        field.fill("")
        page.keyboard.press("Tab")
        expect(beside).to_contain_text("You have it")
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_where_somebody_has_to_be_named_an_emptied_field_names_nobody(browser: Browser, served: Served) -> None:
    """Sent, it is refused as a field that was left empty, and a reload does not bring the name back."""
    with tab(browser, served, "tomas") as page:
        field = _pick(page, "leaving-colleague", "jonas", "Jonas Müller")
        field.press("Control+a")
        field.press("Backspace")
        page.keyboard.press("Tab")
        expect(field).to_have_value("")
        _send(page)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value("")
        page.wait_for_function(NOTHING_LEFT)
        page.reload()
        expect(field).to_have_value("")


def test_to_look_at_the_list_takes_nothing_away(browser: Browser, served: Served) -> None:
    """Opened by a click, by the arrow or by coming back: who was chosen is chosen still."""
    with tab(browser, served, "tomas") as page:
        field = _pick(page, "leaving-colleague", "jonas", "Jonas Müller")
        page.keyboard.press("Tab")
        ways: tuple[Callable[[], None], ...] = (field.focus, field.click, lambda: field.press("ArrowDown"))
        for look in ways:
            look()
            expect(page.get_by_role("option").first).to_be_visible()
            expect(field).to_have_value("Jonas Müller")
            page.keyboard.press("Escape")
            expect(page.get_by_role("listbox")).not_to_be_visible()
        page.keyboard.press("Tab")
        expect(field).to_have_value("Jonas Müller")
        _send(page)
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()  # the other questions
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_what_is_typed_and_not_chosen_survives_a_reload_and_is_never_taken_for_nothing(
    browser: Browser, served: Served
) -> None:
    """Half a name, and the page is loaded anew: it stands there still, also a second time and after another question
    was answered; sent, it says so beside the field and asks for nobody. In full it is who it names."""
    with tab(browser, served, "tomas") as page:
        page.goto("/items/finance-reports")
        page.wait_for_function("window.did_handshake")
        field = page.get_by_role("combobox", name="Who is it for?")
        field.press_sequentially("Ana S")
        expect(page.get_by_role("option").first).to_contain_text("Ana Sousa")
        page.reload()
        page.wait_for_function("window.did_handshake")
        expect(field).to_have_value("Ana S")
        expect(field).to_be_focused()
        page.get_by_label("What do you need the figures for?").fill("Forecast for the design budget.")
        expect(page.get_by_text("Draft kept")).to_be_visible()
        page.reload()
        page.wait_for_function("window.did_handshake")
        expect(field).to_have_value("Ana S")
        _send(page)
        expect(page.locator(".s-error").filter(has_text="Choose somebody from the list.")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        assert page.url.endswith("/items/finance-reports")
        field.fill("ana sousa")
        page.reload()
        page.wait_for_function("window.did_handshake")
        _send(page)
        expect(page.locator("main")).to_contain_text("This was already asked for Ana Sousa.")
        expect(field).to_have_value("Ana Sousa")


def test_a_choice_that_was_typed_and_not_made_is_asked_for_after_a_reload(browser: Browser, served: Served) -> None:
    """Where only what is on offer counts: "zzzz" is told to be none, a name in full is taken, an emptied field leaves
    nothing behind."""
    with tab(browser, served, "tomas") as page:
        field = _who(page)
        field.fill("zzzz")
        page.reload()
        page.wait_for_function("window.did_handshake")
        expect(field).to_have_value("zzzz")
        _send(page)
        expect(page.get_by_text("Choose one from the list.")).to_be_visible()
        field.fill("jonas müller")
        page.reload()
        page.wait_for_function("window.did_handshake")
        _send(page)
        expect(field).to_have_value("Jonas Müller")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        field.fill("zz")
        field.fill("")
        page.wait_for_function(NOTHING_LEFT)
        page.reload()
        expect(field).to_have_value("")


def _as_from_the_app(page: Page) -> None:
    """The page as the server sends it into the window of an app that told its computer."""

    def told(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace('"empties":[]', '"empties":["device"]', 1)
        route.fulfill(response=answer, body=body.replace('"device":""', '"device":"C02FERN01"'))

    # To Chromium a page that was fulfilled here came from nowhere, and may not call this machine by itself.
    page.context.grant_permissions(["local-network-access"])
    page.route("**/items/repair-device", told)
