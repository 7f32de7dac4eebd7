"""A mail as it is drawn: in light and dark, wide and narrow, one and many, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import pytest
from playwright.sync_api import Page
from tests.settings.samples import settings

from selfserve.languages.reader import Reader
from selfserve.notify.mail import Addressee, Letter, compose

SETTINGS = settings(
    mail={"sender": "help@example.com"},
    company={"name": "Acme & Söhne", "support": "Call 4711, or come to the desk on the second floor."},
    brand={"accent": "#ffd400", "links": {"Chat with us": "https://chat.example.com/techops"}},
)
ONE = Letter("n1", "VPN access is ready", "You have access to the VPN.\n\nUse it now.", "/requests/R-7K3F")
LONG = Letter("n2", "X" * 180, "A-very-long-word-" * 20, "/requests/R-8M4G")


def drawn(*letters: Letter, language: str) -> str:
    """The HTML part."""
    to = Addressee("ana@example.com", "Ana Ruiz", "Ana", Reader(language))
    body = compose(SETTINGS, to, letters, datetime(2026, 7, 1, 9, 0, tzinfo=UTC)).get_body(("html",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("letters", [(ONE,), (ONE, LONG)], ids=["one", "digest"])
def test_a_mail_has_no_barrier_and_fits_a_phone(
    page: Page,
    axe: Callable[[Page], list[str]],
    letters: tuple[Letter, ...],
    language: str,
    scheme: Literal["light", "dark"],
) -> None:
    """axe-core finds nothing, whatever the company's accent is, and nothing is wider than a phone."""
    page.set_viewport_size({"width": 360, "height": 780})
    page.emulate_media(color_scheme=scheme)
    page.set_content(drawn(*letters, language=language))
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.documentElement.lang") == language
