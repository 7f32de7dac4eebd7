"""Who is asked before a request goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, field_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from selfserve.catalog.base import Strict, Words
from selfserve.catalog.deciding import DecidingRule
from selfserve.catalog.durations import Duration

_SHAPE = re.compile(r"manager|(team|group):([^\s:][^\x00-\x1f\x7f]{0,79})")


@dataclass(frozen=True, slots=True)
class Approver:
    """Who may decide: the customer's manager, a team of `teams.yaml`, or a directory group by name."""

    kind: Literal["manager", "team", "group"]
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Approver:
        """The approver written as `manager`, `team:NAME` or `group:NAME`; ValueError with a sentence for all else."""
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'"{text[:60]}" is no approver; write manager, team:NAME or group:NAME.')
        if found[1] == "team":
            return cls("team", found[2])
        return cls("group", found[2]) if found[1] else cls("manager")

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _approver_from, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^({_SHAPE.pattern})$"}


def _approver_from(value: object) -> Approver:
    if isinstance(value, Approver):
        return value
    try:
        return Approver.parse(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise PydanticCustomError("approver", "{sentence}", {"sentence": str(error)}) from error


class Stage(Strict):
    """One way to be approved: the first stage of an item whose `when` holds is the one that applies.

    `by` lists whose members may decide (any one of them). `remind` and `expire` count from the moment of asking; left
    out, those of `policy.yaml` apply. `why` tells the approver what to look at.
    """

    when: DecidingRule | None = None
    by: Annotated[tuple[Approver, ...], Field(min_length=1, max_length=10)]
    quorum: int = 1
    remind: Duration | None = None
    expire: Duration | None = None
    why: Words | None = None

    @field_validator("quorum")
    @classmethod
    def _one(cls, quorum: int) -> int:
        if quorum != 1:
            raise PydanticCustomError("quorum", "`quorum` is 1: one person of `by` decides.")
        return quorum

    @field_validator("expire")
    @classmethod
    def _after_reminder(cls, expire: Duration | None, info: Any) -> Duration | None:
        remind = info.data.get("remind")
        if expire and remind and expire <= remind:
            raise PydanticCustomError("expire", "`expire` comes after `remind`; make it longer.")
        return expire
