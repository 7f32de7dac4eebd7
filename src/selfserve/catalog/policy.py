"""`policy.yaml`: what holds for the whole catalog."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from selfserve.catalog.base import Icon, Line, Slug, Strict
from selfserve.catalog.durations import Duration
from selfserve.catalog.facts import Context
from selfserve.catalog.items import Item, Risk
from selfserve.catalog.rules import RuleFailed
from selfserve.catalog.wording import Language, joined
from selfserve.languages.messages import msg


class EndRefused(RuleFailed):
    """The end of a grant is one that the policy for the item's risk does not allow: nothing is wrong with the rule."""


class Category(Strict):
    """A shelf of the catalog. `tint` is the name of one of the page's tints."""

    name: Line
    icon: Icon
    tint: Annotated[str, StringConstraints(pattern=r"^[a-z]+$", max_length=20)]
    languages: Annotated[dict[Language, Line], Field(max_length=20)] | None = None
    """What the shelf is called in further languages."""

    @model_validator(mode="after")
    def _told_in_all_languages(self) -> Self:
        self.__dict__["name"] = joined(self.name, self.languages or {})
        return self


class Demand(Strict):
    """What an item of one risk must have. `max_grant` is the longest a grant may last; None: as long as it likes."""

    approval: bool = False
    end: bool = False
    max_grant: Duration | None = None

    @model_validator(mode="after")
    def _an_end_to_measure(self) -> Self:
        if self.max_grant is not None and not self.end:
            raise ValueError("`max_grant` needs `end: true`.")
        return self


class Demands(Strict):
    """What each risk demands. Medium and high always demand an end, high always demands approval."""

    low: Demand
    medium: Demand
    high: Demand

    @model_validator(mode="after")
    def _floor(self) -> Self:
        if not (self.medium.end and self.high.end):
            raise ValueError("medium and high risk need `end: true`.")
        if not self.high.approval:
            raise ValueError("high risk needs `approval: true`.")
        return self


class ApprovalPolicy(Strict):
    """How long approvals wait where a stage says nothing, and who decides where nobody else can."""

    remind: Duration = timedelta(days=1)
    expire: Duration = timedelta(days=7)
    fallback: Slug


class Policy(Strict):
    """The policy of the house. `techops` is the team that takes what has no other; `synonyms` widen the search.

    `conflicts`: what does not go together with what is held is told to whoever decides, or refused."""

    techops: Slug
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=40)]
    risk: Demands
    approvals: ApprovalPolicy
    conflicts: Literal["warn", "refuse"] = "warn"
    synonyms: Annotated[tuple[tuple[Line, ...], ...], Field(max_length=500)] = ()

    def demand(self, risk: Risk) -> Demand:
        """What an item of `risk` must have."""
        demand: Demand = getattr(self.risk, risk)
        return demand

    def end_of(self, item: Item, context: Context) -> datetime | timedelta | None:
        """When a grant of `item` ends: an instant, a span that starts at delivery, or None for never (or for no grant).

        RuleFailed, which denies, where the rule raises; EndRefused where it gives what the policy for the item's risk
        does not allow. A day that was meant to its end may be one day longer than the policy's span.
        """
        if item.grant is None:
            return None
        end, demand, written = item.grant.ends.resolve(context), self.demand(item.risk), str(item.grant.ends)
        if end is None:
            if demand.end:
                raise EndRefused(written, msg("it gives no end, which risk {risk} needs.", risk=item.risk))
            return None
        now: datetime = context["now"]
        lasts = end - now - timedelta(days=1) if isinstance(end, datetime) else end
        if demand.max_grant is not None and lasts > demand.max_grant:
            raise EndRefused(written, msg("it lasts longer than {span}.", span=demand.max_grant))
        if (end if isinstance(end, timedelta) else end - now) <= timedelta():
            raise EndRefused(written, msg("it has ended before it begins."))
        return end

    def category(self, name: str) -> Category | None:
        """The category called `name`."""
        return next((category for category in self.categories if category.name == name), None)
