"""A catalog of two hundred items with the longest names, of one, and of none; and a request on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web.serving import Served, serving
from tests.web.test_in_chromium import DESKTOP, PHONE, Axe, tab

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("items", [200, 1, 0])
def test_a_catalog_of_any_size_reads_well(browser: Browser, axe: Axe, tmp_path: Path, items: int) -> None:
    """Nothing is cut off or in the way, on a desk and on a phone; what is found is found, and nothing says so."""
    with serving(tmp_path, items) as served:
        for size in (DESKTOP, PHONE):
            with tab(browser, served, "ana", size) as page:
                page.goto("/")
                expect(page.locator(".s-card" if items else ".s-empty").first).to_be_visible()
                assert page.evaluate(WIDER) == 0
                assert axe(page) == []
                page.get_by_role("searchbox").fill(str(items - 1) if items else "anything")
                expect(page.locator("a.s-card" if items else ".s-empty")).to_have_count(1)
                if items:
                    page.keyboard.press("Enter")
                    expect(page.get_by_role("heading", level=1)).to_contain_text("Rechtsschutz")
                    assert page.evaluate(WIDER) == 0


def test_a_request_is_printed_without_what_only_a_screen_needs(browser: Browser, served: Served) -> None:
    """The story and the answers are there; menu, buttons and forms are not."""
    with tab(browser, served, "ana") as page:
        page.goto(f"/requests/{served.names['figures']}")
        expect(page.get_by_role("button", name="Send the answer")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Forecast for the design budget.")).to_be_visible()
        for hidden in (".s-side", ".s-bar", ".s-form", ".s-away"):
            for found in page.locator(hidden).all():
                expect(found).not_to_be_visible()
        assert page.evaluate(WIDER) <= 0
