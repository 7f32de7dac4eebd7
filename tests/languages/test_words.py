"""How we speak: every sentence of the code, its translations, and what the shipped catalog tells customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selfserve.catalog.document import read_document
from selfserve.languages.books import SOURCE, codes, written
from tests.languages.gathering import said

ITEMS = sorted((Path(__file__).parents[2] / "catalog" / "items").glob("*.yaml"))
TOLD = {"name", "summary", "label", "help", "promise", "why", "gives", "placeholder", "text", "words", "options"}
"""The keys of an item whose texts people read."""
MAPPED = {"options", "gives"}
"""Keys under which the texts have names of their own."""

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:end[- ])?users?\b", r"\btickets?\b", r"\bSLAs?\b", r"\bescalat\w*", r"\bprovision\w*",
        r"\bworkflows?\b", r"\binvalid\b", r"\billegal\b", r"\bfatal\b", r"\babort\w*", r"\bfailed to\b",
        r"\bsuccessful(?:ly)?\b", r"\boops\b", r"\bunfortunately\b", r"\bkindly\b", r"\bclick here\b",
        r"\bwill be\b", r"\bIT department\b", r"\bhelp ?desk\b", r"\bcircuits?\b", r"!(?: |$)",
    ),
    "de": (
        r"\b(?:End)?(?:Benutzer|User|Anwender)\w*", r"\bTickets?\b", r"\bEskal\w*", r"\bStromkreis\w*",
        r"\bNachricht(?:en)?\b", r"\bKonnektor\w*",
        r"\bWorkflows?\b", r"\bungültig\w*", r"\bunzulässig\w*", r"\berfolgreich\w*", r"\bleider\b",
        r"\bEntschuldigung\b", r"\bProvision\w*", r"(?<!^)(?<![.:!?] )\bSie\b", r"\bIhr(?:e[mnrs]?)?\b(?<!^Ihr)",
        r"\b[Ee]mail\b", r"\bklick\w*", r"\"", r"!(?: |$)", r"\bDu\b(?<!^Du)(?<![.:?!] Du)(?<!„Du)",
    ),
}  # fmt: skip
"""What nobody here reads: words of the trade, of blame and of bureaus."""


def test_no_sentence_of_the_code_has_a_forbidden_word() -> None:
    """One and many alike."""
    texts = [text for message in said() for text in _each(message.id)]
    assert len(texts) > 300
    assert _wrong("en", texts) == []


@pytest.mark.parametrize("code", [code for code in codes() if code != SOURCE])
def test_no_translation_has_a_forbidden_word(code: str) -> None:
    """A language without a list of its own is not spoken here yet: whoever adds one adds its list."""
    texts = [text for message in written(code) if message.id for text in _each(message.string)]
    assert texts
    assert _wrong(code, texts) == []


@pytest.mark.parametrize("path", ITEMS, ids=lambda path: path.stem)
def test_no_item_tells_customers_a_forbidden_word(path: Path) -> None:
    """Staff write them; the shipped ones set the tone."""
    item = read_document(path.read_text()).data
    further = item.pop("languages", {})
    for code, words in ((SOURCE, item), *further.items()):
        texts = list(_texts(words))
        assert texts
        assert _wrong(code, texts) == []


@pytest.mark.parametrize(("code", "text"), [
    ("en", "The user has no seat."), ("en", "Your ticket was closed."), ("en", "Done!"), ("en", "Invalid date"),
    ("en", "It will be there soon."), ("de", "Wenden Sie sich an den Benutzerdienst."),
    ("de", "Das Datum ist ungültig."), ("de", "Wann hast Du Zeit?"), ("de", "Das ist \"fertig\"."),
])  # fmt: skip
def test_the_lists_bite(code: str, text: str) -> None:
    """Each kind of slip is found."""
    assert _wrong(code, [text])


def _each(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else [str(one) for one in words]


def _wrong(code: str, texts: list[str]) -> list[str]:
    rules = [re.compile(rule, re.IGNORECASE if code == "en" else 0) for rule in FORBIDDEN[code]]
    return [f"{rule.pattern}: {text}" for text in texts for rule in rules if rule.search(re.sub(r"\{\w+\}", "…", text))]


def _texts(found: Any, key: str = "") -> Iterator[str]:
    """Every text under one of the keys that people read."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from _texts(value, key if key in MAPPED else str(name))
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value, key)
    elif isinstance(found, str) and key in TOLD:
        yield found


LABELS = {
    "{item} ({count})", "{who}: {item}", "{item} for {customer}, {name}", "{item} for {customer}, {name} of {day}",
}  # fmt: skip
"""What names a group, a card or a region: the names stand side by side, and no sentence around them."""


def test_an_item_s_name_stands_in_quotes_within_a_sentence_in_each_language() -> None:
    """Names of items are sentences of their own, "Reset my password": bare in the middle of another one, nobody reads
    where they begin and end. What is given as `{it}` has its quotes already, and for whom it is."""
    for message in written("de"):
        english = str(message.id) if isinstance(message.id, str) else " ".join(message.id)
        german = message.string if isinstance(message.string, str) else " ".join(message.string or ())
        if (message.id if isinstance(message.id, str) else message.id[0]) not in LABELS:
            assert english.count("{item}") == english.count("“{item}”"), english
            assert german.count("{item}") == german.count("„{item}“"), english
        assert not re.search(r"[“„]\{it\}", english + german), english
