"""A catalog item: something a customer can ask for, as it stands in its file."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from selfserve.catalog.approvals import Stage
from selfserve.catalog.base import FieldName, Icon, Line, Slug, Strict, Words
from selfserve.catalog.deciding import DecidingRule
from selfserve.catalog.durations import Duration
from selfserve.catalog.facts import Context
from selfserve.catalog.fields import FormField
from selfserve.catalog.grants import Grant
from selfserve.catalog.rules import Rule
from selfserve.catalog.templates import Arguments
from selfserve.catalog.wording import Language, Wording, Wordings, joined, question, stage

Risk = Literal["low", "medium", "high"]

ForOthers = Literal["nobody", "manager"]
"""Who may ask for somebody else: nobody, or the managers above them."""

Platform = Literal["linux", "macos", "windows"]
"""What a device runs."""

Use = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_]*$", max_length=100)]
"""An action by its connector's name in the configuration: `connector.action`."""


class Step(Strict):
    """One action of the fulfilment. `quick: false` keeps it out of the first attempt though the action is quick.

    `gives` is what the customer has once it is done, in words that follow "You have": "access to the finance reports".
    """

    id: FieldName
    use: Use
    arguments: Annotated[Arguments, Field(alias="with", default_factory=lambda: Arguments({}, {}))]
    quick: bool | None = None
    gives: Line | None = None


class Escalate(Strict):
    """When humans are called and which team."""

    after: Duration
    to: Slug


class Item(Strict):
    """Something one can ask for. Frozen; `digest` is the same for files that mean the same.

    `platforms` are what it is good for, none named for all: who looks from the app on another kind of machine does not
    find it in their catalog. `when_nothing_fits`: it is for what the catalog does not have, and is shown where a search
    finds nothing. What people read of it is `Spoken` where `languages` has it in further ones: told to each
    reader in theirs.
    """

    id: Slug
    name: Line
    summary: Line
    category: Line
    icon: Icon
    keywords: Annotated[tuple[Line, ...], Field(max_length=40)] = ()
    owner: Slug
    runbook: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\.md$", max_length=200)]
    risk: Risk
    platforms: Annotated[tuple[Platform, ...], Field(max_length=3)] = ()
    when_nothing_fits: Literal[True] | None = None
    who: DecidingRule
    visible: Rule | None = None
    for_others: ForOthers | None = None
    conflicts: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)] | None = None
    form: Annotated[dict[FieldName, FormField], Field(max_length=30, default_factory=dict)]
    approve: Annotated[tuple[Stage, ...], Field(max_length=10)] = ()
    fulfil: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20)]
    grant: Grant | None = None
    escalate: Escalate
    expect: Duration
    promise: Words | None = None
    languages: Annotated[dict[Language, Wording], Field(max_length=20)] | None = None

    @field_validator("fulfil")
    @classmethod
    def _steps_differ(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        names = [step.id for step in steps]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PydanticCustomError("steps", 'Two steps are called "{name}"; give each its own id.', {"name": twice})
        return steps

    @field_validator("platforms")
    @classmethod
    def _platforms_differ(cls, platforms: tuple[Platform, ...]) -> tuple[Platform, ...]:
        twice = next((name for name in platforms if platforms.count(name) > 1), None)
        if twice is not None:
            raise PydanticCustomError("platforms", '"{name}" stands here twice; once is enough.', {"name": twice})
        return platforms

    @model_validator(mode="after")
    def _told_in_all_languages(self) -> Self:
        said = self.languages or {}
        if said:
            texts = {
                name: joined(getattr(self, name), {code: getattr(one, name) for code, one in said.items()})
                for name in ("name", "summary", "promise")
            }
            self.__dict__.update(
                texts,
                form={name: question(name, field, said) for name, field in self.form.items()},
                approve=tuple(stage(at, one, said) for at, one in enumerate(self.approve)),
                fulfil=tuple(_step(one, said) for one in self.fulfil),
            )
        return self

    @property
    def seen_by(self) -> Rule:
        """The rule that decides who finds the item: `visible`, else `who`."""
        return self.visible or self.who

    def fits(self, platform: str) -> bool:
        """Whether it is good for what a device runs; "" is a device that nobody knows."""
        return not platform or not self.platforms or platform in self.platforms

    def stage_for(self, context: Context) -> Stage | None:
        """The stage that applies, None where no human is asked; RuleFailed where a `when` raises, which denies."""
        return next((stage for stage in self.approve if stage.when is None or stage.when.holds(context)), None)

    def canonical(self) -> str:
        """The item as stable JSON: what a request is pinned to. `Item.model_validate_json` makes the item again."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        if not self.platforms:
            del plain["platforms"]  # so that items that name none keep the version they have
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of `canonical()`, hexadecimal: the item's version."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _step(one: Step, said: Wordings) -> Step:
    return one.model_copy(
        update={"gives": joined(one.gives, {code: wording.gives.get(one.id) for code, wording in said.items()})}
    )
