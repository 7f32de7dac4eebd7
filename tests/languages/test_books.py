"""Every language says everything the code says, and nothing else."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter

import pytest
from babel.messages.catalog import Catalog, Message

from selfserve.languages import books
from selfserve.languages.books import FOLDER, SOURCE, codes, written
from tests.languages.gathering import said

OTHERS = [code for code in codes() if code != SOURCE]


def _texts(words: object) -> tuple[str, ...]:
    return tuple(words) if isinstance(words, (tuple, list)) else (str(words),)


def _ids(book: Catalog) -> set[tuple[str, ...]]:
    return {_texts(message.id) for message in book if message.id}


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _twice(text: str) -> list[str]:
    """The sentences that a book says more than once, as they stand in its file: who reads it keeps but one of them."""
    said = re.findall(r'^msgid ("(?:.*)"(?:\n".*")*)$', text, re.MULTILINE)
    count = Counter("".join(map(ast.literal_eval, each.split("\n"))) for each in said)
    return [sentence for sentence, times in count.items() if times > 1]


@pytest.mark.parametrize("code", OTHERS)
def test_a_book_says_each_sentence_once(code: str) -> None:
    """Of two translations of one sentence one would be lost without a word."""
    assert _twice((FOLDER / f"{code}.po").read_text(encoding="utf-8")) == []


def test_a_sentence_said_twice_is_found() -> None:
    """Also where it is broken into lines in another way."""
    text = 'msgid "One two"\nmsgstr "x"\n\nmsgid ""\n"One "\n"two"\nmsgstr "y"\n\nmsgid "One"\nmsgstr "z"\n'
    assert _twice(text) == ["One two"]


def test_german_is_there() -> None:
    """The two languages the product is shipped with; a third is one file more."""
    assert {"en", "de"} <= set(codes())


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated_and_none_is_left_over(code: str) -> None:
    """What the code says and what the file has are the same set; nothing is empty or marked as doubtful."""
    book = written(code)
    assert _ids(said()) - _ids(book) == set(), "new: run `make words` and translate"
    assert _ids(book) - _ids(said()) == set(), "nobody says this any more: run `make words`"
    lacking = [message.id for message in book if message.id and (message.fuzzy or not all(_texts(message.string)))]
    assert lacking == []
    assert not book.obsolete


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_places_of_its_original(code: str) -> None:
    """A name that is missing or misspelt would lose what belongs there, or break the page."""
    for message in written(code):
        if not message.id:
            continue
        wanted = set().union(*map(_names, _texts(message.id)))
        for text in _texts(message.string):
            missing = wanted - _names(text) - ({"count"} if _plural(message) else set())
            assert not missing, (message.id, text)
            assert _names(text) <= wanted, (message.id, text)


def _plural(message: Message) -> bool:
    return isinstance(message.id, (tuple, list))


@pytest.mark.parametrize("code", OTHERS)
def test_what_counts_has_every_form_of_its_language(code: str) -> None:
    """As many as the language's own rule names."""
    book = written(code)
    for message in book:
        if _plural(message):
            assert len(_texts(message.string)) == book.num_plurals, message.id


def test_a_wish_is_understood_as_browsers_and_directories_write_it() -> None:
    """`de-AT`, `de_DE.UTF-8`, an unknown one, none."""
    assert [books.spoken(wish) for wish in ("de-AT", "de_DE.UTF-8", "DE", "tlh", "", None)] == [
        "de", "de", "de", "en", "en", "en",
    ]  # fmt: skip
    assert books.spoken("tlh", "de") == "de"


def test_a_browser_s_languages_come_in_its_order() -> None:
    """By weight, then as written; zero means never, nonsense is passed over."""
    assert books.accepted("en;q=0.3, de-AT, fr;q=0, de;q=0.9, x;q=viel") == ["de-AT", "de", "en"]
    assert books.accepted("") == []


def test_a_language_names_itself() -> None:
    """Who cannot read the page finds their own language."""
    assert [books.own_name(code) for code in ("en", "de")] == ["English", "Deutsch"]
