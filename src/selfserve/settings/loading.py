"""Reads the settings of an installation from its file and the environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from selfserve.settings.environment import read_environment, variable
from selfserve.settings.file import FILE as FILE
from selfserve.settings.model import Settings
from selfserve.settings.problems import SettingsInvalid, sentences
from selfserve.settings.texts import NotText, decoded


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in the file `path`, with `SELFSERVE__SECTION__KEY` of `environ` put over them.

    Relative paths in them start at the file's folder. Raises SettingsInvalid with one sentence for each problem.
    """
    values, over = _read(path), read_environment(environ)

    class FromHere(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return _Values(settings_cls, over), _Values(settings_cls, values)

    def place(key: str) -> str:
        return f"the environment variable {variable(key)}" if _has(over, key) else path.name

    try:
        return FromHere.model_validate({}).rooted(path.parent.absolute(), place)
    except ValidationError as error:
        raise SettingsInvalid(sentences(error, Settings, place)) from None


class _Values(PydanticBaseSettingsSource):
    """Values read beforehand, as a source; sources given first win, key by key."""

    def __init__(self, settings_cls: type[BaseSettings], values: dict[str, Any]) -> None:
        super().__init__(settings_cls)
        self._values = values

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._values


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(decoded(path.read_bytes()))
    except FileNotFoundError:
        raise SettingsInvalid([f"{path} does not exist; `selfserve init` writes one."]) from None
    except NotText as error:
        raise SettingsInvalid([f"{path.name} {error}."]) from None
    except UnicodeDecodeError as error:
        raise SettingsInvalid([f"{path.name}: byte {error.start + 1} is not UTF-8 text."]) from None
    except OSError as error:
        raise SettingsInvalid([f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}."]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid([f"{path.name} is not TOML: {str(error)[:1].lower()}{str(error)[1:]}."]) from None


def _has(values: Any, key: str) -> bool:
    for part in key.split("[")[0].split("."):
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True
