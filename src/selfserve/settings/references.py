"""Where a secret lies, written in place of the secret: `keyring:NAME`, `env:NAME`, `file:PATH`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

ALLOWED = "a reference to a secret (keyring:NAME, env:NAME or file:PATH), never the secret itself"
_FORM = re.compile(r"(keyring|env|file):(\S(?:.*\S)?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Place = Literal["keyring", "env", "file"]


class NotAReference(ValueError):  # noqa: N818 - says what the text is not
    """The text is not a reference. The message never repeats the text, as it may be the secret itself."""

    def __init__(self) -> None:
        super().__init__(ALLOWED)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A reference to a secret; `str()` gives its written form, which holds nothing secret."""

    place: Place
    name: str

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """Read the written form; raises NotAReference for everything else, plain values above all."""
        found = _FORM.fullmatch(text)
        if not found:
            raise NotAReference
        place, name = found.groups()
        if place == "env" and not _VARIABLE.fullmatch(name):
            raise NotAReference
        return cls(place, name)  # type: ignore[arg-type]  # the pattern lets only the three places through

    def __str__(self) -> str:
        return f"{self.place}:{self.name}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In a model: read from text, written as text."""
        return core_schema.no_info_plain_validator_function(
            cls._read,
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
            json_schema_input_schema=core_schema.str_schema(pattern=f"^{_FORM.pattern}$"),
        )

    @classmethod
    def _read(cls, value: object) -> SecretRef:
        if isinstance(value, SecretRef):
            return value
        if not isinstance(value, str):
            raise NotAReference
        return cls.parse(value)
