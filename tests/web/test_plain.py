"""Plain pages look like the company's: its logo, its accent, and the appearance that somebody chose."""

from __future__ import annotations

from selfserve.languages.messages import Spoken
from selfserve.web.plain import Plain

LOGO = ("/brand/logo", "/brand/logo-dark")


def page(plain: Plain, cookie: str = "") -> str:
    """The page as the browser gets it."""
    return bytes(plain.page({"cookie": cookie}, "Gone").body).decode()


def test_a_plain_page_has_the_logo_that_can_be_seen() -> None:
    """The system's choice where nobody chose; the one logo everywhere where there is one only."""
    plain = Plain("Help", "Fernhill", "Call us.", logo=LOGO)
    assert '<source srcset="/brand/logo-dark" media="(prefers-color-scheme: dark)"><img src="/brand/logo"' in page(
        plain
    )
    assert '<img src="/brand/logo-dark" alt="">' in page(plain, "a=b; selfserve-appearance=dark")
    assert '<img src="/brand/logo" alt="">' in page(plain, "selfserve-appearance=light")
    one = Plain("Help", "Fernhill", "Call us.", logo=("/brand/logo", ""))
    assert '<img src="/brand/logo" alt="">' in page(one, "selfserve-appearance=dark")
    assert "<img" not in page(Plain("Help", "Fernhill", "Call us."))


def test_a_plain_page_follows_the_chosen_appearance() -> None:
    """Dark is dark although the system is light; what is no choice of ours counts for nothing."""
    plain = Plain("Help", "Fernhill", "Call us.")
    assert "prefers-color-scheme" in page(plain)
    for chosen in ("dark", "light"):
        told = page(plain, f"selfserve-appearance={chosen}")
        assert f"color-scheme:{chosen};" in told
        assert "prefers-color-scheme" not in told
    for other in ("selfserve-appearance=system", "selfserve-appearance=</style>", "xselfserve-appearance=dark"):
        assert page(plain, other) == page(plain)
    assert plain.page({}, "Gone").headers["vary"] == "Accept-Language, Cookie"


def test_a_plain_page_has_the_accent_of_the_brand() -> None:
    """Made readable on both grounds."""
    told = page(Plain("Help", "Fernhill", "Call us.", accent="#7a1fa2"))
    assert "--accent:#1f4fd8" not in told
    assert told.count("--accent:#") == 2


def test_a_plain_page_says_how_to_reach_a_human_in_the_language_it_is_read_in() -> None:
    """The sentence and what the ways are called, where the settings have them in that language."""
    plain = Plain(
        "Help", "Fernhill", Spoken.of("Ask us.", {"de": "Frag <uns>."}),
        links={Spoken.of("Call 4357", {"de": "Ruf <4357> an"}): "tel:4357"},
    )  # fmt: skip
    german = bytes(plain.page({"accept-language": "de"}, "Gone").body).decode()
    assert "Frag &lt;uns&gt;." in german
    assert '<a href="tel:4357">Ruf &lt;4357&gt; an</a>' in german
    english = bytes(plain.page({"accept-language": "en"}, "Gone").body).decode()
    assert ">Call 4357</a>" in english
    assert "Frag" not in english
