"""A catalog of two hundred items with the longest names, of one and of none."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web.serving import serving
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
