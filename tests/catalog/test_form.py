"""Answers: what stands, what is kept, what rules see, and when two asks are one."""

from __future__ import annotations

import json
import math
import time
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from selfserve.catalog.days import end_of_day, local_day, zone_named
from selfserve.catalog.fields import TextField
from selfserve.catalog.form import AnswersInvalid, CleanAnswers, revive, validate
from selfserve.catalog.items import Item

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
BASE: dict[str, Any] = {
    "id": "x",
    "name": "X",
    "summary": "X.",
    "category": "Access",
    "icon": "key",
    "owner": "t",
    "runbook": "r.md",
    "risk": "low",
    "who": "true",
    "fulfil": [{"id": "a", "use": "b.c", "with": {}}],
    "escalate": {"after": "1h", "to": "t"},
    "expect": "1m",
}


def item(**form: dict[str, Any]) -> Item:
    return Item.model_validate({**BASE, "form": {name: {"label": name, **field} for name, field in form.items()}})


def answer(item: Item, zone: ZoneInfo = BERLIN, /, **answers: object) -> CleanAnswers:
    return validate(item, answers, now=NOW, zone=zone)


def refused(item: Item, /, **answers: object) -> dict[str, str]:
    with pytest.raises(AnswersInvalid) as caught:
        answer(item, **answers)
    return caught.value.errors


EVERY = item(
    text={"type": "text", "required": True, "max": 20},
    long={"type": "longtext"},
    number={"type": "number", "min": 1, "max": 10},
    share={"type": "number", "min": 0, "max": 1, "decimals": 2},
    choice={"type": "choice", "options": ["a", {"value": "b", "label": "Bee"}]},
    live={"type": "options", "from": "c.a.f"},
    person={"type": "person"},
    device={"type": "device"},
    day={"type": "date", "max": "365d", "default": "90d"},
    span={"type": "duration", "max": "8h", "default": "2h"},
    sure={"type": "yesno"},
)


def test_every_kind_is_kept_as_plain_json_and_seen_typed_by_rules() -> None:
    """A day is kept as the day that was meant, with its zone; rules see the instant it ends."""
    clean = answer(
        EVERY,
        text="  Reason ",
        long="a\r\nb",
        number="3",
        share=0.25,
        choice="b",
        live="vpn",
        person="ana",
        device="C02",
        day="2027-07-31",
        span="90m",
        sure=True,
    )
    assert dict(clean.values) == {
        "text": "Reason",
        "long": "a\nb",
        "number": 3,
        "share": 0.25,
        "choice": "b",
        "live": "vpn",
        "person": "ana",
        "device": "C02",
        "day": "2027-07-31",
        "span": "90m",
        "sure": True,
    }
    assert clean.zone == "Europe/Berlin"
    assert clean.form["day"] == datetime(2027, 7, 31, 21, 59, 59, tzinfo=UTC)
    assert clean.form["span"] == timedelta(minutes=90)
    assert json.loads(clean.canonical)["answers"] == dict(clean.values)


def test_what_is_left_empty_takes_its_default_or_is_null() -> None:
    """An emptied field is the same as one never touched, where it need not be answered."""
    for empty in (None, "", "   "):
        clean = answer(EVERY, text="x", long=empty, day=empty, span=empty, number=empty)
        assert clean.values["day"] == "2027-02-21"
        assert clean.values["span"] == "2h"
        assert clean.values["long"] is clean.values["number"] is clean.values["choice"] is None
        assert clean.values["sure"] is False
        assert clean.digest == answer(EVERY, text="x").digest


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("text", "", "Please fill this in."),
        ("text", "x" * 21, "This has 21 characters; write at most 20."),
        ("text", "a\nb", "This holds a sign that cannot be shown; type it again without it."),
        ("text", "a\u202eb", "This holds a sign that cannot be shown; type it again without it."),
        ("text", "a\x00b", "This holds a sign that cannot be shown; type it again without it."),
        ("text", "a\ud800", "This holds a sign that cannot be shown; type it again without it."),
        ("text", 5, "Write a text."),
        ("text", "x" * 30_000, "This is far too long."),
        ("long", "x" * 2_001, "This has 2001 characters; write at most 2000."),
        ("long", "a\x1b[31m", "This holds a sign that cannot be shown; type it again without it."),
        ("number", 0, "Write a number from 1 to 10."),
        ("number", 2.5, "Write a whole number."),
        ("number", True, "Write a number, like 3."),
        ("number", math.nan, "Write a number, like 3."),
        ("number", "1e3", "Write a number, like 3."),
        ("number", "１", "Write a number, like 3."),
        ("number", [], "Write a number, like 3."),
        ("share", "0.125", "Write at most 2 digits after the point."),
        ("choice", "Bee", "Choose one of the answers shown."),
        ("choice", ["a"], "Choose one of the answers shown."),
        ("person", "x" * 300, "Choose one of the answers shown."),
        ("day", "2026-11-22", "Choose 23 November 2026 or a later day."),
        ("day", "2027-11-24", "Choose 23 November 2027 or an earlier day."),
        ("day", "2027-02-29", "Choose a day, written like 2027-07-31."),
        ("day", "31.07.2027", "Choose a day, written like 2027-07-31."),
        ("day", datetime(2027, 1, 1, tzinfo=UTC), "Choose a day, written like 2027-07-31."),
        ("day", 20270731, "Choose a day, written like 2027-07-31."),
        ("span", "9h", "Choose at most 8 hours."),
        ("span", "soon", "Choose a whole number above zero and a unit, 8 hours at most."),
        ("span", 8, "Choose a whole number above zero and a unit, 8 hours at most."),
        ("span", "0h", "Choose a whole number above zero and a unit, 8 hours at most."),
        ("span", "-3h", "Choose a whole number above zero and a unit, 8 hours at most."),
        ("span", "100000d", "Choose a whole number above zero and a unit, 8 hours at most."),
        ("share", "0,125", "Write at most 2 digits after the point."),
        ("share", "0.500", "Write at most 2 digits after the point."),
        ("sure", "yes", "Answer with yes or no."),
        ("other", "x", "This form does not ask for that."),
    ],
)
def test_an_answer_that_cannot_stand_gets_a_sentence_beside_its_field(field: str, value: object, sentence: str) -> None:
    """Plain words, one for each field, and never an answer dropped in silence."""
    assert refused(EVERY, **{"text": "x", field: value}) == {field: sentence}


def test_a_decimal_comma_is_a_decimal_point() -> None:
    """As half of the readers write it; three digits behind it may be thousands, and are asked about."""
    assert answer(EVERY, text="x", share="0,5").values["share"] == 0.5
    price = item(price={"type": "number", "decimals": 2, "max": 5000})
    assert refused(price, price="1,500") == {"price": "Write at most 2 digits after the point."}
    assert answer(price, price="1500,50").values["price"] == 1500.5


def test_who_empties_what_must_be_answered_is_asked_again() -> None:
    """A default that comes back in silence is an answer that nobody gave; what was never touched has it."""
    hours = item(hours={"type": "duration", "required": True, "default": "2h"})
    assert answer(hours).values["hours"] == "2h"
    assert refused(hours, hours="") == {"hours": "Please fill this in."}


def test_a_span_between_two_limits_is_told_both() -> None:
    """Whoever typed no span reads what would be one."""
    hours = item(hours={"type": "duration", "min": "30m", "max": "8h"})
    assert refused(hours, hours="0h") == {"hours": "Choose a whole number and a unit, from 30 minutes to 8 hours."}


def test_every_wrong_field_is_told_at_once() -> None:
    """Nobody corrects one field to be told of the next."""
    assert set(refused(EVERY, number=99, choice="z", other=1)) == {"text", "number", "choice", "other"}


def test_limits_themselves_are_allowed() -> None:
    """At most means with it, at least too; today is not in the past."""
    answer(EVERY, text="x" * 20, number=10, share="1.00", day="2027-11-23", span="8h")
    answer(EVERY, text="x", number=1, day=date(2026, 11, 23))


def test_a_promise_must_be_given() -> None:
    """A required yes or no takes only yes."""
    asked = item(sure={"type": "yesno", "required": True})
    assert refused(asked) == refused(asked, sure=False) == {"sure": "Please confirm this."}
    answer(asked, sure=True)


def test_a_pattern_holds_for_the_whole_answer_and_answers_in_no_time() -> None:
    """The field's help says what is expected; a pattern that would blow up elsewhere takes no time here."""
    asked = item(code={"type": "text", "pattern": "(a+)+|INC-[0-9]+", "help": "Like INC-7."})
    answer(asked, code="INC-7")
    assert refused(asked, code="xINC-7") == {"code": "This is not in the expected form. Like INC-7."}
    start = time.process_time()
    refused(asked, code="a" * 199 + "!")
    assert time.process_time() - start < 1


def test_an_item_says_in_its_own_words_what_is_wrong() -> None:
    """The sentence for a mistake stands instead of the help, which is on the page already."""
    asked = item(
        code={"type": "text", "pattern": "INC-[0-9]+", "help": "Its number.", "mistake": "It begins with INC-."}
    )
    assert refused(asked, code="7") == {"code": "It begins with INC-."}


def test_a_mistake_without_a_pattern_is_refused() -> None:
    """Nobody would ever read it."""
    with pytest.raises(ValidationError, match="add that, or leave it out"):
        TextField(type="text", label="Which?", mistake="Not this.")


def test_live_choices_are_asked_of_who_knows() -> None:
    """A choice, person or device that is not there is refused; only these are asked about."""
    asked: list[tuple[str, str]] = []

    def offered(field: str, value: str) -> bool:
        asked.append((field, value))
        return value == "here"

    with pytest.raises(AnswersInvalid) as caught:
        validate(
            EVERY,
            {"text": "x", "live": "gone", "person": "gone", "device": "here"},
            now=NOW,
            zone=BERLIN,
            offered=offered,
        )
    assert set(caught.value.errors) == {"live", "person"}
    assert asked == [("live", "gone"), ("person", "gone"), ("device", "here")]


def test_the_same_ask_has_the_same_digest_and_another_has_another() -> None:
    """Order, outer spaces, writing of numbers and composed characters make no difference; a word does."""
    first = answer(EVERY, text="Müller", number="3", share=0.5)
    same = answer(EVERY, share="0.50", number=3, text=f" {unicodedata.normalize('NFD', 'Müller')} ")
    assert first.digest == same.digest
    assert first.digest != answer(EVERY, text="Muller", number=3, share=0.5).digest


def test_the_zone_is_part_of_an_ask_only_where_a_day_is() -> None:
    """31 July in Berlin is not 31 July in New York; a plain text is the same everywhere."""
    york = ZoneInfo("America/New_York")
    dated, plain = item(day={"type": "date"}), item(text={"type": "text"})
    assert answer(dated, BERLIN, day="2027-07-31").digest != answer(dated, york, day="2027-07-31").digest
    assert answer(plain, BERLIN, text="x").digest == answer(plain, york, text="x").digest


def test_kept_answers_come_back_as_they_were() -> None:
    """Weeks later, when the day would be refused as past, rules and steps still see what was agreed."""
    clean = answer(EVERY, text="x", day="2026-11-24")
    again = revive(EVERY, json.loads(json.dumps(dict(clean.values))), zone_named(clean.zone))
    assert (again.form, again.digest) == (clean.form, clean.digest)


def test_today_is_counted_where_the_customer_is() -> None:
    """Shortly before midnight UTC it is tomorrow already in Tokyo."""
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    asked = item(day={"type": "date"})
    with pytest.raises(AnswersInvalid):
        validate(asked, {"day": "2026-11-23"}, now=late, zone=ZoneInfo("Asia/Tokyo"))
    validate(asked, {"day": "2026-11-23"}, now=late, zone=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Europe/Berlin", "2027-07-31", "2027-07-31T21:59:59+00:00"),
        ("Europe/Berlin", "2027-03-28", "2027-03-28T21:59:59+00:00"),
        ("Europe/Berlin", "2027-10-31", "2027-10-31T22:59:59+00:00"),
        ("America/Havana", "2026-10-31", "2026-11-01T03:59:59+00:00"),
        ("Africa/Cairo", "2026-04-23", "2026-04-23T21:59:59+00:00"),
        ("Pacific/Apia", "2011-12-29", "2011-12-30T09:59:59+00:00"),
        ("Asia/Kathmandu", "2027-01-01", "2027-01-01T18:14:59+00:00"),
        ("UTC", "2026-12-31", "2026-12-31T23:59:59+00:00"),
    ],
)
def test_a_day_ends_where_its_people_see_it_end(zone: str, day: str, end: str) -> None:
    """Over changes of the clock, at midnight too, in half-hour zones, and where a whole day was left out."""
    assert end_of_day(date.fromisoformat(day), ZoneInfo(zone)).isoformat() == end


@given(
    st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut"])
)
def test_the_end_of_a_day_is_on_that_day_and_the_next_second_is_not(day: date, zone: str) -> None:
    """Shown in the zone, the end reads as the day that was meant."""
    end = end_of_day(day, ZoneInfo(zone))
    assert local_day(end, ZoneInfo(zone)) == day
    assert local_day(end + timedelta(seconds=1), ZoneInfo(zone)) == day + timedelta(days=1)


@pytest.mark.parametrize("name", ["", "Nowhere/City", "../../etc/passwd", "Europe", "a\x00b", "/etc/localtime"])
def test_an_unknown_zone_is_a_sentence(name: str) -> None:
    """Whatever a browser sends as its zone."""
    with pytest.raises(ValueError, match="is not a time zone"):
        zone_named(name)


JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text()) | st.dates()
)


@given(st.dictionaries(st.sampled_from([*EVERY.form, "other"]) | st.text(), JUNK))
def test_any_answers_are_cleaned_or_refused(answers: Mapping[str, object]) -> None:
    """What stands is plain JSON, within its limits, composed, and stands again when it is sent again."""
    try:
        clean = validate(EVERY, answers, now=NOW, zone=BERLIN)
    except AnswersInvalid as error:
        errors = error.errors
    else:
        errors = {}
        again = validate(EVERY, clean.values, now=NOW, zone=BERLIN)
        assert again.canonical == clean.canonical
        assert json.loads(clean.canonical)["answers"] == dict(clean.values)
        text = str(clean.values["text"])
        assert 1 <= len(text) <= 20
        assert text == unicodedata.normalize("NFC", text).strip()
    assert all(sentence.endswith(".") for sentence in errors.values())
