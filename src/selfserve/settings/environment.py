"""Settings from the environment: `SELFSERVE__SECTION__KEY`, which wins over the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PREFIX = "SELFSERVE__"


def variable(key: str) -> str:
    """The environment variable that sets the dotted `key` (`server.port` → `SELFSERVE__SERVER__PORT`)."""
    return PREFIX + key.split("[")[0].replace(".", "__").upper()


def read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The nested values that `environ` sets; what begins with `[` or `{` is read as JSON where it is JSON.

    Names are lower-cased; a connector's name with `-` is reached by `_` only if it is written so in the file.
    """
    values: dict[str, Any] = {}
    for name in sorted(environ):
        if name.upper().startswith(PREFIX):
            _put(values, name[len(PREFIX) :].lower().split("__"), _value(environ[name]))
    return values


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        below = values.setdefault(part, {})
        if not isinstance(below, dict):
            below = values[part] = {}
        values = below
    values[path[-1]] = value


def _value(text: str) -> Any:
    if text[:1] in "[{" and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
