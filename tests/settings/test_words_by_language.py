"""What a company says of how to reach it is told in the languages that the settings have it in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pydantic import ValidationError
from tests.settings.samples import settings

from selfserve.languages.messages import Message
from selfserve.languages.reader import Reader

LINKS = {"Call 4357": "tel:4357", "Chat": "https://chat.example.com"}


def test_support_and_links_are_told_in_the_reader_s_language() -> None:
    """What is left out in a language stays as it is in the first."""
    made = settings(
        company={"support": "Ask us.", "support_in": {"de": "Frag uns."}},
        brand={"links": LINKS, "links_in": {"de": {"Call 4357": "Ruf 4357 an"}}},
    )
    german, english = Reader("de"), Reader("en")
    assert (german.tell(made.company.help), english.tell(made.company.help)) == ("Frag uns.", "Ask us.")
    assert {german.tell(name): url for name, url in made.brand.ways.items()} == {
        "Ruf 4357 an": "tel:4357", "Chat": "https://chat.example.com",
    }  # fmt: skip
    assert [english.tell(name) for name in made.brand.ways] == list(LINKS)


def test_one_language_is_enough() -> None:
    """Settings as they were before mean what they meant."""
    made = settings(company={"support": "Ask us."}, brand={"links": LINKS})
    assert (made.company.help, dict(made.brand.ways)) == ("Ask us.", LINKS)
    assert not isinstance(made.company.help, Message)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("company", {"support_in": {"german": "Frag uns."}}),
        ("company", {"support_in": {"de": ""}}),
        ("company", {"support_in": {"de": "x" * 301}}),
        ("brand", {"links": LINKS, "links_in": {"de": {"Call 4358": "Ruf 4358 an"}}}),
        ("brand", {"links": LINKS, "links_in": {"de": {"Chat": "x" * 41}}}),
        ("brand", {"links_in": {"de": {"Chat": "Chat"}}}),
    ],
)
def test_a_language_or_a_link_that_is_none_is_refused(section: str, values: Mapping[str, object]) -> None:
    """A slip is told when the settings are read, and shows on no page."""
    with pytest.raises(ValidationError):
        settings(**{section: values})
