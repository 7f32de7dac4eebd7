"""Finding items by what people type."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.folders import HOUSE, good

from selfserve.catalog.items import Item
from selfserve.catalog.search import SearchIndex

CATALOG = good(HOUSE)
INDEX = CATALOG.search


def found(text: str) -> list[str]:
    return [hit.item.id for hit in INDEX.search(text)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("vpn", "vpn-access"),
        ("VPN", "vpn-access"),
        ("vnp", "vpn-access"),
        ("figma", "figma-editor"),
        ("figam", "figma-editor"),
        ("jetbrians", "jetbrains-licence"),
        ("passwrod", "reset-password"),
        ("lapto", "new-laptop"),
        ("notebook", "new-laptop"),
        ("i need a new laptop please", "new-laptop"),
        ("cannot log in", "unlock-account"),
        ("I can't log in", "unlock-account"),
        ("locked out", "unlock-account"),
        ("gesperrt", "unlock-account"),
        ("ich kann mich nicht anmelden", "unlock-account"),
        ("passwort vergessen", "reset-password"),
        ("Passwort", "reset-password"),
        ("wlan", "guest-wifi"),
        ("gäste wlan", "guest-wifi"),
        ("home office", "vpn-access"),
        ("pycharm", "jetbrains-licence"),
        ("source code", "github-engineering"),
        ("prod", "production-access"),
        ("browser", "firefox-developer"),
        ("chat", "slack-app"),
        ("first day", "welcome-pack"),
        ("video call", "zoom-pro"),
        ("berichte", "finance-reports"),
        ("kundendaten", "legacy-crm"),
    ],
)
def test_what_people_say_finds_what_they_mean(text: str, first: str) -> None:
    """Names, beginnings, slips, other words, whole sentences, English and German."""
    assert found(text)[:1] == [first]


@pytest.mark.parametrize("word", ["firefox", "password", "production", "figma"])
def test_each_letter_typed_keeps_the_item_in_sight(word: str) -> None:
    """From the third letter on, the item is among what is shown."""
    item = {"firefox": "firefox-developer", "password": "reset-password", "production": "production-access"}
    for end in range(3, len(word) + 1):
        assert item.get(word, "figma-editor") in found(word[:end])


@pytest.mark.parametrize("text", ["", "   ", "!?", "qqqqxyz", "\x00", "🦄"])
def test_nothing_is_found_for_nothing(text: str) -> None:
    """Signs, empty texts and words from nowhere find nothing rather than anything."""
    assert found(text) == []


def test_a_name_comes_before_a_keyword_before_a_summary() -> None:
    """The order tells how near the item is to what was said."""
    base = CATALOG.items["vpn-access"]

    def item(identity: str, **words: object) -> Item:
        plain = {"id": identity, "name": "Other", "keywords": (), "summary": "Nothing.", "category": "Access"}
        return base.model_copy(update={**plain, **words})

    items = [item("c", summary="All about maps."), item("b", keywords=("maps",)), item("a", name="Maps")]
    assert [hit.item.id for hit in SearchIndex(items).search("maps")] == ["a", "b", "c"]


def test_all_words_count_before_some_do() -> None:
    """Who says two things wants the item that fits both; where none does, those that fit most are shown."""
    assert found("zoom meeting") == ["zoom-pro"]
    assert {"slack-app", "vpn-access"} <= set(found("slack vpn"))


def test_a_slip_that_begins_another_word_is_still_a_slip() -> None:
    """A "gest" begins a German word of another item; with "wfii" beside it, it is the guest Wi-Fi that fits both."""
    assert found("gest")
    assert found("gest wfii")[0] == "guest-wifi"


@pytest.mark.parametrize("text", ["projector", "adobe", "aktenvernichter im büro", "qqqqxyz"])
def test_what_only_fits_in_passing_is_near_and_not_found(text: str) -> None:
    """A word of a summary beside one that nobody here knows is no answer; it may be shown, under its own name."""
    assert found(text) == []
    assert len(INDEX.nearest(text)) <= 3


def test_the_nearest_items_fit_a_part_or_look_like_what_was_typed() -> None:
    """What a summary says in passing, and words that share most letters; hidden items are not among them."""
    assert "desk-equipment" in [hit.item.id for hit in INDEX.nearest("aktenvernichter im büro")]
    assert [hit.item.id for hit in INDEX.nearest("jetbreeins")] == ["jetbrains-licence"]
    assert INDEX.nearest("jetbreeins", lambda item: False) == []
    assert INDEX.nearest("") == []


@pytest.mark.parametrize("text", ["vpm", "vpn", "vnp"])
def test_one_letter_of_three_may_be_wrong(text: str) -> None:
    """The first one seldom is: with another first letter it is another word."""
    assert found(text)[0] == "vpn-access"
    assert "vpn-access" not in found("xpn")


def test_hidden_items_are_not_found() -> None:
    """The predicate decides, and the next visible ones move up; it is asked only about what would be shown."""
    asked: list[str] = []

    def visible(item: Item) -> bool:
        asked.append(item.id)
        return item.id != "vpn-access"

    hits = INDEX.search("vpn", visible)
    assert "vpn-access" not in [hit.item.id for hit in hits]
    assert set(asked) < set(CATALOG.items)


def test_the_limit_holds_even_where_most_is_hidden() -> None:
    """A thousand hidden items before the one that may be seen do not hide it."""
    base = CATALOG.items["vpn-access"]
    items = [base.model_copy(update={"id": f"vpn-{number}", "name": f"VPN {number:04}"}) for number in range(1_000)]
    index = SearchIndex(items)
    assert len(index.search("vpn", limit=5)) == 5
    assert [hit.item.id for hit in index.search("vpn", lambda item: item.id == "vpn-999")] == ["vpn-999"]


def test_the_house_adds_its_own_sayings() -> None:
    """A company's word for a thing finds it, from policy.yaml."""
    items = CATALOG.items.values()
    assert SearchIndex(items).search("flurfunk") == []
    assert SearchIndex(items, [("slack", "flurfunk")]).search("flurfunk")[0].item.id == "slack-app"


@given(st.text(max_size=80))
def test_any_text_may_be_typed(text: str) -> None:
    """Never an error, never more than the limit, best first, each item once."""
    hits = INDEX.search(text, limit=5)
    assert len({hit.item.id for hit in hits}) == len(hits) <= 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def longest_word(item: Item) -> str:
    return max(item.name.lower().replace("'", " ").split(), key=len)


@given(st.sampled_from([item for item in CATALOG.items.values() if len(longest_word(item)) > 5]), st.integers(0, 2**32))
def test_one_slip_in_a_long_word_of_a_name_still_finds_the_item(item: Item, seed: int) -> None:
    """A letter changed, doubled, left out or swapped with the next."""
    chance = random.Random(seed)
    word = longest_word(item)
    at = chance.randrange(1, len(word) - 1)
    slips = [word[:at] + "x" + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + word[at + 1 :]]
    slips.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    slip = chance.choice(slips)
    assert item.id in found(slip), slip
