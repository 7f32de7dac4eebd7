"""An item that changes under somebody who fills it in: nothing is taken from them, and nothing is refused unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web.serving import Served, serving
from tests.web.test_in_chromium import tab
from tests.web.test_item_page import CENTRE

WHY, LONG = "What do you need the figures for?", "form:\n  lasts:\n    type: duration\n    label: For how long?\n"
Put = Callable[[str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the stand of this test lives."""
    return tmp_path


@pytest.fixture
def changing(folder: Path) -> Iterator[Served]:
    """A stand whose catalog is edited under its pages."""
    with serving(folder) as served:
        yield served


@pytest.fixture
def put(changing: Served, folder: Path) -> Put:
    """Changes what the file of the finance reports says."""
    path = folder / "catalog" / "items" / "finance-reports.yaml"

    def change(old: str, new: str) -> None:
        text = path.read_text().split("\nlanguages:")[0] + "\n"
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


def test_a_question_that_comes_leaves_what_is_typed_and_where(browser: Browser, changing: Served, put: Put) -> None:
    """Ana goes on typing while a question comes in above; it is asked for beside it, and answered it goes through."""
    with tab(browser, changing, "ana") as page:
        page.goto("/items/finance-reports")
        why = page.get_by_label(WHY)
        why.click()
        page.keyboard.type("Forecast for ")
        put("form:\n", CENTRE)
        centre = page.get_by_label("Which cost centre?")
        expect(centre).to_be_visible(timeout=10_000)
        expect(why).to_be_focused()
        page.keyboard.type("the design budget.")
        page.get_by_role("button", name="Request it").click()
        expect(page.locator(".s-error")).to_have_text("Please fill this in.")
        expect(centre).to_be_focused()
        expect(why).to_have_value("Forecast for the design budget.")
        page.keyboard.type("4711")
        put(CENTRE, LONG)  # another one, which begins as it does on a fresh page
        expect(page.get_by_label("For how long?").first).to_be_visible(timeout=10_000)
        expect(centre).to_have_count(0)
        expect(why).to_have_value("Forecast for the design budget.")
        page.get_by_role("button", name="Request it").click()
        page.wait_for_url("**/requests/R-*")


def test_a_question_may_be_called_what_every_object_has(browser: Browser, changing: Served, put: Put) -> None:
    """`constructor` is a name like any other: nothing is wrong with it before it is answered, what is typed is kept
    through a reload, and it can be sent."""
    asked = "form:\n  constructor:\n    type: text\n    label: Which builder?\n    required: true\n"
    person = "  valueof:\n    type: person\n    label: Who knows them?\n"
    put("form:\n", asked + person)
    with tab(browser, changing, "ana") as page:
        page.goto("/items/finance-reports")
        builder = page.get_by_label("Which builder?")
        expect(builder).to_be_visible(timeout=10_000)
        expect(builder).to_have_value("")
        expect(page.locator(".s-error")).to_have_count(0)
        page.get_by_role("button", name="Request it").click()
        expect(builder).to_be_focused()
        expect(builder).to_have_accessible_description("Please fill this in.")
        page.keyboard.type("Bau GmbH")
        expect(page.get_by_text("Draft kept")).to_be_visible()
        page.reload()
        page.wait_for_function("window.did_handshake")
        expect(builder).to_have_value("Bau GmbH")
        page.get_by_label(WHY).fill("Forecast for the design budget.")
        page.get_by_role("button", name="Request it").click()
        page.wait_for_url("**/requests/R-*")
        expect(page.get_by_text("Bau GmbH")).to_be_visible()
