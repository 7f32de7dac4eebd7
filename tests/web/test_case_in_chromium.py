"""A case on the screens that staff have: laptops of all sizes, and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import tab
from tests.web.test_looks_in_chromium import WIDER

CRAMPED = """
    [...document.querySelectorAll('.s-facts dd')].filter(one => {
        const room = one.closest('dl').clientWidth, em = parseFloat(getComputedStyle(one).fontSize);
        return one.clientWidth < Math.min(12 * em, room);
    }).map(one => `${one.clientWidth} px for: ${one.innerText.slice(0, 40)}`)
"""
BROKEN = """
    [...document.querySelectorAll('.s-facts dt, .s-facts dd')].flatMap(one => {
        const found = [], walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode())
            for (const word of node.data.matchAll(/\\p{L}{2,20}/gu)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                if (range.getClientRects().length > 1) found.push(word[0]);
            }
        return found;
    })
"""


@pytest.mark.parametrize("width", [360, 1024, 1280, 1440, 1920])
@pytest.mark.parametrize("case", ["hands", "stuck"])
def test_what_was_answered_has_room_on_every_screen(browser: Browser, served: Served, width: int, case: str) -> None:
    """An answer, a reason or an evidence has 12 em or all the room there is beside or below its name, no word of
    everyday length is broken, and nothing scrolls sideways."""
    with tab(browser, served, "ruth", {"width": width, "height": 800}, still=True) as page:
        page.goto(f"/desk/{served.cases[case]}")
        expect(page.locator(".s-facts dd").first).to_be_visible()
        assert page.evaluate(CRAMPED) == []
        assert page.evaluate(BROKEN) == []
        assert page.evaluate(WIDER) <= 0
