"""Looks that are not everybody's: on paper, in the colours of the system, with larger text, in the dark, on a phone."""

from __future__ import annotations

import re
import zlib

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.serving import Served
from tests.web.states import states
from tests.web.test_in_chromium import SCHEMES, tab, tabs

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.querySelector('#s-boot') || document.body).backgroundColor"
LIGHT, DARK = "rgb(247, 247, 248)", "rgb(13, 14, 17)"


def _fills(pdf: bytes) -> set[tuple[float, ...]]:
    """The colours that a printed page is painted with."""
    drawn = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            drawn += zlib.decompress(stream)
        except zlib.error:
            continue
    return {tuple(map(float, one.split()[:3])) for one in re.findall(rb"[\d.]+ [\d.]+ [\d.]+ rg\b", drawn)}


@pytest.mark.parametrize("dark", [False, True])
def test_a_request_is_printed_without_what_only_a_screen_needs(browser: Browser, served: Served, dark: bool) -> None:
    """One sheet with the story and the answers, dark on light whatever the screen is; no menu, button, form, way back
    or face."""
    with tab(browser, served, "ana", dark=dark, still=True) as page:
        page.goto(f"/requests/{served.names['figures']}")
        expect(page.get_by_role("button", name="Send the answer")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Forecast for the design budget.")).to_be_visible()
        for hidden in (".s-side", ".s-bar", ".s-form", ".s-away", ".s-back", ".s-smile", ".s-acts", ".s-lines"):
            for found in page.locator(hidden).all():
                expect(found).not_to_be_visible()
        assert page.evaluate(WIDER) <= 0
        text = page.get_by_role("heading", level=1).evaluate("one => getComputedStyle(one).color")
        assert text == "rgb(22, 24, 29)"
        pdf = page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
        assert min(map(sum, _fills(pdf))) < 0.4
        page.emulate_media(media="screen")
        page.goto(f"/requests/{served.names['held']}")
        expect(page.get_by_role("region", name="How was it?")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("region", name="How was it?")).not_to_be_visible()


def test_a_printed_request_is_a_record(browser: Browser, served: Served) -> None:
    """Whose it is, of which house, where it stands and when it was printed; every moment in full, as "today" means
    nothing on paper; and still one sheet."""
    with tab(browser, served, "jonas", still=True) as page:
        page.goto(f"/requests/{served.names['returned']}")
        record = page.locator(".s-printed")
        expect(record).to_be_attached()
        expect(record).not_to_be_visible()
        page.evaluate("document.querySelector('.s-printed time').title = 'long ago'")
        page.emulate_media(media="print")
        expect(record).to_be_visible()
        for words in ("Fernhill Help", "Jonas Müller", f"http://127.0.0.1:8080/requests/{served.names['returned']}"):
            expect(record).to_contain_text(words)
        shown = page.locator(".s-head time, .s-panel time").evaluate_all(_SHOWN_TIMES)
        assert len(shown) > 5
        assert [one for one in shown if one["size"] != "0px" or not re.search(r"20\d\d", one["after"])] == []
        pdf = page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
        (at,) = record.locator("time").evaluate_all("all => all.map(one => one.title)")
        assert re.search(r"\d{4}.*\d\d:\d\d:\d\d ME", at), "the moment of printing, in place of that of loading"


@pytest.mark.parametrize(
    ("login", "path", "read", "asked"),
    [
        ("ruth", "/desk/{stuck}", "The story", ["Done by hand", "Cannot be done", "Hand it to another team"]),
        ("ana", "/mine", "What you have", ["How you want it"]),
    ],
)
def test_nothing_is_printed_of_what_can_only_be_filled_in(
    browser: Browser, served: Served, login: str, path: str, read: str, asked: list[str]
) -> None:
    """A form leaves no heading and no empty box on paper, and what there is to read takes the whole width."""
    with tab(browser, served, login, still=True) as page:
        page.goto(path.format(**served.cases))
        for heading in (read, *asked):
            expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 718, "height": 1000})  # the room on a sheet of A4
        expect(page.get_by_role("heading", name=read, exact=True)).to_be_visible()
        for heading in asked:
            expect(page.locator("h2", has_text=heading)).not_to_be_visible()
        assert page.evaluate(_EMPTY) == []
        if login == "ruth":
            columns = page.locator(".s-case").evaluate("one => getComputedStyle(one).gridTemplateColumns.split(' ')")
            assert len(columns) == 1


_EMPTY = """
    [...document.querySelectorAll('.s-panel')].filter(one => one.offsetParent && !one.innerText.trim())
        .map(one => one.outerHTML.slice(0, 100))
"""
_SHOWN_TIMES = """all => all.map(one => ({
    size: getComputedStyle(one).fontSize,
    after: getComputedStyle(one, '::after').content,
}))"""


def test_in_the_colours_of_the_system_state_and_focus_are_seen(browser: Browser, served: Served) -> None:
    """With forced colours what is pressed or current stands out, and so does where the keyboard is."""
    with tab(browser, served, "ana") as page:
        page.emulate_media(forced_colors="active")
        page.goto("/")
        chips = page.locator(".s-chip")
        expect(chips.first).to_be_visible()
        look = "one => getComputedStyle(one).backgroundColor"
        assert chips.nth(0).evaluate(look) != chips.nth(1).evaluate(look)
        entries = page.locator(".s-side nav .s-nav")
        assert entries.nth(0).evaluate(look) != entries.nth(1).evaluate(look)
        page.keyboard.press("/")
        assert page.locator(".s-search").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        page.goto("/items/finance-reports")
        field = page.get_by_label("What do you need the figures for?")
        field.focus()
        assert field.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        page.goto("/items/leaving-colleague")
        page.get_by_role("combobox").first.press_sequentially("jo")
        chosen = page.get_by_role("option", selected=True)
        expect(chosen).to_be_visible()
        assert chosen.evaluate(look) != page.get_by_role("listbox").evaluate(look)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("login", "path"), [("tomas", "/approvals"), ("ruth", "/desk")])
def test_in_the_colours_of_the_system_counts_are_read(
    browser: Browser, served: Served, login: str, path: str, dark: bool
) -> None:
    """Also at the current place, which is painted otherwise: a count has the colours that belong together."""
    with tab(browser, served, login, dark=dark, still=True) as page:
        page.emulate_media(forced_colors="active", color_scheme="dark" if dark else "light")
        page.goto(path)
        count = page.locator(".s-side [aria-current] .s-count")
        expect(count).to_be_visible()
        assert count.evaluate(_PAINTED) == page.locator(".s-side [aria-current]").evaluate(_PAINTED)


def test_in_the_colours_of_the_system_a_state_keeps_its_dot(browser: Browser, served: Served) -> None:
    """It is painted as a border, in the colour of the text beside it: a ground would be taken from it."""
    with tab(browser, served, "ana", still=True) as page:
        page.emulate_media(forced_colors="active")
        page.goto("/requests")
        pill = page.locator(".s-pill").first
        expect(pill).to_be_visible()
        dot = pill.evaluate(
            "one => { const dot = getComputedStyle(one, '::before'); return [dot.width, dot.borderTopColor]; }"
        )
        assert dot == ["6px", pill.evaluate("one => getComputedStyle(one).color")]


def test_in_the_colours_of_the_system_a_plot_keeps_its_legend(browser: Browser, served: Served) -> None:
    """A swatch has the colour of its bars."""
    with tab(browser, served, "tove", still=True) as page:
        page.emulate_media(forced_colors="active")
        page.goto("/health")
        expect(page.locator(".s-legend").first).to_be_visible()
        swatches = page.evaluate(_SWATCHES)
        assert len({colour for _, colour in swatches}) == 3
        bars = [one for one in page.evaluate(_BARS) if one[0] in dict(swatches)]
        assert bars
        assert [one for one in bars if one not in swatches] == []


_SWATCHES = """
    [...document.querySelectorAll('.s-legend li')].map(one =>
        [one.className, getComputedStyle(one.querySelector('i')).backgroundColor])
"""
_BARS = """
    [...document.querySelectorAll('.s-plot rect:not(.s-plot-g)')].map(one =>
        [one.classList[0], getComputedStyle(one).fill])
"""
_PAINTED = "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"


@pytest.mark.parametrize("language", ["en", "de"])
def test_text_may_be_twice_as_large(browser: Browser, served: Served, language: str) -> None:
    """The browser's own text size counts. With text half as large again, and twice, nothing on any page overflows its
    box, nothing scrolls sideways and no everyday word is broken; nor in German, whose words are longer."""
    found = []
    with served.speaking(language), tabs(browser, served) as page_of:
        for state in states(served):
            if state.name in ALIKE:
                continue
            page = page_of(state.login)
            state.open(page)
            assert page.evaluate("document.documentElement.lang")[:2] == language
            assert page.evaluate(f"{_GROUND_RULE}.map(one => one.style.fontSize).filter(Boolean).pop()") == "100%"
            for text in ("150%", "200%"):
                page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
                wrong = [*page.evaluate(_SPILLS), *page.evaluate(BROKEN, "main *")]
                wider = page.evaluate(WIDER)
                wrong += [f"{wider} px wider than the window"] if wider > 0 else []
                found += [f"{state.name}, {text}: {one}" for one in wrong]
    assert found == []


ALIKE = {
    "catalog-search", "catalog-menu", "item-device", "item-secret", "item-draft", "requests-none", "request-smiled",
    "request-waits", "request-refused", "request-cancelled", "mine-being-taken-back", "mine-nothing", "approvals-none",
    "desk-mine", "case-cannot", "nowhere", "connection-lost-for-long", "act-refused",
}  # fmt: skip
"""States of the same shape as another, or that take long to come about: in these larger text does nothing else."""
_GROUND_RULE = """
    [...document.styleSheets].flatMap(one => [...one.cssRules]).filter(one => one.selectorText === 'html')
"""
BROKEN = """
    selector => [...document.querySelectorAll(selector)].filter(one => one.offsetParent).flatMap(one => {
        const found = [], range = document.createRange();
        for (const node of one.childNodes)
            for (const word of node.nodeType === Node.TEXT_NODE ? node.data.matchAll(/\\p{L}{2,20}/gu) : []) {
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map(box => box.top)).size > 1)
                    found.push(`${word[0]} is broken in ${one.outerHTML.slice(0, 60)}`);
            }
        return found;
    })
"""
"""Words of up to twenty letters that go on in the next line."""


@pytest.mark.parametrize(("login", "path"), [("jonas", "/mine"), ("jonas", "/requests"), ("emil", "/desk")])
@pytest.mark.parametrize("text", ["100%", "200%"])
def test_what_is_being_taken_back_fits_on_a_phone(
    browser: Browser, served: Served, login: str, path: str, text: str
) -> None:
    """In German, whose words are longer, with text as usual and twice as large: no row is cut off, and no mark is
    broken where the text is as usual."""
    with tab(browser, served, login, ViewportSize(width=360, height=740), still=True) as page:
        page.goto(path)
        mark = page.locator(".s-pill", has_text=re.compile("Wird zurückgenommen|Zurückzunehmen|Erledigt")).first
        expect(mark).to_be_visible()
        page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(_CUT_OFF) == []
        if text == "100%":
            assert mark.evaluate("one => one.getClientRects().length === 1 && one.clientHeight < 30")


_CUT_OFF = """
    [...document.querySelectorAll('.s-row')].flatMap(row =>
        [...row.querySelectorAll('*')].filter(one => {
            const inside = document.createRange()
            inside.selectNodeContents(one)
            return inside.getBoundingClientRect().right > row.getBoundingClientRect().right + 1
        }).map(one => one.outerHTML.slice(0, 100)))
"""


_SPILLS = """
    [...document.querySelectorAll('.s-avatar, .s-step-n, .s-count, .s-search, .s-btn, .s-quiet, .s-iconbtn, .s-nav')]
        .filter(one => one.offsetParent)
        .filter(one => one.scrollHeight > one.clientHeight + 2 || one.scrollWidth > one.clientWidth + 2)
        .map(one => one.outerHTML.slice(0, 100))
"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("chosen", ["", "light", "dark"])
def test_a_page_is_never_another_colour_before_its_scripts_run(
    browser: Browser, served: Served, scheme: str, chosen: str
) -> None:
    """Without one script the ground is the system's, or what was chosen."""
    with tab(browser, served, "ana", dark=scheme == "dark") as page:
        if chosen:
            page.context.add_cookies([{"name": "selfserve-appearance", "value": chosen, "url": served.url}])
        page.route(re.compile(r"\.m?js(\?|$)"), lambda route: route.abort())
        page.goto("/", wait_until="commit")
        page.wait_for_function("document.getElementById('s-boot')")
        page.wait_for_function("document.styleSheets.length > 1")
        assert page.evaluate(GROUND) == (DARK if (chosen or scheme) == "dark" else LIGHT)


def test_story_evidence_and_runbook_stand_side_by_side_on_a_small_desk(browser: Browser, served: Served) -> None:
    """From 1180 wide there are three columns, and nothing scrolls sideways."""
    for width in (1180, 1280, 1440):
        with tab(browser, served, "ruth", {"width": width, "height": 860}) as page:
            page.goto(f"/desk/{served.cases['stuck']}")
            expect(page.locator(".s-prose")).to_be_visible()
            columns = page.locator(".s-case").evaluate(
                "one => getComputedStyle(one).gridTemplateColumns.split(' ').length"
            )
            assert (width, columns) == (width, 3)
            assert page.evaluate(WIDER) == 0


def test_a_phone_shows_no_keys_and_the_whole_hint(browser: Browser, served: Served) -> None:
    """Where there are no keys none are shown, and what stands in the search fits into it."""
    context = browser.new_context(
        base_url=served.url, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    context.add_cookies([{"name": "who", "value": "tomas", "url": served.url}])
    page: Page = context.new_page()
    page.goto("/approvals")
    expect(page.locator(".s-ask").first).to_be_visible()
    assert page.locator(".s-key:visible").count() == 0
    page.goto("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_visible()
    fits = """one => {
        const pen = document.createElement('canvas').getContext('2d');
        pen.font = getComputedStyle(one).font;
        return pen.measureText(one.placeholder).width <= one.clientWidth;
    }"""
    assert search.evaluate(fits)
    context.close()


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("jonas", "/items/figma-editor"),
        ("ana", "/requests/{stuck}"),
        ("ruth", "/desk/{stuck}"),
        ("tomas", "/approvals"),
    ],
)
def test_a_long_word_below_a_heading_widens_no_page(browser: Browser, served: Served, login: str, path: str) -> None:
    """A summary, a name or a team is broken where it has no room, down to 320 wide."""
    of = served.cases if "desk" in path else served.names
    with tab(browser, served, login, ViewportSize(width=390, height=800), still=True) as page:
        page.goto(path.format(**of))
        below = page.locator(".s-head p")
        expect(below.first).to_be_visible()
        below.evaluate_all("all => all.forEach(one => { one.textContent = 'Rechtsschutzversicherung'.repeat(4) })")
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(WIDER) <= 0


def test_what_unfolds_has_a_marker_that_turns(browser: Browser, served: Served) -> None:
    """A summary shows that there is more, and that it is open."""
    with tab(browser, served, "ruth", still=True) as page:
        page.goto(f"/desk/{served.cases['stuck']}")
        summary = page.get_by_text("Everything that was recorded")
        turned = "one => getComputedStyle(one, '::before').rotate"
        assert summary.evaluate(turned) == "-45deg"
        summary.click()
        assert summary.evaluate(turned) == "45deg"


_WIDE_LOGO = """
    const brand = document.querySelector('.s-side .s-brand'), logo = document.createElement('div');
    logo.className = 's-logo';
    logo.style.width = '120px';
    brand.firstElementChild.replaceWith(logo);
    brand.lastElementChild.textContent = 'Hilfe & Anfragen für Fernhill und alle hier';
"""


def test_a_wide_logo_does_not_cut_the_name_of_the_brand(browser: Browser, served: Served) -> None:
    """The name goes below the logo, and onto a second line, rather than end in dots."""
    with tab(browser, served, "ana") as page:
        page.goto("/")
        name = page.locator(".s-side .s-brand span").last
        expect(name).to_be_visible()
        page.evaluate(_WIDE_LOGO)
        assert name.evaluate("one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")
        assert page.evaluate(WIDER) <= 0
