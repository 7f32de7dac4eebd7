"""The questions a form can ask: one model per kind."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from selfserve.catalog.base import ONE_LINE, Line, Strict, Words
from selfserve.catalog.durations import Duration
from selfserve.catalog.patterns import Pattern

LONGEST_LINE = 200
LONGEST_TEXT = 4_000
LONGEST_TYPED = 10_000
"""Units of UTF-16 that a form's field holds and hands over, so that what is too long can be counted and cut by whoever
wrote it: all fields of a form together stay within what the socket takes, a million bytes (python-engineio's
`max_http_buffer_size`)."""


class Question(Strict):
    """What every kind has: its words, and whether it must be answered."""

    label: Line
    help: Words | None = None
    required: bool = False


class TextField(Question):
    """One line of text. `max` and `min` count characters; `pattern` is what the whole answer must match (RE2), and
    `mistake` the sentence for one that does not: what is wrong, not only what is right."""

    type: Literal["text"]
    max: Annotated[int, Field(ge=1, le=LONGEST_LINE)] = LONGEST_LINE
    min: Annotated[int, Field(ge=0)] = 0
    pattern: Pattern | None = None
    mistake: Words | None = None
    default: Line | None = None

    @model_validator(mode="after")
    def _mistake_of_something(self) -> Self:
        if self.mistake is not None and self.pattern is None:
            raise ValueError("`mistake` is told where the answer does not match `pattern`; add that, or leave it out.")
        return self


class LongTextField(Question):
    """Several lines of text; `max` and `min` count characters."""

    type: Literal["longtext"]
    max: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] = 2_000
    min: Annotated[int, Field(ge=0)] = 0
    default: Words | None = None


class NumberField(Question):
    """A number with at most `decimals` digits after the point."""

    type: Literal["number"]
    min: int | float = 0
    max: int | float = 1_000_000
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    default: int | float | None = None


class Choice(Strict):
    """One of the answers of a choice: what is stored, and what is shown."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=ONE_LINE)]
    label: Line


def _choice(value: object) -> object:
    return {"value": value, "label": value} if isinstance(value, str) else value


class ChoiceField(Question):
    """One of a few fixed answers."""

    type: Literal["choice"]
    options: Annotated[
        tuple[Annotated[Choice, BeforeValidator(_choice, json_schema_input_type=str | Choice)], ...],
        Field(min_length=2, max_length=100),
    ]
    default: str | None = None

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        values = [option.value for option in self.options]
        if len(set(values)) != len(values):
            raise ValueError("two options have the same value.")
        return self


class OptionsField(Question):
    """One of the answers a connector offers at the moment: `from: connector.action.field`."""

    type: Literal["options"]
    source: Annotated[
        str,
        Field(alias="from"),
        StringConstraints(pattern=r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", max_length=120),
    ]


class PersonField(Question):
    """A colleague; the answer is their id."""

    type: Literal["person"]


class DeviceField(Question):
    """A device; the answer is the name or serial number by which the fleet knows it.

    `this_device`: it begins with the computer that the customer sits at, where the app tells; not for somebody else.
    """

    type: Literal["device"]
    this_device: bool = True


class DateField(Question):
    """A day, meant in the customer's time zone, to its end. `min`, `max` and `default` are spans from today."""

    type: Literal["date"]
    min: Duration | None = None
    max: Duration | None = None
    default: Duration | None = None


class DurationField(Question):
    """A span of time like `8h`."""

    type: Literal["duration"]
    min: Duration | None = None
    max: Duration | None = None
    default: Duration | None = None


class YesNoField(Question):
    """Yes or no; `required` means that only yes will do (a promise to be given)."""

    type: Literal["yesno"]
    default: bool | None = None


FormField = Annotated[
    TextField
    | LongTextField
    | NumberField
    | ChoiceField
    | OptionsField
    | PersonField
    | DeviceField
    | DateField
    | DurationField
    | YesNoField,
    Field(discriminator="type"),
]
"""Any question; `type` tells which."""
