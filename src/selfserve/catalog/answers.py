"""One answer to one question: from what was typed to what is kept, or a sentence that says what to change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from selfserve.catalog.days import end_of_day, local_day
from selfserve.catalog.durations import LONGEST, format_duration, parse_duration
from selfserve.catalog.fields import (
    ChoiceField,
    DateField,
    DeviceField,
    DurationField,
    FormField,
    LongTextField,
    NumberField,
    OptionsField,
    PersonField,
    TextField,
    YesNoField,
)
from selfserve.catalog.patterns import matches
from selfserve.catalog.signs import seen_length, without_hidden
from selfserve.languages.messages import Message, msg, msg_n

Stored = str | int | float | bool | None
"""What is kept of an answer: plain JSON."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}([.,]([0-9]{1,12}))?", re.ASCII)
"""With a decimal point or comma: both are written here."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONGEST_NAME: Final = 254
_FAR_TOO_LONG: Final = 20_000
_HIDDEN: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Signs that turn the direction of the text behind them: what an approver reads would not be what was written."""


class AnswerRefused(Exception):  # noqa: N818 - refused is what happens to it
    """The answer cannot stand; `words` is the sentence beside the field."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Asking:
    """The moment and place of asking. `offered(field, value)` tells whether a live choice, person or device exists."""

    now: datetime
    zone: ZoneInfo
    offered: Callable[[str, str], bool] | None = None


def clean(name: str, field: FormField, raw: object, asking: Asking) -> Stored:
    """What is kept of the answer `raw`; an empty one becomes the default, or None.

    Raises AnswerRefused with the sentence for the field where the answer cannot stand.
    """
    if isinstance(field, YesNoField):
        return _yes_no(field, raw)
    if raw is None or (isinstance(raw, str) and len(raw) <= _FAR_TOO_LONG and not plain_text(raw, lines=True)):
        return _left_empty(field, asking, emptied=raw is not None)
    return _given(name, field, raw, asking)


def _given(name: str, field: FormField, raw: object, asking: Asking) -> Stored:
    if isinstance(field, TextField | LongTextField):
        return _text(field, raw)
    if isinstance(field, NumberField):
        return _number(field, raw)
    if isinstance(field, ChoiceField):
        return _choice(field, raw)
    if isinstance(field, DateField):
        return _date(field, raw, asking)
    if isinstance(field, DurationField):
        return _duration(field, raw)
    assert not isinstance(field, YesNoField)
    return _named(name, field, raw, asking)


def ruled(field: FormField, stored: Stored, zone: ZoneInfo) -> Any:
    """The value a rule sees for what is kept: a date is the instant its day ends, a duration a span."""
    if stored is not None and isinstance(field, DateField):
        return end_of_day(date.fromisoformat(str(stored)), zone)
    if stored is not None and isinstance(field, DurationField):
        return parse_duration(str(stored))
    return stored


def _left_empty(field: FormField, asking: Asking, *, emptied: bool) -> Stored:
    """The default, where nothing was said; whoever emptied a field that must be answered did not mean its default."""
    default = getattr(field, "default", None)
    if default is None or (emptied and field.required):
        if field.required:
            raise AnswerRefused(msg("Please fill this in."))
        return None
    if isinstance(field, DateField):
        day: date = local_day(asking.now, asking.zone) + default
        return day.isoformat()
    if isinstance(default, timedelta):
        return format_duration(default)
    return float(default) if isinstance(field, NumberField) and field.decimals else cast("str | int", default)


def _yes_no(field: YesNoField, raw: object) -> bool:
    answer = (field.default or False) if raw is None else raw
    if not isinstance(answer, bool):
        raise AnswerRefused(msg("Answer with yes or no."))
    if field.required and not answer:
        raise AnswerRefused(msg("Please confirm this."))
    return answer


def _text(field: TextField | LongTextField, raw: object) -> str:
    text = plain_text(raw, lines=isinstance(field, LongTextField))
    length = seen_length(text)
    if length > field.max:
        raise AnswerRefused(
            msg_n(
                "This has {count} character; write at most {most}.",
                "This has {count} characters; write at most {most}.",
                length,
                most=field.max,
            )
        )
    if length < field.min:
        raise AnswerRefused(msg_n("Write at least {count} character.", "Write at least {count} characters.", field.min))
    if isinstance(field, TextField) and field.pattern and not matches(field.pattern, text):
        if field.mistake:
            raise AnswerRefused(field.mistake)
        if field.help:
            raise AnswerRefused(msg("This is not in the expected form. {help}", help=field.help))
        raise AnswerRefused(msg("This is not in the expected form."))
    return text


def plain_text(raw: object, *, lines: bool = False) -> str:
    """`raw` as text in Unicode's composed form, without outer spaces and without signs that nobody sees; empty where
    there is nothing to see.

    Raises AnswerRefused where it holds what cannot be shown, or turns the text around it.
    """
    if not isinstance(raw, str):
        raise AnswerRefused(msg("Write a text."))
    if len(raw) > _FAR_TOO_LONG:
        raise AnswerRefused(msg("This is far too long."))
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    allowed = {"\n", "\t"} if lines else set()
    if any(sign in _HIDDEN or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in set(text) - allowed):
        raise AnswerRefused(msg("This holds a sign that cannot be shown; type it again without it."))
    return without_hidden(text).strip()


def _number(field: NumberField, raw: object) -> int | float:
    text = str(raw).strip() if isinstance(raw, int | float | str) and not isinstance(raw, bool) else ""
    text = text.removesuffix(".0") if isinstance(raw, float) else text
    written = _NUMBER.fullmatch(text)
    if not written:
        raise AnswerRefused(
            msg("Write a number, like {example}.", example=3.5) if field.decimals else msg("Write a number, like 3.")
        )
    number = Decimal(text.replace(",", "."))
    # By what was written: 1,500 is a thousand and a half to some, and one and a half to others.
    if len(written[2] or "") > field.decimals:
        if not field.decimals:
            raise AnswerRefused(msg("Write a whole number."))
        raise AnswerRefused(
            msg_n(
                "Write at most {count} digit after the point.",
                "Write at most {count} digits after the point.",
                field.decimals,
            )
        )
    if number < Decimal(str(field.min)) or number > Decimal(str(field.max)):
        raise AnswerRefused(msg("Write a number from {least} to {most}.", least=field.min, most=field.max))
    return float(number) if field.decimals else int(number)


def _choice(field: ChoiceField, raw: object) -> str:
    if not any(option.value == raw for option in field.options):
        raise AnswerRefused(msg("Choose one of the answers shown."))
    return str(raw)


def _date(field: DateField, raw: object, asking: Asking) -> str:
    day = _day(raw)
    today = local_day(asking.now, asking.zone)
    first, last = today + (field.min or timedelta()), today + (field.max or LONGEST)
    if day < first:
        raise AnswerRefused(msg("Choose {day} or a later day.", day=first))
    if day > last:
        raise AnswerRefused(msg("Choose {day} or an earlier day.", day=last))
    return day.isoformat()


def _day(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise AnswerRefused(msg("Choose a day, written like 2027-07-31."))


def _duration(field: DurationField, raw: object) -> str:
    try:
        span = parse_duration(raw if isinstance(raw, str) else "")
    except ValueError as error:
        raise AnswerRefused(_how_long(field)) from error
    if field.max is not None and span > field.max:
        raise AnswerRefused(msg("Choose at most {span}.", span=field.max))
    if field.min is not None and span < field.min:
        raise AnswerRefused(msg("Choose at least {span}.", span=field.min))
    return format_duration(span)


def _how_long(field: DurationField) -> Message:
    least, most = field.min, field.max or LONGEST
    if least is not None:
        return msg("Choose a whole number and a unit, from {least} to {most}.", least=least, most=most)
    return msg("Choose a whole number above zero and a unit, {most} at most.", most=most)


def _named(name: str, field: OptionsField | PersonField | DeviceField, raw: object, asking: Asking) -> str:
    value = plain_text(raw)
    if len(value) > _LONGEST_NAME:
        raise AnswerRefused(msg("Choose one of the answers shown."))
    if asking.offered is not None and not asking.offered(name, value):
        raise AnswerRefused(_NOT_OFFERED[field.type])
    return value


_NOT_OFFERED: Final = {
    "options": msg("This is not on offer any more; choose one of the answers shown."),
    "person": msg("There is no such colleague; choose one from the list."),
    "device": msg("There is no such device; choose one from the list."),
}
