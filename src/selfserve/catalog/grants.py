"""What the customer holds afterwards, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from selfserve.catalog.base import Strict
from selfserve.catalog.deciding import DecidingRule
from selfserve.catalog.durations import Duration, format_duration, is_duration, parse_duration
from selfserve.catalog.facts import Context
from selfserve.catalog.rules import RuleBroken, RuleFailed, rule_error

_MEANT_AS_SPAN: Final = re.compile(r"[+-]?\s*(\d+([.,]\d+)?\s*[a-z]+\s*)+", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ends:
    """When a grant ends: `span` counts from delivery, `rule` gives an instant or a span, neither means never."""

    span: timedelta | None = None
    rule: DecidingRule | None = None

    @property
    def never(self) -> bool:
        """True where the file says that there is no end."""
        return self.span is None and self.rule is None

    @classmethod
    def parse(cls, text: str) -> Ends:
        """What `text` means: `never`, a duration, or a CEL expression; ValueError where it is none:
        RuleBroken where only an expression can have been meant."""
        text = text.strip()
        if text == "never":
            return cls()
        if is_duration(text):
            return cls(span=parse_duration(text))
        if _MEANT_AS_SPAN.fullmatch(text):
            raise ValueError(
                f'"{text[:40]}" is not an end; write never, a duration above zero and up to ten years such as 30d, '
                "or a CEL expression like form.until."
            )
        return cls(rule=DecidingRule.compile(text))

    def __str__(self) -> str:
        if self.span is not None:
            return format_duration(self.span)
        return self.rule.text if self.rule else "never"

    def resolve(self, context: Context) -> datetime | timedelta | None:
        """An instant, a span counted from delivery, or None for no end; RuleFailed where the rule gives all else."""
        if self.rule is None:
            return self.span
        value = self.rule.value(context)
        if value is None or isinstance(value, datetime | timedelta):
            return value
        raise RuleFailed(self.rule.text, f"it gave {type(value).__name__}, not a time or a duration.")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _ends_from, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "description": "never, a duration counted from delivery like 8h, or a CEL expression.",
        }


def _ends_from(value: object) -> Ends:
    if isinstance(value, Ends):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("ends", "`ends` is never, a duration like 8h, or a CEL expression like form.until.")
    try:
        return Ends.parse(value)
    except RuleBroken as error:
        raise rule_error(error) from error
    except ValueError as error:
        raise PydanticCustomError("ends", "{sentence}", {"sentence": str(error)}) from error


class Grant(Strict):
    """What is held: until when, whether it can be made longer, and how long before its end the customer is told."""

    ends: Ends
    renew: bool = False
    remind: Annotated[tuple[Duration, ...], Field(max_length=5)] = ()
