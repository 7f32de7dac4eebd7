"""Whatever somebody typed, named or translated shows as text, on every page, in every state of it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.web.poison import MARK
from tests.web.serving import serving
from tests.web.states import states
from tests.web.test_in_chromium import DESKTOP, tabs

ACTED = """
    () => [window.hits || 0, document.querySelectorAll('#poison, [onerror], [onload], img[src="x"]').length,
           document.querySelectorAll('[href^="javascript:" i], [src*="evil.example"]').length]
"""
TRAP = "window.hits = 0; window.hit = () => { window.hits += 1; }"
SEEN = "() => document.body.innerText"
WORDS_OF_OURS = {"requests-none", "mine-nothing", "approvals-none", "refused", "nowhere", "catalog-nothing-found"}
"""States in which nobody's words but ours stand, beside the name of who looks."""


def test_hostile_text_is_text_in_every_state_of_every_page(browser: Browser, tmp_path: Path) -> None:
    """Markup, templates, scripts and addresses in names, answers, reasons, catalog, translations and runbooks."""
    unseen = []
    with serving(tmp_path, hostile=True) as served, tabs(browser, served, DESKTOP, TRAP) as page_of:
        for state in states(served):
            page = page_of(state.login)
            state.open(page)
            assert page.evaluate(ACTED) == [0, 0, 0], state.name
            text = page.evaluate(SEEN)
            assert f"{MARK}49" not in text, f"{state.name}: a template was worked out"
            if MARK not in text and state.name not in WORDS_OF_OURS:
                unseen.append(state.name)
    assert unseen == [], "nothing hostile was on the page: the test shows nothing there"
