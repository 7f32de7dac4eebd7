"""Colours, times and words as they are made up for the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from selfserve.languages.reader import Reader
from selfserve.settings.colours import contrast, readable
from selfserve.web.parts.icons import icon, known
from selfserve.web.parts.markup import heading, show
from selfserve.web.parts.pieces import empty, facts, note, pill, row
from selfserve.web.parts.prose import prose
from selfserve.web.parts.times import when
from selfserve.web.theme import ACCENT_ON_DARK, ACCENT_ON_LIGHT, STATIC, head

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@given(st.integers(0, 0xFFFFFF), st.sampled_from([ACCENT_ON_LIGHT, ACCENT_ON_DARK]))
def test_any_brand_colour_can_be_read(colour: int, ground: str) -> None:
    """Whatever accent a company sets, links and counts keep the contrast of WCAG AA, light and dark."""
    assert contrast(readable(f"#{colour:06x}", ground), ground) >= 4.5


def test_black_on_white_has_the_greatest_contrast() -> None:
    """The measure is the one of WCAG: 21 for black on white, 1 for a colour on itself."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#1f4fd8", "#1f4fd8") == pytest.approx(1)


def test_the_head_asks_nobody_else() -> None:
    """No address in the head or the stylesheet leads off our origin, and neither holds a script."""
    text = head("#1f4fd8") + (STATIC / "app.css").read_text()
    assert not re.search(r"https?:|//[a-z]", text)
    assert "<script" not in text


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "Today, 10:00"),
        (-24 * 60, "Yesterday, 10:00"),
        (24 * 60, "Tomorrow, 10:00"),
        (3 * 24 * 60, "Thursday, 10:00"),
        (-40 * 24 * 60, "14 October"),
        (-400 * 24 * 60, "19 October 2025"),
        (14 * 60 + 30, "Tomorrow, 00:30"),
    ],
)
def test_times_are_said_as_they_are_where_the_reader_is(minutes: int, words: str) -> None:
    """Nine in the morning UTC is ten in Berlin; half past midnight there is tomorrow."""
    assert Reader("en", BERLIN).moment(NOW + timedelta(minutes=minutes), NOW) == words


def test_the_exact_time_is_in_the_title() -> None:
    """Hovering tells the second and the zone; machines read UTC."""
    made = when(NOW, NOW, Reader("en", BERLIN), lambda moment: f"By {moment}")
    assert 'datetime="2026-11-23T09:00:00+00:00"' in made
    assert 'title="Monday, 23 November 2026, 10:00:00 CET"' in made
    assert made.endswith(">By today, 10:00</time>")
    assert 'data-print="By ' in made


@given(st.text())
def test_no_piece_of_the_page_lets_markup_through(words: str) -> None:
    """Whatever stands in a title, a fact or a path, no tag or attribute of it survives."""
    evil = f"<b onclick='x'>{words}\""
    made = [heading(evil), note(evil, "warn", evil), pill(evil, "ok"), facts([(evil, evil)]), empty("box", evil, evil),
            row(evil, f"/x/{evil}", Markup(), evil, evil, Markup())]  # fmt: skip
    for piece in made:
        assert "<b onclick" not in piece
        assert evil not in piece


def test_text_that_is_no_markup_cannot_be_shown_as_such() -> None:
    """A plain string, which nobody escaped, is refused before it reaches the page."""
    with pytest.raises(TypeError, match="Markup"):
        show("<b>plain</b>")  # type: ignore[arg-type]


def test_an_unknown_icon_has_a_stand_in() -> None:
    """A catalog may name an icon that we do not ship."""
    assert "#package" in icon("no-such-icon")
    assert {"package", "check", "user-round", "laptop"} <= known()


def test_a_runbooks_headings_stand_below_the_pages() -> None:
    """Its title is no second title of the page; what stands in a code block is no heading."""
    shown = prose("# Reset\n```sh\n# not a heading\n```\n## Look first\n###### deep\n#hash", 2)
    assert re.findall(r"<(h\d)>([^<]*)</\1>", shown) == [("h3", "Reset"), ("h4", "Look first"), ("h6", "deep")]
    assert "# not a heading" in shown
    assert "#hash" in shown


@pytest.mark.parametrize(
    "evil",
    [
        "<b id=x>bold</b><img src=x onerror=alert(1)>",
        "[a way](javascript:alert(1))",
        "[a way](JaVaScRiPt&#58;alert(1))",
        "[a way](data:text/html,<b>)",
        "![a picture](//evil.example/x.png)",
        "<javascript:alert(1)>",
        "[a](https://ok.example \"x' onmouseover=alert(1) y='\")",
    ],
)
def test_nothing_in_a_runbook_becomes_markup_of_its_own(evil: str) -> None:
    """Tags show as text, addresses that run scripts make no link, and no picture asks another host."""
    shown = prose(evil, 2)
    assert not re.search(r"<(?!/?(p|a|code)\b)", shown)
    assert not re.search(r"<a[^>]*href=\"(?!https?:|//|mailto:)", shown, re.IGNORECASE)
    assert not re.search(r"<[^>]*\son\w+=[^>]*>", re.sub(r'"[^"]*"', '""', shown))


def test_a_runbook_may_have_links_tables_and_code() -> None:
    """What a runbook is written with; a link leads beside the page, not away from the case."""
    shown = prose("See [the console](https://console.example/a).\n\n| a | b |\n|---|---|\n| 1 | `2` |\n", 2)
    assert '<a href="https://console.example/a" target="_blank" rel="noopener noreferrer">the console</a>' in shown
    assert "<table>" in shown
    assert "<code>2</code>" in shown
