"""The app's own pages: whole without a server, written as text, and pressed by nobody but themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from playwright.sync_api import Page as Browsed

from selfserve.desktop import screens
from selfserve.desktop.brand import Brand, Help
from selfserve.desktop.facts import Facts
from selfserve.desktop.pages import Page, plain, readable, render
from selfserve.desktop.server import About
from selfserve.desktop.trouble import Kind, Trouble
from selfserve.desktop.words import Speaker
from selfserve.settings.colours import contrast

HELP = Help("+49 30 123456", "help@example.com", "https://example.com/help", "Ask the TechOps team.")
BRAND = Brand("Fernhill", "com.example.fernhill", "https://help.example.com", help=HELP)
ABOUT = About("Fernhill", True, "2.0", "https://example.com/update", None)
NOW = datetime(2027, 1, 1, 9, 30, tzinfo=UTC)
FACTS = Facts(
    "linux", "ada-laptop", "PF3X", "ThinkPad", "Debian 12", "12", "6.1", True, 1 << 37, 1 << 39, 200_000, "wifi"
)
TRAP = "<script>alert(1)</script>\"'&"


def everything(to: Speaker) -> list[Page]:
    """Every page the app has."""
    troubles = [Trouble(kind, "a detail") for kind in Kind if kind is not Kind.SIGNED_OUT]
    return [
        screens.starting(to, BRAND),
        screens.welcome(to, ["A hint."], ABOUT),
        screens.waiting(to, "ABCD-EFG", "http://127.0.0.1:43210/go/abc"),
        screens.whose(to, "Ada Lovelace"),
        screens.leaving(to, BRAND),
        *(screens.trouble(one, to, BRAND, ABOUT, NOW) for one in troubles),
        *(screens.device(FACTS, "ada-laptop", to, sends) for sends in (None, True, False)),
    ]


class Seen(HTMLParser):
    """What a page loads and holds."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.text: list[str] = []
        self.acts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Addresses, and buttons."""
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.acts += [value or "" for name, value in attrs if name == "data-act"]

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text.append(data)


def seen(html: str) -> Seen:
    """A page, read."""
    found = Seen()
    found.feed(html)
    return found


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_is_whole_without_a_server(language: str) -> None:
    """It loads nothing, forbids itself to, names its language, and still offers a human."""
    to = Speaker(language)
    for page in everything(to):
        html = render(page, BRAND, to, "s")
        found = seen(html)
        assert found.loads == [], page.name
        assert "default-src 'none'" in html
        assert f'<html lang="{language}">' in html
        assert {"help:phone", "help:mail", "help:url"} <= set(found.acts), page.name
        assert "{" not in "".join(page.told) + page.title


def test_a_server_that_is_away_still_leaves_a_telephone_number() -> None:
    """What happened, what the app does, what one can do."""
    html = render(screens.trouble(Trouble(Kind.UNREACHABLE), Speaker(), BRAND, None, NOW), BRAND, Speaker(), "s")
    text = " ".join(seen(html).text)
    assert "help.example.com does not answer" in text
    assert "The app tries again by itself." in text
    assert "+49 30 123456" in text


def test_an_old_app_is_told_both_versions_and_the_way() -> None:
    """And where there is no way to name, at least to try again."""
    page = screens.trouble(Trouble(Kind.TOO_OLD), Speaker(), BRAND, ABOUT, NOW)
    assert "0.1.0" in page.told[0]
    assert "2.0" in page.told[0]
    assert [act.word for act in page.acts] == ["update", "retry"]
    without = About("Fernhill", True, "2.0", "", None)
    page = screens.trouble(Trouble(Kind.TOO_OLD), Speaker(), BRAND, without, NOW)
    assert [act.word for act in page.acts] == ["retry"]


def test_whoever_cannot_sign_in_is_led_on_where_the_server_knows_how() -> None:
    """A way to recovery shows only where there is one."""
    offered = About("Fernhill", True, "", "", None, "/recover")
    assert "recover" in seen(render(screens.welcome(Speaker(), [], offered), BRAND, Speaker(), "s")).acts
    assert "recover" not in seen(render(screens.welcome(Speaker(), [], ABOUT), BRAND, Speaker(), "s")).acts


def test_what_others_wrote_is_text() -> None:
    """Names, details, addresses and facts may be anything."""
    trap = Page("x", TRAP, [TRAP], detail=TRAP, signs=TRAP, address=TRAP, facts=[(TRAP, TRAP)], hints=[TRAP])
    brand = Brand(TRAP, "com.example.x", "https://x.example", help=Help(text=TRAP, mail=TRAP))
    html = render(trap, brand, Speaker(), "</script><script>alert(2)")
    assert html.count("<script>") == 1
    assert "alert(1)</script>" not in html
    assert b"<script>" not in plain(TRAP, TRAP, brand, Speaker())


def test_everything_that_is_sent_is_shown() -> None:
    """Each fact has its line, known or not; nothing goes out that does not stand there."""
    listed = dict(screens.listed(FACTS, Speaker()))
    assert listed["Serial number"] == "PF3X"
    assert listed["Disk encryption"] == "yes"
    assert listed["Free space"] == "137 GB of 550 GB"
    assert listed["Running for"] == "2 days"
    assert listed["Network"] == "Wi-Fi"
    shown = dict(screens.listed(Facts("linux"), Speaker()))
    assert set(shown.values()) == {"not known"}
    sent = set(FACTS.plain()) - {"platform", "version", "total"}  # within system, and beside free
    assert len(listed) == len(sent)


@pytest.mark.parametrize("accent", ["#1f4fd8", "#ffff00", "#000000", "#ffffff", "#ff8800"])
def test_every_accent_can_be_read(accent: str) -> None:
    """On both grounds, as WCAG measures it."""
    for ground in ("#f7f7f8", "#0d0e11"):
        assert contrast(readable(accent, ground), ground) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everybody(page: Browsed, axe: Callable[[Browsed], list[str]], scheme: str) -> None:
    """No violation of WCAG 2.2 AA, light and dark, in the browser that has the tool for it."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for one in everything(Speaker()):
        page.set_content(render(one, BRAND, Speaker(), "s"))
        assert axe(page) == [], one.name


def test_a_page_holds_its_own_secret() -> None:
    """So that its buttons are told from those of any page of a server."""
    html = render(screens.welcome(Speaker(), [], None), BRAND, Speaker(), "the-secret")
    assert re.search(r'api\.act\("the-secret",word\)', html)
