"""When a team is at work, and when a promise that counts in its working hours falls due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from selfserve.catalog.base import Strict
from selfserve.catalog.days import zone_named

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = timedelta(days=1)

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day, like 09:00."""


def _zone(name: str) -> str:
    return zone_named(name).key


class Hours(Strict):
    """The days and hours of a team; `zone` is the company's where it is left out. Holidays are not known."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = WEEK[:5]
    opens: Annotated[ClockTime, Field(alias="from")]
    closes: Annotated[ClockTime, Field(alias="to")]
    zone: Annotated[str, AfterValidator(_zone)] | None = None

    @model_validator(mode="after")
    def _a_day_of_some_length(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("`from` comes before `to`, on one day.")
        return self

    def after(self, start: datetime, span: timedelta, company: ZoneInfo) -> datetime:
        """The UTC instant at which `span` of work has gone by since `start`.

        Every 24 hours of it are a working day; what is left counts within opening hours, and is a working day at most.
        Reckoned by the clock on the wall, as people do, so that a change to summer time moves nothing.
        """
        zone = ZoneInfo(self.zone) if self.zone else company
        moment = self._at_work(start.astimezone(zone).replace(tzinfo=None))
        for _ in range(span // DAY):
            moment = datetime.combine(self._next(moment.date()), moment.time())
        closes = datetime.combine(moment.date(), self._closes)
        left = min(span % DAY, closes - datetime.combine(moment.date(), self._opens))
        if left > closes - moment:
            left -= closes - moment
            moment = datetime.combine(self._next(moment.date()), self._opens)
        return (moment + left).replace(tzinfo=zone).astimezone(UTC)

    @property
    def _opens(self) -> time:
        return time.fromisoformat(self.opens)

    @property
    def _closes(self) -> time:
        return time.fromisoformat(self.closes)

    def _at_work(self, moment: datetime) -> datetime:
        """`moment` where somebody is at work then, else the next opening."""
        if self._works(moment.date()) and moment.time() < self._closes:
            return max(moment, datetime.combine(moment.date(), self._opens))
        return datetime.combine(self._next(moment.date()), self._opens)

    def _next(self, day: date) -> date:
        """The working day after `day`."""
        day += DAY
        while not self._works(day):
            day += DAY
        return day

    def _works(self, day: date) -> bool:
        return WEEK[day.weekday()] in self.days
