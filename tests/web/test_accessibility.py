"""What axe-core cannot see of WCAG 2.2 AA; docs/accessibility.md says which test shows which criterion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.docs.pages import ROOT
from tests.web.serving import Served
from tests.web.states import State, states
from tests.web.test_in_chromium import PHONE, tab, tabs

WEB = ROOT / "src" / "selfserve" / "web"
SPACED = """
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-bottom: 2em !important; }
"""
CUT = """
    [...document.querySelectorAll('.s-content *, .s-side *')].filter(one => {
        const style = getComputedStyle(one);
        return one.children.length === 0 && one.textContent.trim() && style.overflow === 'hidden'
            && style.webkitLineClamp === 'none' && one.clientWidth > 1
            && (one.scrollHeight > one.clientHeight + 2 || one.scrollWidth > one.clientWidth + 2);
    }).map(one => one.outerHTML.slice(0, 120))
"""
COVERED = """
    (() => {
        const at = document.activeElement, box = at.getBoundingClientRect();
        if (at === document.body) return '';
        const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
        const y = Math.min(Math.max(box.top + Math.min(box.height, innerHeight) / 2, 0), innerHeight - 1);
        const top = document.elementFromPoint(x, y);
        const label = at.labels?.[0];
        const seen = top && (at.contains(top) || top.contains(at) || label?.contains(top));
        return seen ? '' : at.outerHTML.slice(0, 160);
    })()
"""
WHOLLY = """
    (() => {
        const at = document.activeElement, box = at.getBoundingClientRect();
        if (at === document.body) return '';
        const label = at.labels?.[0];
        const seen = [.1, .3, .5, .7, .9].some(part => {
            const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * part);
            return top && (at.contains(top) || label?.contains(top));
        });
        return seen ? '' : at.outerHTML.slice(0, 160);
    })()
"""
"""What has the keyboard, where nothing of it is seen: a card may be higher than the room there is."""
BY_POINTER = re.compile(r"@(?:mousedown|pointerdown|touchstart|dblclick|drag\w*)[.\w]*=")


def _plain(served: Served) -> Iterator[State]:
    """One state of each page: what a test that is the same in every state needs."""
    seen = set()
    for state in states(served):
        page = state.path.split("/")[1].split("?")[0]
        if page not in seen:
            seen.add(page)
            yield state


def _stops(page: Page, most: int = 120) -> Iterator[None]:
    """Press Tab until the keyboard has left the page; fails where it never does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            return
        yield
    pytest.fail("the keyboard is caught")


def test_the_keyboard_goes_through_every_page_and_what_it_is_on_is_never_covered(
    browser: Browser, served: Served
) -> None:
    """From the top to the end by Tab (2.1.1, 2.1.2), and nothing fixed lies above where it is (2.4.11)."""
    found = []
    with tabs(browser, served) as page_of:
        for state in _plain(served):
            page = page_of(state.login)
            state.open(page)
            for _ in _stops(page):
                covered = page.evaluate(COVERED)
                found += [f"{state.name}: {covered}"] if covered else []
    assert found == []


@pytest.mark.parametrize("size", [PHONE, {"width": 360, "height": 640}, {"width": 1280, "height": 800}])
@pytest.mark.parametrize("offline", [False, True])
def test_what_stands_at_the_edges_covers_no_place_of_the_keyboard(
    browser: Browser, served: Served, size: ViewportSize, *, offline: bool
) -> None:
    """With one chosen the bar is there, without a connection the line that says so, above the bar and not upon it; the
    keyboard goes down and up again, and nothing it is on is covered (2.4.11)."""
    with tab(browser, served, "tomas", size) as page:
        page.goto("/approvals")
        page.wait_for_function("window.did_handshake")
        page.locator("input[data-choose]").first.check()
        bar, line = page.locator(".s-together-bar"), page.locator(".s-away p")
        expect(bar.get_by_role("button", name="Approve together")).to_be_visible()
        if offline:
            page.context.set_offline(True)
            expect(line).to_be_visible()
            below, above = bar.bounding_box(), line.bounding_box()
            assert below is not None
            assert above is not None
            assert above["y"] + above["height"] <= below["y"] or above["y"] >= below["y"] + below["height"]
        page.locator(".s-content h1").first.evaluate("one => (one.tabIndex = -1, one.focus())")
        found = []
        for key in ("Tab", "Shift+Tab"):
            for _ in range(40):
                page.keyboard.press(key)
                page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                covered = page.evaluate(WHOLLY)
                found += [f"{key}: {covered}"] if covered else []
        assert found == []


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 800}])
def test_the_notices_close_when_the_keyboard_leaves_them(browser: Browser, served: Served, size: ViewportSize) -> None:
    """They stay while it is in them; what it is on after that is not under them. Escape closes them from wherever it
    is (2.4.11, 2.1.2)."""
    with tab(browser, served, "ana", size) as page:
        page.goto("/requests")
        page.wait_for_function("window.did_handshake")
        bell = page.get_by_role("button", name=re.compile("^Notices|notice")).locator("visible=true").first
        notices = page.get_by_role("dialog", name="Notices")
        bell.click()
        expect(notices.locator(".s-notice").first).to_be_visible()
        page.keyboard.press("Tab")
        expect(notices).to_be_visible()
        for _ in range(60):
            if not notices.count():
                break
            page.keyboard.press("Tab")
        expect(notices).to_have_count(0)
        assert page.evaluate(COVERED) == ""
        bell.click()
        expect(notices.locator(".s-notice").first).to_be_visible()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Escape")
        expect(notices).to_have_count(0)


def test_text_may_be_spaced_wider(browser: Browser, served: Served) -> None:
    """With the spacing of 1.4.12 nothing is cut off and nothing gets wider than the window."""
    found = []
    with tabs(browser, served, PHONE) as page_of:
        for state in _plain(served):
            page = page_of(state.login)
            state.open(page)
            page.add_style_tag(content=SPACED)
            found += [f"{state.name}: {cut}" for cut in page.evaluate(CUT)]
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{state.name}: {wider} px wider than the window"] if wider > 0 else []
    assert found == []


def test_every_page_has_a_title_of_its_own(browser: Browser, served: Served) -> None:
    """It says where one is before it says the product (2.4.2)."""
    titles = []
    with tabs(browser, served) as page_of:
        for state in _plain(served):
            page = page_of(state.login)
            state.open(page)
            expect(page).to_have_title(re.compile(r".+ · Fernhill Help$"))
            titles.append(page.title())
    assert len(set(titles)) == len(titles)


def test_nothing_moves_for_those_who_want_it_still(browser: Browser, served: Served) -> None:
    """With reduced motion no animation and no transition takes time (2.2.2, 2.3.3)."""
    with tab(browser, served, "ana", still=True) as page:
        page.goto("/")
        expect(page.locator(".s-card").first).to_be_visible()
        page.get_by_role("button", name="Notices").click()
        running = "document.getAnimations().filter(one => one.effect.getComputedTiming().duration > 0).length"
        assert page.evaluate(running) == 0


def test_nothing_is_done_before_the_pointer_is_lifted() -> None:
    """Acts follow clicks, so that one may still slide off (2.5.2), and none needs dragging (2.5.7)."""
    scripts = sorted(WEB.rglob("*.js"))
    assert len(scripts) >= 4
    assert [f"{path.name}: {found[0]}" for path in scripts if (found := BY_POINTER.search(path.read_text()))] == []


def test_every_criterion_names_tests_that_exist() -> None:
    """The checklist has every criterion of WCAG 2.2 at A and AA, and what it points to is there."""
    lines = re.findall(r"^\| (\d\.\d\.\d+) ", _checklist(), re.MULTILINE)
    assert len(lines) == len(set(lines)) == 55
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", _checklist()))
    assert len(named) > 15
    missing = [f"{path}::{name}" for path, name in sorted(named) if not _there(ROOT / path, name)]
    assert missing == []


def _checklist() -> str:
    return (ROOT / "docs" / "accessibility.md").read_text()


def _there(path: Path, name: str) -> bool:
    return path.is_file() and re.search(rf"^(?:async )?def {name}\(", path.read_text(), re.MULTILINE) is not None
