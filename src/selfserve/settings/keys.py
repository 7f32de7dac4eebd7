"""Every key of the settings with what it means: for the commented starter file and for the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from selfserve.settings.durations import write_duration
from selfserve.settings.model import Settings
from selfserve.settings.problems import describe
from selfserve.settings.references import SecretRef


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its section (`oidc`, `directory.disabled`), its name, its default in TOML (None: required or unset)."""

    section: str
    name: str
    description: str
    required: bool
    default: str | None
    kind: str

    @property
    def path(self) -> str:
        """The dotted key."""
        return f"{self.section}.{self.name}"


def sections() -> Iterator[tuple[str, str, list[Key]]]:
    """Each section with its description and keys, in the order of the file; connectors are not among them."""
    yield from _sections(Settings, "")


def _sections(model: type[BaseModel], above: str) -> Iterator[tuple[str, str, list[Key]]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            path = f"{above}{name}"
            keys = [_key(inner, path, key, one) for key, one in inner.model_fields.items() if not _is_section(one)]
            yield path, describe(model, (name,)), keys
            yield from _sections(inner, f"{path}.")


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _key(model: type[BaseModel], section: str, name: str, field: FieldInfo) -> Key:
    default = None if field.default in (PydanticUndefined, None) else toml(field.default)
    return Key(section, name, describe(model, (name,)), field.is_required(), default, _kind(field.annotation))


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, timedelta):
        return f'"{write_duration(value)}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{toml(name)} = {toml(one)}' for name, one in value.items())}}}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(toml(one) for one in value)}]"
    text = str(value.value if isinstance(value, Enum) else value)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


_KINDS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    bool: "true/false",
    Path: "path",
    timedelta: "length of time",
    SecretRef: "reference to a secret",
}


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " | ".join(str(one) for one in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list"
    if get_origin(annotation) is dict:
        return "table"
    options = [one for one in get_args(annotation) if one is not type(None)]
    return _KINDS.get(annotation) or (_kind(options[0]) if options else "text")
