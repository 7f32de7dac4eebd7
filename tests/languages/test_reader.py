"""Sentences, days and numbers as their reader says them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from selfserve.catalog.answers import AnswerRefused, Asking, clean
from selfserve.catalog.fields import NumberField
from selfserve.catalog.items import Item
from selfserve.languages.messages import Message, Spoken, again, kept, msg, msg_n
from selfserve.languages.reader import Reader
from selfserve.web.parts.questions import Questions

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH, GERMAN = Reader("en", BERLIN), Reader("de", BERLIN)
NOW = datetime(2026, 11, 23, 9, 12, 5, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_sentence_is_said_in_the_reader_s_language() -> None:
    """The original where there is no other."""
    assert ENGLISH.say("today, {time}", time="09:00") == "today, 09:00"
    assert GERMAN.say("today, {time}", time="09:00") == "heute, 09:00"
    assert GERMAN.say("nobody translated {this}", this="x") == "nobody translated x"
    assert GERMAN.say("") == ""


def test_what_counts_is_counted_as_the_language_counts() -> None:
    """One, many, none; the number written as the reader writes it."""
    for count, english, german in (
        (1, "1 working day", "1 Arbeitstag"),
        (2, "2 working days", "2 Arbeitstage"),
        (0, "0 working days", "0 Arbeitstage"),
        (1200, "1,200 working days", "1.200 Arbeitstage"),
    ):
        said = ("{count} working day", "{count} working days", count)
        assert (ENGLISH.say_n(*said), GERMAN.say_n(*said)) == (english, german)


def test_a_number_is_written_as_its_reader_writes_one() -> None:
    """Also the example in the sentence that says how, and in a field, where nothing stands between thousands."""
    assert (ENGLISH.typed(3.5), GERMAN.typed(3.5)) == ("3.5", "3,5")
    assert (ENGLISH.typed(1500), GERMAN.typed(1500.25)) == ("1500", "1500,25")
    with pytest.raises(AnswerRefused) as refused:
        clean("cost", NumberField(type="number", label="Cost", decimals=2), "much", Asking(NOW, BERLIN))
    assert GERMAN.tell(refused.value.words) == "Schreib eine Zahl, etwa 3,5."
    assert ENGLISH.tell(refused.value.words) == "Write a number, like 3.5."


def test_a_form_begins_with_numbers_as_its_reader_writes_them() -> None:
    """A default, and the answer of an earlier request; what is sent so is understood."""
    one = NumberField(type="number", label="Days", decimals=2, default=0.5)
    item = cast("Item", SimpleNamespace(form={"days": one}))
    asked = Questions(item, NOW.date(), GERMAN)
    assert asked.start() == {"days": "0,5"}
    assert asked.start({"days": 1500.25}) == {"days": "1500,25"}
    assert clean("days", one, "0,5", Asking(NOW, BERLIN)) == 0.5


def test_a_sentence_made_before_its_reader_is_known() -> None:
    """Plain English for whoever does not know better, the reader's language where it is told; stored and read again."""
    made = msg("in {span}", span="x")
    assert made == "in x"
    assert GERMAN.tell(made) == "noch x"
    assert GERMAN.tell("plain") == "plain"
    assert kept("plain") is None
    counted = msg_n("{count} working day", "{count} working days", 2)
    for words in (made, counted):
        back = again(str(words), kept(words))
        assert isinstance(back, Message)
        assert GERMAN.tell(back) == GERMAN.tell(words) != words


def test_a_sentence_within_a_sentence_is_said_too() -> None:
    """A value may be a message itself."""
    assert GERMAN.tell(msg("in {span}", span=msg("a moment"))) == "noch einen Augenblick"


def test_a_moment_a_day_and_a_span_in_a_sentence_are_written_as_its_reader_writes_them() -> None:
    """In the reader's zone too, and after the sentence was stored; in plain English they are in UTC."""
    made = msg("{at} {day} {span} {within}", at=NOW, day=date(2027, 7, 31), span=90 * DAY, within=msg("a moment"))
    back = again(str(made), kept(made))
    assert isinstance(back, Message)
    assert back == "Monday 23 November, 09:12 UTC 31 July 2027 90 days a moment"
    assert ENGLISH.tell(back) == "Monday 23 November, 10:12 31 July 2027 90 days a moment"
    assert GERMAN.tell(back) == "Mo., 23. November, 10:12 31. Juli 2027 90 Tage einen Augenblick"


def test_a_number_in_a_sentence_is_written_as_its_reader_writes_it() -> None:
    """Grouped, with the reader's comma, after it was stored too; what is no amount is given as text."""
    made = msg("{least} to {most}: {share}, {port}, {sure}", least=0, most=20_000, share=0.5, port="8443", sure=True)
    back = again(str(made), kept(made))
    assert ENGLISH.tell(back) == "0 to 20,000: 0.5, 8443, True"
    assert GERMAN.tell(back) == "0 to 20.000: 0,5, 8443, True"


def test_what_was_written_in_several_languages_is_told_in_the_reader_s() -> None:
    """Alone and within a sentence; in the first language where the reader's is not among them."""
    made = Spoken.of("Meeting room", {"de": "Besprechungsraum"})
    back = again("Meeting room", kept(made))
    assert (ENGLISH.tell(back), GERMAN.tell(back)) == ("Meeting room", "Besprechungsraum")
    assert GERMAN.tell(msg("in {span}", span=back)) == "noch Besprechungsraum"
    assert type(Spoken.of("Only English", {})) is str


@pytest.mark.parametrize(
    "stored", [None, 3, {}, {"text": 3}, {"text": "{x}", "values": {}}, {"text": "{0}", "values": {}},
               {"text": "{a.b}", "values": {"a": "x"}}, {"text": "other", "values": {}},
               {"others": {"de": 3}}, {"text": "the words", "values": {"x": []}}],
)  # fmt: skip
def test_what_does_not_make_the_words_is_not_believed(stored: object) -> None:
    """A row that was tampered with, or written by another version, shows the words as they were stored."""
    assert type(again("the words", stored)) is str
    assert again("the words", stored) == "the words"


def test_hostile_values_stay_values() -> None:
    """Braces in a name are no places, and nothing is looked up in a value."""
    assert ENGLISH.say("in {span}", span="{secret.__class__}") == "in {secret.__class__}"
    assert msg("in {span}", span="{x}") == "in {x}"


def test_moments_near_and_far() -> None:
    """In the reader's zone and language."""
    moments = [NOW, NOW + DAY, NOW - DAY, NOW + 3 * DAY, NOW + 30 * DAY, NOW + 90 * DAY]
    assert [ENGLISH.moment(at, NOW) for at in moments] == [
        "Today, 10:12", "Tomorrow, 10:12", "Yesterday, 10:12", "Thursday, 10:12", "23 December", "21 February 2027",
    ]  # fmt: skip
    assert [GERMAN.within(at, NOW) for at in moments] == [
        "heute, 10:12", "morgen, 10:12", "gestern, 10:12", "Donnerstag, 10:12", "23. Dezember", "21. Februar 2027",
    ]  # fmt: skip
    assert [GERMAN.since(at, NOW) for at in (NOW, NOW - DAY)] == ["10:12", "gestern, 10:12"]


@pytest.mark.parametrize(
    ("zone", "english", "german"),
    [
        ("Europe/Berlin", "10:12:05 CET", "10:12:05 MEZ"),
        ("America/New_York", "04:12:05 GMT-05:00", "04:12:05 GMT-05:00"),
        ("Asia/Kolkata", "14:42:05 GMT+05:30", "14:42:05 GMT+05:30"),
    ],
)
def test_the_whole_of_a_moment_is_short(zone: str, english: str, german: str) -> None:
    """Weekday, day, second and zone; where the language has no short name for the zone, how far it is from UTC."""
    there = ZoneInfo(zone)
    assert Reader("en", there).exact(NOW) == f"Monday, 23 November 2026, {english}"
    assert Reader("de", there).exact(NOW) == f"Montag, 23. November 2026, {german}"


def test_spans() -> None:
    """As one says them, and how long there is still."""
    spans = [timedelta(seconds=1), timedelta(seconds=20), timedelta(minutes=4), 3 * HOUR, 2 * DAY]
    assert [ENGLISH.about(span) for span in spans] == ["a moment", "20 seconds", "4 minutes", "3 hours", "2 days"]
    assert [GERMAN.about(span) for span in spans] == [
        "einen Augenblick", "20 Sekunden", "4 Minuten", "3 Stunden", "2 Tage",
    ]  # fmt: skip
    assert (ENGLISH.about(2 * DAY, working=True), GERMAN.about(HOUR, working=True)) == (
        "2 working days", "1 Arbeitsstunde",
    )  # fmt: skip
    assert (ENGLISH.due(NOW + HOUR, NOW), ENGLISH.due(NOW - HOUR, NOW)) == ("in 1 hour", "1 hour late")
    assert [ENGLISH.span(span) for span in (90 * DAY, HOUR, 14 * DAY)] == ["90 days", "1 hour", "2 weeks"]


def test_days_numbers_and_lists() -> None:
    """As the language writes them."""
    assert (ENGLISH.day(date(2027, 7, 31)), GERMAN.day(date(2027, 7, 31))) == ("31 July 2027", "31. Juli 2027")
    assert (ENGLISH.number(1204), GERMAN.number(1204)) == ("1,204", "1.204")
    assert (ENGLISH.list(["a", "b", "c"]), GERMAN.list(["a", "b", "c"])) == ("a, b and c", "a, b und c")
