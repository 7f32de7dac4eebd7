"""A server started anew under people at work: nobody loses what they type, nor where they type it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.servers.processes import free_port
from tests.web.serving import serving
from tests.web.test_in_chromium import tab

WHY = "What do you need the figures for?"
WORD = "and so on, "


def test_a_deploy_costs_no_key_and_leaves_the_keyboard_where_it_was(browser: Browser, tmp_path: Path) -> None:
    """Ana types on while the server stops and starts: the page waits for a pause to load anew; then the caret stands
    behind her last word, and she goes on."""
    port = free_port()
    for one in ("old", "new"):
        (tmp_path / one).mkdir()
    with ExitStack() as stack:
        old = stack.enter_context(ExitStack())
        served = old.enter_context(serving(tmp_path / "old", port=port))
        page = stack.enter_context(tab(browser, served, "ana"))
        page.goto("/items/finance-reports")
        field = page.get_by_label(WHY)
        field.click()
        page.keyboard.type("Forecast ")
        page.evaluate("window.before = true")
        old.close()
        with ThreadPoolExecutor(1) as aside:
            new = aside.submit(stack.enter_context, serving(tmp_path / "new", port=port))
            typed = "Forecast "
            after = 6  # words that are typed on when the server is there again
            while after:
                after -= new.done()
                page.keyboard.type(WORD, delay=80)
                typed += WORD
            new.result()
        assert page.evaluate("window.before")
        page.wait_for_function("!window.before", timeout=60_000)
        expect(field).to_be_focused()
        expect(field).to_have_value(typed)
        page.keyboard.type("the end")
        expect(field).to_have_value(f"{typed}the end")
