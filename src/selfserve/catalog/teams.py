"""Teams: who owns items, approves, and works at the desk."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, RootModel, StringConstraints, model_validator

from selfserve.catalog.base import Address, Line, Slug, Strict
from selfserve.catalog.durations import Duration


class Team(Strict):
    """One team. Its members are those of a directory group, or are listed by mail address.

    `promise` is how soon a human of it reacts; unattended work then rises to `rises_to`.
    """

    name: Line
    mail: Address
    group: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = None
    members: Annotated[tuple[Address, ...], Field(min_length=1, max_length=500)] | None = None
    promise: Duration
    rises_to: Slug | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.group is None) == (self.members is None):
            raise ValueError("a team has either `group` or `members`.")
        return self


class Teams(RootModel[dict[Slug, Team]]):
    """The whole of `teams.yaml`: team by id."""
