"""What is wrong with settings, one sentence a problem: file, key, what was found, what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from selfserve.settings.durations import ALLOWED as LENGTH
from selfserve.settings.durations import write_duration

SECRET_NAME = re.compile(r"secret|passw|token|credential|private|(^|_)key($|s$)|(^|_)pin($|_)", re.IGNORECASE)
"""Keys whose values are never shown."""
_SHOWN = 60

Place = Callable[[str], str]
"""Says where a dotted key was set: the file's name, or the environment variable's."""


class SettingsInvalid(Exception):  # noqa: N818 - invalid is the word of this room
    """The settings cannot be used; `problems` are the sentences, `str()` has one a line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def sentences(error: ValidationError, model: type[BaseModel], place: Place, above: str = "") -> list[str]:
    """Each problem of `error`, found while reading `model`, in one sentence; `above` is put before every key."""
    details = error.errors(include_url=False)
    found = (_sentence(one, model, place, above) for one in details if not _follows(one, details))
    return list(dict.fromkeys(found))


def _follows(detail: ErrorDetails, others: Iterable[ErrorDetails]) -> bool:
    """A list that is too short only because its one entry was refused is not a problem of its own."""
    depth = len(detail["loc"])
    return detail["type"] == "too_short" and any(
        len(one["loc"]) > depth and one["loc"][:depth] == detail["loc"] for one in others
    )


def unknown(key: str, place: str, known: Iterable[str]) -> str:
    """The sentence for a key that does not exist, with the nearest that does."""
    parent, _, name = key.rpartition(".")
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    nearest = f"; did you mean {'.'.join(filter(None, [parent, near[0]]))}?" if near else ""
    return f"{place}: {key} is not a setting{nearest or '; known here: ' + ', '.join(names) + '.'}"


def _sentence(detail: ErrorDetails, model: type[BaseModel], place: Place, above: str) -> str:
    key = _key(detail, above)
    if detail["type"] == "extra_forbidden":
        return unknown(key, place(key), _names(model, detail["loc"][:-1]))
    if detail["type"] == "missing":
        description = describe(model, detail["loc"])
        return f"{place(key)}: {key} is missing{'; it is: ' + description if description else '.'}"
    if detail["type"] == "value_error" and _words(detail).startswith(_WHOLE):
        return f"{place(key)}: {key} {_words(detail).rstrip('.')}."
    return f"{place(key)}: {key} is {_shown(key, detail, model)}; allowed is {_allowed(detail, model)}."


_WHOLE = ("is ", "has ", "must ", "needs ")
"""How the words of a rule begin that say all by themselves, as those of others' connectors may."""


def _key(detail: ErrorDetails, above: str) -> str:
    """The dotted key; a rule over a whole section names its key before a colon."""
    parts = [above] if above else []
    for part in detail["loc"]:
        if part == "[key]":
            continue
        parts.append(f"[{part + 1}]" if isinstance(part, int) else str(part))
    if detail["type"] == "value_error" and (named := _named(detail)):
        parts.append(named[0])
    return ".".join(parts).replace(".[", "[")


def _named(detail: ErrorDetails) -> tuple[str, str] | None:
    match = re.match(r"([a-z_]+(?:\.[a-z_]+)*): (.+)", _words(detail), re.DOTALL)
    return (match[1], match[2]) if match else None


def _words(detail: ErrorDetails) -> str:
    return detail["msg"].removeprefix("Value error, ")


def _shown(key: str, detail: ErrorDetails, model: type[BaseModel]) -> str:
    """What was found, short, and never where it may be a secret or a whole section."""
    value = detail.get("input")
    if detail["type"] == "value_error" and (named := _named(detail)):
        value = _within(value, named[0])
    if value is None:
        return "not set"
    if isinstance(value, Mapping):
        return "a section"
    if SECRET_NAME.search(key) or _is_secret(model, detail["loc"]) or _AT_AN_ADDRESS.search(str(value)):
        return f"a {_kind(value)} that is not shown here"
    text = f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else _plain(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_AT_AN_ADDRESS = re.compile("://.*@", re.DOTALL)


def _is_secret(model: type[BaseModel], path: tuple[int | str, ...]) -> bool:
    """True where the setting, or what it is an entry of, is one that holds secrets."""
    fields = (_field(model, path[:length]) for length in range(len(path), 0, -1))
    found = next((field for field in fields if field is not None), None)
    return found is not None and _holds_secrets(found.annotation)


def _holds_secrets(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_holds_secrets, get_args(annotation)))


def _within(value: object, key: str) -> object:
    for name in key.split("."):
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    return value


def _kind(value: object) -> str:
    names = {str: "text", bool: "true or false", int: "number", float: "number", list: "list"}
    return names.get(type(value), "value")


_ALLOWED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a section",
    "model": "a section",
    "path": "a path",
    "timedelta": LENGTH,
}


def _allowed(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        named = _named(detail)
        return named[1] if named else _words(detail)
    if kind in ("literal_error", "enum"):
        return str(context["expected"]).replace("'", "")
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    field = _field(model, detail["loc"])
    basic = _ALLOWED.get(kind.split("_")[0], "")
    if field is not None and (basic in (_ALLOWED["int"], "") or kind.startswith(("greater", "less"))):
        return _between(field)
    return basic or _words(detail)[:1].lower() + _words(detail)[1:]


_LIMITS = {
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
    "string_pattern_mismatch": "text that matches {pattern}",
}


def _between(field: FieldInfo) -> str:
    """The bounds of a number or length of time, both at once."""
    bounds = {name: getattr(one, name) for one in field.metadata for name in ("ge", "gt", "le") if hasattr(one, name)}
    basic = _ALLOWED["timedelta" if field.annotation is timedelta else "float" if field.annotation is float else "int"]
    words = {"ge": "at least", "gt": "more than", "le": "at most"}
    if "ge" in bounds and "le" in bounds:
        return f"{basic} from {_plain(bounds['ge'])} to {_plain(bounds['le'])}"
    return ", ".join([basic, *(f"{words[name]} {_plain(value)}" for name, value in bounds.items())])


def _plain(value: object) -> str:
    return write_duration(value) if isinstance(value, timedelta) else str(value)


def _field(model: type[BaseModel], path: tuple[int | str, ...]) -> FieldInfo | None:
    inner = model_at(model, path[:-1]) if path else None
    return inner.model_fields.get(str(path[-1])) if inner else None


def _names(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    inner = model_at(model, path)
    return list(inner.model_fields) if inner else []


def describe(model: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """The description of the setting at `path`; empty where it has none."""
    field = _field(model, path)
    return " ".join((field.description or "").split()) if field else ""


def model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The section at `path` below `model`; None where there is none."""
    current: type[BaseModel] | None = model
    within: Any = None
    for part in path:
        if within is not None:  # a name of one's own, as below `connectors`
            current, within = within, None
            continue
        field = current.model_fields.get(str(part)) if current else None
        if field is None:
            return None
        current = _model_of(field.annotation)
        within = next((one for one in map(_model_of, get_args(field.annotation)) if one), None)
    return current


def _model_of(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
