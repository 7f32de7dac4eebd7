"""How soon a page is seen."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, sync_playwright

from bench.rows import Row, row

CHROMIUM = "/usr/bin/chromium"
TURNS = 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
LARGEST = (
    "new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))"
    ".observe({type: 'largest-contentful-paint', buffered: true}))"
)
SEEN = """
    (selector) => new Promise(done => {
        const look = () => document.querySelector(selector) ? done(performance.now()) : requestAnimationFrame(look);
        look();
    })
"""
"""When an element stands in the page, in milliseconds since the navigation began."""


@dataclass
class Paints:
    """Milliseconds from the beginning of the navigation, one for each turn."""

    first: list[float] = field(default_factory=list)
    card: list[float] = field(default_factory=list)
    largest: list[float] = field(default_factory=list)

    def rows(self, kind: str) -> list[Row]:
        """The medians."""
        named = {"first paint": self.first, "first card there": self.card, "largest paint": self.largest}
        return [row(f"catalog, {kind}: {name}", statistics.median(found), "ms") for name, found in named.items()]


def first_paint(base: str, cookies: Mapping[str, str], path: str = "/", turns: int = TURNS) -> list[Row]:
    """First contentful paint, first card and largest paint of the catalog: with an empty cache, and with a full one.

    `cookies` are those of somebody signed in.
    """
    cold, warm = Paints(), Paints()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(turns):
            _turn(browser, base, cookies, path, (cold, warm))
        browser.close()
    return [*cold.rows("empty cache"), *warm.rows("full cache")]


def _turn(browser: Browser, base: str, cookies: Mapping[str, str], path: str, into: tuple[Paints, Paints]) -> None:
    context = browser.new_context(base_url=base, viewport={"width": 1280, "height": 860})
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    for paints in into:
        _look(page, path, paints)
    context.close()


def _look(page: Page, path: str, into: Paints) -> None:
    page.goto(path, wait_until="commit")
    into.card.append(float(page.evaluate(SEEN, ".s-card")))
    page.wait_for_load_state("networkidle")
    into.first.append(float(page.evaluate(PAINT)))
    into.largest.append(float(page.evaluate(LARGEST)))
