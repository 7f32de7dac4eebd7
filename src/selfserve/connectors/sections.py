"""From a section of the configuration to a connector's own settings, secrets resolved where its model asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from selfserve.connectors.contract import Connector
from selfserve.connectors.problems import BadSection
from selfserve.settings.problems import Place, sentences

Resolve = Callable[[str], str]
"""Turns a written reference (`env:NAME`) into the secret; raises an exception whose text is a sentence."""


def somewhere(_key: str) -> str:
    """The place of settings that were read from no file."""
    return "the settings"


def read_section(
    name: str,
    section: Mapping[str, Any],
    kind: type[Connector],
    resolve: Resolve | None,
    folder: Path | None = None,
    place: Place = somewhere,
) -> BaseModel:
    """The settings of the connector called `name`; raises BadSection with a sentence for each key that is wrong: its
    `place`, what was found and what is allowed.

    A value is resolved only where the model wants a SecretStr, so that no other field can pull a secret into the open.
    Without `resolve` secrets are taken as given. Where the model wants a Path, a relative one starts at `folder`, that
    of the configuration file, as every other path in that file does.
    """
    values, above = {key: value for key, value in section.items() if key != "kind"}, f"connectors.{name}"
    here = _Here(resolve, folder)

    def source(key: str) -> str:
        reference = here.resolved.get(key.removeprefix(f"{above}."))
        return f"{place(key)}, {reference}" if reference else place(key)

    try:
        return kind.Settings.model_validate(_fields(values, kind.Settings, here))
    except ValidationError as error:
        raise BadSection(sentences(error, kind.Settings, source, above)) from None
    except _UnresolvedError as error:
        key = f"{above}.{error.place}"
        raise BadSection([f"{place(key)}: {key}: {error.why}"]) from None


class _UnresolvedError(Exception):
    def __init__(self, place: str, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why


@dataclass(frozen=True, slots=True)
class _Here:
    """What a value of a section is read with; None leaves secrets, or relative paths, as they are written."""

    resolve: Resolve | None
    folder: Path | None
    resolved: dict[str, str] = field(default_factory=dict)
    """The references that were followed, by their keys: where to mend what they led to."""

    def text(self, value: str, wanted: Any, at: str) -> str:
        """`value` as the annotation `wanted` asks for it: a secret resolved, a path made absolute."""
        if _is(wanted, SecretStr) and self.resolve is not None:
            self.resolved[at] = value
            return _secret(value, self.resolve, at)
        if _is(wanted, Path) and self.folder is not None and value:
            return str(self.folder / value)
        return value


def _is(wanted: Any, kind: type) -> bool:
    return wanted is kind or kind in get_args(wanted)


def _fields(values: Mapping[str, Any], model: type[BaseModel], here: _Here, at: str = "") -> dict[str, Any]:
    annotations = {info.alias or field: info.annotation for field, info in model.model_fields.items()}
    return {key: _value(one, annotations.get(key), here, f"{at}{key}") for key, one in values.items()}


def _value(value: Any, wanted: Any, here: _Here, at: str) -> Any:
    """`value` with every string read as the annotation `wanted` asks for it, however deep it stands."""
    if isinstance(value, str):
        return here.text(value, wanted, at)
    if isinstance(value, Mapping):
        model = next((one for one in _inside(wanted) if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if model is wanted and model is not None:
            return _fields(value, model, here, f"{at}.")
        inner = model or next(iter(_inside(wanted)), None)
        return {key: _value(one, inner, here, f"{at}.{key}") for key, one in value.items()}
    if isinstance(value, list):
        inner = next(iter(_inside(wanted)), None)
        return [_value(one, inner, here, f"{at}.{index}") for index, one in enumerate(value)]
    return value


def _inside(wanted: Any) -> list[Any]:
    """The annotation itself where it is a class, else what its parameters hold, the last (a mapping's value) first."""
    arguments = get_args(wanted)
    return [one for argument in reversed(arguments) for one in _inside(argument)] if arguments else [wanted]


def _secret(reference: str, resolve: Resolve, at: str) -> str:
    try:
        return resolve(reference)
    except Exception as error:
        raise _UnresolvedError(at, str(error)) from error
