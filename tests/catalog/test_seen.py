"""An answer is what is seen of it: signs that nobody sees are taken out, and count for nothing."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.test_signs import HIDING

from selfserve.catalog.answers import AnswerRefused, Asking, clean, plain_text
from selfserve.catalog.fields import LongTextField, TextField
from selfserve.catalog.signs import hidden_signs, seen_length, without_hidden

ASKING = Asking(datetime(2027, 3, 1, 9, 0, tzinfo=UTC), ZoneInfo("UTC"))
SELECTORS = "\ufe00\ufe0f\u180b\U000e0100"
RESERVED = "\u2065\ufff0\U000e0000\U000e0fff"
UNSEEN = HIDING + SELECTORS + RESERVED
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(UNSEEN + "aeb \u0301\u094d👩💻می")), max_size=40)
TEXT = TextField(type="text", label="Why?", required=True, min=3, max=5)


@pytest.mark.parametrize("sign", UNSEEN, ids=lambda sign: f"U+{ord(sign):04X}")
def test_nothing_to_see_is_no_answer(sign: str) -> None:
    """However often it is typed, and with spaces between."""
    for raw in (sign, sign * 30, f" {sign} {sign} "):
        with pytest.raises(AnswerRefused, match="Please fill this in"):
            clean("why", TEXT, raw, ASKING)
        assert plain_text(raw) == ""


@pytest.mark.parametrize("sign", HIDING + RESERVED, ids=lambda sign: f"U+{ord(sign):04X}")
def test_what_is_pasted_along_is_taken_out(sign: str) -> None:
    """The answer stands without it, and has the length that is seen."""
    assert clean("why", TEXT, f"{sign}ab{sign}{sign}cde{sign}", ASKING) == "abcde"
    with pytest.raises(AnswerRefused, match="at least 3"):
        clean("why", TEXT, f"ab{sign * 20}", ASKING)


@pytest.mark.parametrize(
    ("text", "length"),
    [("می\u200cخواهم", 7), ("क्\u200dष", 3), ("👩\u200d💻", 2), ("❤️\u200d🔥", 2), ("👍🏽", 2), ("Zoë – 3 €", 9)],
)
def test_what_shapes_a_word_stays(text: str, length: int) -> None:
    """Joiners of Persian, Hindi and emoji, and the selector that makes a heart red; they count for nothing."""
    assert plain_text(text) == text
    assert seen_length(text) == length


def test_the_longest_answer_is_counted_as_it_is_seen() -> None:
    """Joiners take nothing of what one may write."""
    heart = "❤\ufe0f\u200d🔥"
    field = LongTextField(type="longtext", label="Why?", max=4)
    assert clean("why", field, heart * 2, ASKING) == heart * 2
    with pytest.raises(AnswerRefused, match="This has 6 characters; write at most 4"):
        clean("why", field, heart * 3, ASKING)


def test_no_tower_of_marks_stands_over_other_lines() -> None:
    """Hundreds of marks on one sign cover what others wrote; what writing needs stays."""
    assert len(without_hidden("Z" + "\u0336\u0353\u0310" * 200 + "a")) <= 10
    assert without_hidden("Z" + "\u0336" * 400 + "a").endswith("a")
    for word in ("שִׁבֹּ֥לֶת", "ก็ได้", "Việt Nam", "हिन्दी", "བཀྲ་ཤིས"):
        assert len(without_hidden(word)) >= len(unicodedata.normalize("NFC", word))


@given(TEXTS)
def test_what_is_left_hides_nothing(text: str) -> None:
    """Whatever is typed: nothing hidden is left, once is as good as twice, and what is seen is not lost."""
    left = without_hidden(text)
    assert not list(hidden_signs(left))
    assert without_hidden(left) == left
    assert seen_length(left) == seen_length(text)


@given(st.text(st.sampled_from(UNSEEN + " \u3000"), max_size=40))
def test_no_mixture_of_unseen_signs_is_seen(text: str) -> None:
    """Joiners need letters to join, and selectors a sign to vary."""
    assert seen_length(text) == 0


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_plain_writing_is_untouched(text: str) -> None:
    """Nothing is taken from it, and all of it counts."""
    assert without_hidden(text) == text
    assert seen_length(text) == len(text.strip())
