"""A case on the screens that staff have: laptops of all sizes, and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.web.serving import Served
from tests.web.test_in_chromium import tab
from tests.web.test_looks_in_chromium import BROKEN, WIDER

CRAMPED = """
    [...document.querySelectorAll('.s-facts dd')].filter(one => {
        const room = one.closest('dl').clientWidth, em = parseFloat(getComputedStyle(one).fontSize);
        return one.clientWidth < Math.min(12 * em, room);
    }).map(one => `${one.clientWidth} px for: ${one.innerText.slice(0, 40)}`)
"""


@pytest.mark.parametrize("width", [360, 1024, 1280, 1440, 1920])
@pytest.mark.parametrize("case", ["hands", "stuck"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_was_answered_has_room_on_every_screen(
    browser: Browser, served: Served, width: int, case: str, language: str
) -> None:
    """An answer, a reason or an evidence has 12 em or all the room there is beside or below its name, no word of
    everyday length is broken, and nothing scrolls sideways; on a desk also where text is larger."""
    with served.speaking(language), tab(browser, served, "ruth", {"width": width, "height": 800}, still=True) as page:
        page.goto(f"/desk/{served.cases[case]}")
        expect(page.locator(".s-facts dd").first).to_be_visible()
        for text in ("100%", "150%", "200%") if width > 1000 else ("100%",):
            page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
            assert page.evaluate(CRAMPED) == []
            assert page.evaluate(BROKEN, ".s-facts dt, .s-facts dd") == []
            assert page.evaluate(WIDER) <= 0


TOPS = """
    ['h1', '.s-case-why', '.s-ways .s-acts .s-btn', '.s-ways .s-panel', '.s-case-told', '.s-case-book']
        .map(one => Math.round(document.querySelector(one).getBoundingClientRect().top + scrollY))
"""
READ = """
    ['h1', '.s-case-why', '.s-ways', '.s-case-told', '.s-case-book'].map(one => document.querySelector(one))
        .every((one, at, all) => !at || all[at - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)
"""


def test_what_to_do_is_at_hand_on_a_phone(browser: Browser, served: Served) -> None:
    """Why it is here and what to do come before what there is to read, for eyes, keyboards and readers alike; "Take
    it" is on the first screen."""
    with tab(browser, served, "ruth", {"width": 360, "height": 740}, still=True) as page:
        page.goto(f"/desk/{served.cases['stuck']}")
        expect(page.locator(".s-case-book")).to_be_visible()
        tops = page.evaluate(TOPS)
        assert tops == sorted(tops)
        assert tops[2] < 700
        assert page.evaluate(READ)
        assert page.evaluate(WIDER) <= 0


@pytest.mark.parametrize("width", [1024, 1440])
def test_columns_of_a_case_begin_at_one_height(browser: Browser, served: Served, width: int) -> None:
    """The ways out begin where why it is here does, and the story follows that without a gap."""
    with tab(browser, served, "ruth", {"width": width, "height": 900}, still=True) as page:
        page.goto(f"/desk/{served.cases['stuck']}")
        expect(page.locator(".s-case-book")).to_be_visible()
        box = {one: page.locator(one).bounding_box() for one in (".s-case-why", ".s-ways", ".s-case-told")}
        why, ways, told = (one for one in box.values() if one is not None)
        assert abs(why["y"] - ways["y"]) <= 1
        assert abs(told["y"] - (why["y"] + why["height"]) - 14) <= 1
        assert told["x"] == why["x"]
        assert ways["x"] > why["x"] + why["width"]
