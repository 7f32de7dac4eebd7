"""From the questions of an item to the fields of a form, and the choices that are looked up while one types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from selfserve.catalog.answers import AnswerRefused, Asking, clean
from selfserve.catalog.days import local_day
from selfserve.catalog.durations import format_duration
from selfserve.catalog.fields import (
    ChoiceField,
    DateField,
    DurationField,
    FormField,
    LongTextField,
    NumberField,
    OptionsField,
    PersonField,
    TextField,
    YesNoField,
)
from selfserve.catalog.items import Item
from selfserve.connectors.contract import Option
from selfserve.fulfilment.house import House
from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader
from selfserve.people import directory
from selfserve.requests import asking
from selfserve.web.parts.form import Field, Kind

MOST = 20
JUDGED = (TextField, LongTextField, NumberField, DateField, DurationField)
"""Questions whose answers are right or wrong by themselves, whatever else there is."""


@dataclass(frozen=True)
class Questions:
    """The questions of one item as they are asked on `today`, of a reader. `only` picks some of them; all where it is
    None."""

    item: Item
    today: date
    to: Reader
    only: frozenset[str] | None = None

    @property
    def asked(self) -> Mapping[str, FormField]:
        """The questions that are asked, by name."""
        return {name: one for name, one in self.item.form.items() if self.only is None or name in self.only}

    def fields(self, shown: Mapping[str, str] | None = None) -> list[Field]:
        """The fields; `shown` are the words that stand for the value a pick begins with."""
        return [self._field(name, one, (shown or {}).get(name, "")) for name, one in self.asked.items()]

    def start(self, answers: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the form begins with: earlier `answers`, else the defaults, as a form holds them."""
        earlier = answers or {}
        return {
            name: self._written(earlier[name]) if earlier.get(name) is not None else self._default(one)
            for name, one in self.asked.items()
        }

    def _field(self, name: str, one: FormField, shown: str) -> Field:
        about: dict[str, Any] = {"label": one.label, "help": one.help or "", "required": one.required, "shown": shown}
        about["checked"] = isinstance(one, JUDGED)
        match one:
            case ChoiceField():
                about["options"] = [{"value": option.value, "label": option.label} for option in one.options]
            case DateField():
                about["min"] = (self.today + (one.min or timedelta())).isoformat()
                about["max"] = (self.today + one.max).isoformat() if one.max else None
            case DurationField():
                about["unit"] = format_duration(one.default or one.min or timedelta(hours=1))[-1]
            case TextField() | LongTextField():
                about["max"] = one.max
            case PersonField():
                about["hint"] = msg("Name or mail address")
            case _:
                pass
        return Field(name, _kind(one), **about)

    def _default(self, one: FormField) -> Any:
        if isinstance(one, YesNoField):
            return bool(one.default)
        default = getattr(one, "default", None)
        if default is None:
            return ""
        if isinstance(one, DateField):
            return (self.today + default).isoformat()
        return format_duration(default) if isinstance(default, timedelta) else self._written(default)

    def _written(self, value: Any) -> Any:
        """A number is typed as the reader writes one."""
        return self.to.typed(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def questions(house: House, item: Item, to: Reader, only: Iterable[str] | None = None) -> Questions:
    """The item's questions as they are asked now, where the customer is, who reads them."""
    return Questions(item, local_day(house.now(), to.zone), to, None if only is None else frozenset(only))


def _kind(one: FormField) -> Kind:
    match one:
        case LongTextField():
            return "longtext"
        case NumberField():
            return "number"
        case ChoiceField():
            return "choice"
        case DateField():
            return "date"
        case DurationField():
            return "duration"
        case YesNoField():
            return "yesno"
        case OptionsField() | PersonField():
            return "pick"
        case _:
            return "text"


def mistake(item: Item, name: str, text: str, asking: Asking) -> str:
    """What is wrong with what was typed, as far as it can be told by itself, "" where nothing is. Not asked of what is
    left empty: that may still be filled in."""
    one = item.form.get(name)
    if not isinstance(one, JUDGED) or not text.strip():
        return ""
    try:
        clean(name, one, text, asking)
    except AnswerRefused as refused:
        return refused.words
    return ""


def on_offer(house: House, item: Item, name: str, text: str) -> list[Option]:
    """The choices of a pick for what was typed: colleagues, or what a connector offers now. Blocking.

    Raises Refusal where the target does not answer.
    """
    one = item.form.get(name)
    if isinstance(one, PersonField):
        return _colleagues(house, text)
    if not isinstance(one, OptionsField):
        return []
    return list(asking.on_offer(house, one, text)[:MOST])


def _colleagues(house: House, text: str) -> list[Option]:
    with house.database.read() as session:
        return [
            Option(one.id, one.name, " · ".join(filter(None, (one.title or one.department, one.email))))
            for one in directory.search(session, text, MOST)
        ]
