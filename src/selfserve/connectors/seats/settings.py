"""Which pools there are."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from selfserve.settings.texts import MARK, unseen

PoolName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]


class Pool(BaseModel):
    """One pool: a count of seats (`total`), or licence keys (`keys`), never both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1, max_length=100)
    """What customers read: `Figma editor`."""
    total: int | None = Field(default=None, ge=0, le=1_000_000)
    """How many seats were bought; leave it out for a pool of keys."""
    keys: SecretStr | None = None
    """Reference to a text with one licence key per line: exactly these are given."""
    team: str = ""
    """The team that buys more, shown to staff when the pool runs short."""
    short_at: int = Field(default=2, ge=0)
    """At so few free seats `check` warns, where they are a fifth of the pool at most."""
    look_again: timedelta = Field(default=timedelta(minutes=15), ge=timedelta(seconds=10))
    """How often the place in line is looked at."""
    wait: timedelta = Field(default=timedelta(days=30), ge=timedelta(minutes=1))
    """After waiting so long a human takes over."""

    @field_validator("keys")
    @classmethod
    def _readable(cls, keys: SecretStr | None) -> SecretStr | None:
        for number, key in enumerate(_lines(keys) if keys else [], 1):
            if (hidden := unseen(key)) is not None:
                raise ValueError(
                    f"has a sign that nobody can see (U+{ord(hidden):04X}) in line {number}, so that two keys could "
                    "look the same; type that line anew"
                )
        return keys

    @model_validator(mode="after")
    def _count_or_keys(self) -> Pool:
        if self.total is not None and self.keys is not None:
            raise ValueError("total: nothing where the pool has keys; it is counted or has keys, not both")
        return self

    @property
    def key_list(self) -> list[str]:
        """The licence keys of the configuration, blank lines left out."""
        return [key for key in _lines(self.keys) if key] if self.keys else []


def _lines(keys: SecretStr) -> list[str]:
    """One key a line, as an editor shows lines: other signs that end a line in Unicode are part of it."""
    lines = re.split(r"\r\n|\r|\n", keys.get_secret_value().removeprefix(MARK))
    return [line.strip() for line in lines]


class SeatsSettings(BaseModel):
    """The pools by the name that items use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pools: dict[PoolName, Pool] = Field(min_length=1)
