"""Whoever reads: sentences, days, spans and numbers in their language and their time zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from gettext import NullTranslations
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal

from selfserve.languages import writing
from selfserve.languages.books import SOURCE, book, locale_of, spoken
from selfserve.languages.messages import Message, Plain, Spoken

UTC = ZoneInfo("UTC")
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SIZES = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))


@dataclass(frozen=True)
class Reader:
    """`language` is one the product speaks (see `books.spoken`), `zone` where the reader's clock hangs."""

    language: str = SOURCE
    zone: ZoneInfo = UTC

    @classmethod
    def of(cls, language: str, zone: str, company: Reader) -> Reader:
        """Who has this language and this IANA zone in the directory; the company's where theirs is not known."""
        try:
            own = ZoneInfo(zone) if zone else company.zone
        except (ZoneInfoNotFoundError, ValueError, OSError):
            own = company.zone
        return cls(spoken(language, company.language), own)

    @cached_property
    def locale(self) -> Locale:
        """How days and numbers are written."""
        return locale_of(self.language)

    @cached_property
    def _book(self) -> NullTranslations:
        return book(self.language)

    # Sentences -------------------------------------------------------------------------------------------------------

    def say(self, text: str, /, **values: Plain) -> str:
        """`text`, which the code has in English, in the reader's language, with `values` at its `{names}`."""
        return self._book.gettext(text).format(**self._told(values)) if text else ""

    def say_n(self, one: str, many: str, count: int, /, **values: Plain) -> str:
        """The same for a sentence that counts; `{count}` stands for the number as the reader writes it."""
        told = {**self._told(values), "count": self.number(count)}
        return self._book.ngettext(one, many, count).format(**told)

    def tell(self, words: str) -> str:
        """Words that were made elsewhere: a `Message` and what is `Spoken` in the reader's language, plain text as it
        is."""
        if isinstance(words, Spoken):
            return words.others.get(self.language, str(words))
        if not isinstance(words, Message):
            return words
        if not words.many:
            return self.say(words.text, **words.values)
        values = dict(words.values)
        count = values.pop("count")
        assert isinstance(count, int)
        return self.say_n(words.text, words.many, count, **values)

    def _told(self, values: Mapping[str, Plain]) -> dict[str, Plain]:
        return {name: self._value(value) for name, value in values.items()}

    def _value(self, value: Plain) -> Plain:
        if isinstance(value, str):
            return self.tell(value)
        if isinstance(value, datetime):
            return writing.instant(value, self.zone, self.locale)
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.number(value)
        return self.span(value) if isinstance(value, timedelta) else value

    # Days and times --------------------------------------------------------------------------------------------------

    def day(self, day: date) -> str:
        """A day: `31 July 2027`, `31. Juli 2027`."""
        return writing.day(day, self.locale)

    def clock(self, at: datetime) -> str:
        """The time of day: `09:12`."""
        return writing.clock(at, self.zone, self.locale)

    def moment(self, at: datetime, now: datetime) -> str:
        """`Today, 09:12`, `Yesterday, 16:20`, `Thursday, 09:00` for the week ahead, else `18 November`."""
        words = self.within(at, now)
        return words[:1].upper() + words[1:]

    def within(self, at: datetime, now: datetime) -> str:
        """`moment` as it stands within a sentence: `tomorrow, 14:00`."""
        there, today = at.astimezone(self.zone).date(), now.astimezone(self.zone).date()
        days, time = (there - today).days, self.clock(at)
        if days == 0:
            return self.say("today, {time}", time=time)
        if days == 1:
            return self.say("tomorrow, {time}", time=time)
        if days == -1:
            return self.say("yesterday, {time}", time=time)
        if 1 < days < 7:
            return self.say("{weekday}, {time}", weekday=format_date(there, "EEEE", locale=self.locale), time=time)
        if there.year == today.year:
            return format_datetime(at, self.locale.datetime_skeletons["MMMMd"].pattern, self.zone, self.locale)
        return self.day(there)

    def since(self, at: datetime, now: datetime) -> str:
        """When something began, after "since": `14:10` for today, else `yesterday, 14:10` or a day."""
        same_day = at.astimezone(self.zone).date() == now.astimezone(self.zone).date()
        return self.clock(at) if same_day else self.within(at, now)

    def exact(self, at: datetime) -> str:
        """The whole of it: `Monday, 23 November 2026, 09:12:05 CET`."""
        return writing.exact(at, self.zone, self.locale)

    def due(self, at: datetime, now: datetime) -> str:
        """How long there is still: `in 35 minutes`, `in 3 days`; `2 hours late` where it is over."""
        if at < now:
            return self.say("{span} late", span=self.about(now - at))
        return self.say("in {span}", span=self.about(at - now))

    def about(self, span: timedelta, *, working: bool = False) -> str:
        """A span as one says it: `a moment`, `20 seconds`, `4 minutes`, `3 hours`; `2 working days` where it counts in
        working hours."""
        for size, name in _SIZES:
            if span >= 2 * size or (span >= size and name != "second"):
                count = round(span / size)
                counts = working and size >= HOUR
                return self._working(name, count) if counts else writing.unit(name, count, self.locale)
        return self.say("a moment")

    def span(self, span: timedelta) -> str:
        """A whole span: `90 days`, `1 hour`, `2 weeks`."""
        return writing.span(span, self.locale)

    def _working(self, name: str, count: int) -> str:
        if name == "day":
            return self.say_n("{count} working day", "{count} working days", count)
        return self.say_n("{count} working hour", "{count} working hours", count)

    # Numbers and lists -----------------------------------------------------------------------------------------------

    def number(self, number: float) -> str:
        """A number as it is written: `1,204` or `1.204`."""
        return format_decimal(number, locale=self.locale)

    def typed(self, number: float) -> str:
        """A number as it stands in a field, to be typed over: `3.5` or `3,5`, and nothing between thousands."""
        return format_decimal(number, "0.######", self.locale)

    def list(self, words: Iterable[str]) -> str:
        """`a, b and c`."""
        return format_list([*words], "standard", locale=self.locale)
