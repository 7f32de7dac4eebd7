"""Teams: who owns items, approves, and works at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, RootModel, StringConstraints, model_validator

from selfserve.catalog.base import ONE_LINE, Address, Line, Slug, Strict
from selfserve.catalog.durations import Duration
from selfserve.catalog.hours import Hours
from selfserve.catalog.wording import Language, joined


class Team(Strict):
    """One team. Its members are those of a directory group, or are listed by mail address.

    `promise` is how soon a human of it reacts; unattended work then rises to `rises_to`. With `hours`, promises count
    while the team is at work, without them around the clock.
    """

    name: Line
    mail: Address
    group: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=ONE_LINE)] | None = None
    members: Annotated[tuple[Address, ...], Field(min_length=1, max_length=500)] | None = None
    promise: Duration
    hours: Hours | None = None
    rises_to: Slug | None = None
    languages: Annotated[dict[Language, Line], Field(max_length=20)] | None = None
    """What the team is called in further languages."""

    def due(self, start: datetime, span: timedelta, company: ZoneInfo) -> datetime:
        """When `span` has gone by for this team since `start`, in its working hours where it has any."""
        return self.hours.after(start, span, company) if self.hours is not None else start + span

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.group is None) == (self.members is None):
            raise ValueError("a team has either `group` or `members`.")
        return self

    @model_validator(mode="after")
    def _told_in_all_languages(self) -> Self:
        self.__dict__["name"] = joined(self.name, self.languages or {})
        return self


class Teams(RootModel[dict[Slug, Team]]):
    """The whole of `teams.yaml`: team by id."""
