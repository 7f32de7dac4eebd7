"""From a section of the configuration to a connector's own settings, secrets resolved where its model asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from selfserve.connectors.contract import Connector
from selfserve.connectors.problems import BadSection

Resolve = Callable[[str], str]
"""Turns a written reference (`env:NAME`) into the secret; raises an exception whose text is a sentence."""


def read_section(name: str, section: Mapping[str, Any], kind: type[Connector], resolve: Resolve | None) -> BaseModel:
    """The settings of the connector called `name`; raises BadSection naming section, key and what is wrong.

    A value is resolved only where the model wants a SecretStr, so that no other field can pull a secret into the open.
    Without `resolve` secrets are taken as given.
    """
    values = {key: value for key, value in section.items() if key != "kind"}
    try:
        if resolve is not None:
            values = _fields(values, kind.Settings, resolve)
        return kind.Settings.model_validate(values)
    except ValidationError as error:
        raise BadSection(f"connectors.{name}: {'; '.join(_sentences(error))}.") from None
    except _UnresolvedError as error:
        raise BadSection(f"connectors.{name}.{error.place}: {error.why}") from None


class _UnresolvedError(Exception):
    def __init__(self, place: str, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why


def _fields(values: Mapping[str, Any], model: type[BaseModel], resolve: Resolve, at: str = "") -> dict[str, Any]:
    annotations = {info.alias or field: info.annotation for field, info in model.model_fields.items()}
    return {key: _value(one, annotations.get(key), resolve, f"{at}{key}") for key, one in values.items()}


def _value(value: Any, wanted: Any, resolve: Resolve, at: str) -> Any:
    """`value` with every string resolved that stands where the annotation `wanted` has SecretStr."""
    if isinstance(value, str):
        return _secret(value, resolve, at) if wanted is SecretStr or SecretStr in get_args(wanted) else value
    if isinstance(value, Mapping):
        model = next((one for one in _inside(wanted) if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if model is wanted and model is not None:
            return _fields(value, model, resolve, f"{at}.")
        inner = model or next(iter(_inside(wanted)), None)
        return {key: _value(one, inner, resolve, f"{at}.{key}") for key, one in value.items()}
    if isinstance(value, list):
        inner = next(iter(_inside(wanted)), None)
        return [_value(one, inner, resolve, f"{at}.{index}") for index, one in enumerate(value)]
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


def _sentences(error: ValidationError) -> list[str]:
    """One clause per wrong key; what was written is not repeated, since it may be a secret."""
    return [
        f"{'.'.join(str(part) for part in one['loc']) or 'the section'} {_clause(one['msg'])}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _clause(message: str) -> str:
    text = message.removeprefix("Value error, ").rstrip(".")
    return {"Field required": "is missing", "Extra inputs are not permitted": "is not a setting of this kind"}.get(
        text, f"({text[0].lower()}{text[1:]})" if text.startswith(("Input", "List", "String", "Dictionary")) else text
    )
