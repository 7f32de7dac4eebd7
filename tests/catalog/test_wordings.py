"""Items in further languages: told to each reader in theirs, found by all, and refused where they say too much."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalog.folders import POLICY, folder, good, only, with_vpn

from selfserve.catalog.fields import ChoiceField
from selfserve.catalog.items import Item
from selfserve.languages.reader import Reader

GERMAN = Reader("de")
FORM = """\
form:
  place:
    type: choice
    label: Where?
    help: A building.
    options: [{value: north, label: North wing}, South wing]
approve:
  - {by: [manager], why: It costs money.}
grant:"""
SAID = """\
promise: You find it in the menu.
languages:
  de:
    name: VPN-Zugang
    summary: Erreiche interne Systeme von außen.
    keywords: [Tunnel]
    form:
      place: {label: "Wo?", help: Ein Gebäude., options: {north: Nordflügel}}
    why: [Das kostet Geld.]
    gives: {member: Zugang zum VPN}
    promise: Du findest es im Menü.
"""
GIVES = "    use: directory.add_member\n"


def whole(root: Path, *changes: tuple[str, str]) -> Path:
    """The one item of the catalog with everything it can say in German, and replacements made in it."""
    said, form = SAID, FORM
    for old, new in changes:
        assert old in said + form, old
        said, form = said.replace(old, new), form.replace(old, new)
    return with_vpn(
        root, ("grant:", form), (GIVES, f"{GIVES}    gives: VPN access\n"), ("expect: 1m\n", f"expect: 1m\n{said}")
    )


def _texts(item: Item, reader: Reader) -> list[str]:
    place = item.form["place"]
    assert isinstance(place, ChoiceField)
    said = [item.name, item.summary, place.label, place.help, *(option.label for option in place.options)]
    said += [item.approve[0].why, item.fulfil[0].gives, item.promise]
    return [reader.tell(text or "") for text in said]


def test_an_item_speaks_the_language_of_its_reader(tmp_path: Path) -> None:
    """All that people read of it, also of a version that was stored; what is not said in German stays as it is."""
    item = good(whole(tmp_path)).items["vpn"]
    german = [
        "VPN-Zugang", "Erreiche interne Systeme von außen.", "Wo?", "Ein Gebäude.", "Nordflügel", "South wing",
        "Das kostet Geld.", "Zugang zum VPN", "Du findest es im Menü.",
    ]  # fmt: skip
    english = [
        "VPN", "Reach internal systems.", "Where?", "A building.", "North wing", "South wing", "It costs money.",
        "VPN access", "You find it in the menu.",
    ]  # fmt: skip
    stored = Item.model_validate_json(item.canonical())
    for one in (item, stored):
        assert _texts(one, GERMAN) == german
        assert _texts(one, Reader("en")) == english
    assert stored.digest == item.digest


def test_an_item_is_found_by_its_words_in_every_language(tmp_path: Path) -> None:
    """Whoever searches: people type what comes to their mind."""
    search = good(whole(tmp_path)).search
    for typed in ("vpn zugang", "Tunnel", "erreiche", "reach", "tunel"):
        assert [hit.item.id for hit in search.search(typed)] == ["vpn"], typed


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  de:\n", "  tlh:\n", 'Nobody reads "tlh" here; the languages are en, de.'),
        ("  de:\n", "  Deutsch:\n", "write a language by its code, like de"),
        ("    keywords:", "    keyword:", 'did you mean "keywords"?'),
        ("      place: {", "      plaice: {", 'The form does not ask for "plaice". Did you mean "place"?'),
        ("{north: Nord", "{nort: Nord", '"place" offers no "nort". Did you mean "north"?'),
        ("    help: A building.\n", "", '"place" has no `help` to be said in another language.'),
        ("why: [Das kostet Geld.]", "why: [Das kostet Geld., Und Zeit.]", "2 reasons for 1 stages"),
        (", why: It costs money.", "", "Stage 1 of `approve` has no `why`; write null here."),
        ("gives: {member:", "gives: {menber:", 'No step called "menber" has a `gives`. Did you mean "member"?'),
    ],
)  # fmt: skip
def test_words_for_what_an_item_does_not_have_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A name that was misspelt would never be read by anybody: it is named, with its place."""
    assert words in only(whole(tmp_path, (old, new)))


def test_a_shelf_is_called_in_every_language(tmp_path: Path) -> None:
    """Items name it as `policy.yaml` does; a language nobody reads is refused there too."""
    shelf = "  - {name: Access, icon: key, tint: green, languages: {de: Zugänge}}"
    plain = "  - {name: Access, icon: key, tint: green}"
    (category,) = good(folder(tmp_path, policy_yaml=POLICY.replace(plain, shelf))).policy.categories
    assert (category.name, GERMAN.tell(category.name)) == ("Access", "Zugänge")
    broken = folder(tmp_path, policy_yaml=POLICY.replace(plain, shelf.replace("de:", "tlh:")))
    assert 'Nobody reads "tlh" here' in only(broken)
