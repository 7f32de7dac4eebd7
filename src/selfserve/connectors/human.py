"""A human does it by a checklist: the connector that makes every item work from the first day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from selfserve.connectors.contract import (
    Action,
    AlreadyDone,
    Connector,
    Context,
    Finding,
    Level,
    NeedsHuman,
    Observation,
    Outcome,
    Plan,
    Presence,
    State,
    Todo,
)
from selfserve.languages.messages import Spoken, msg

DONE_BY_HAND = "done_by_hand"
TAKEN_BACK_BY_HAND = "taken_back_by_hand"
"""Keys the desk sets in a step's state, each with whatever it recorded (who, when, the fields), when it ticked all
off."""


class HumanSettings(BaseModel):
    """Nothing to configure."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(BaseModel):
    """One line of the checklist; `field` names an answer to fill in, `secret` seals it for the customer, `required:
    false` lets staff leave it empty where there is nothing to write."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=500)
    field: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,59}$")
    secret: bool = False
    required: bool = True

    @model_validator(mode="after")
    def _something_to_leave_out(self) -> Line:
        if not self.required and self.field is None:
            raise ValueError("only a line with a field can be left out; a line without one is a tick anyway")
        return self


class Words(BaseModel):
    """A checklist in one further language: its summary, and the text of each line in its order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str | None = Field(default=None, min_length=1, max_length=300)
    todo: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(default=[], max_length=50)
    take_back: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(default=[], max_length=50)


class ChecklistArgs(BaseModel):
    """Arguments of `checklist`: what to do, and (optional) what to do when it is to be taken back.

    `languages` has the same words in further languages; what is left out there is told as it stands here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str = Field(min_length=1, max_length=300)
    todo: list[Line] = Field(min_length=1, max_length=50)
    take_back: list[Line] = Field(default=[], max_length=50)
    languages: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Words] = Field(default={}, max_length=20)

    @field_validator("todo", "take_back")
    @classmethod
    def _each_field_once(cls, lines: list[Line]) -> list[Line]:
        """What is filled in is known by its name alone: of two, one would stand in the other's place, sealed or not."""
        seen: dict[str, int] = {}
        for at, line in enumerate(lines):
            if line.field is not None and line.field in seen:
                twin = f'the field "{line.field}" stands in line {seen[line.field]} of this checklist already'
                raise _refused_at((at, "field"), f"{twin}; give it another name")
            seen[line.field or ""] = at + 1
        return lines

    @field_validator("take_back")
    @classmethod
    def _nothing_to_seal(cls, lines: list[Line]) -> list[Line]:
        """Whoever it is taken from is given nothing."""
        for at, line in enumerate(lines):
            if line.secret:
                raise _refused_at((at, "secret"), "nothing is sealed to a customer when something is taken back")
        return lines

    @model_validator(mode="after")
    def _line_by_line(self) -> ChecklistArgs:
        for code, words in self.languages.items():
            for name, said, lines in (
                ("todo", words.todo, self.todo),
                ("take_back", words.take_back, self.take_back),
            ):
                if said and len(said) != len(lines):
                    raise ValueError(f"`languages` has {len(said)} lines of `{name}` in {code}, for {len(lines)}")
        return self

    @property
    def told(self) -> str:
        """The summary, in every language."""
        return Spoken.of(self.summary, {code: words.summary for code, words in self.languages.items() if words.summary})

    def lines(self, name: Literal["todo", "take_back"]) -> tuple[Todo, ...]:
        """The lines of one of both lists, each in every language."""
        said = {code: getattr(words, name) for code, words in self.languages.items() if getattr(words, name)}
        return tuple(
            Todo(
                Spoken.of(line.text, {code: texts[at] for code, texts in said.items()}),
                line.field,
                line.secret,
                line.required,
            )
            for at, line in enumerate(getattr(self, name))
        )


class HumanConnector(Connector):
    """Hands over at once, and believes only what the desk recorded."""

    kind = "human"
    Settings = HumanSettings
    actions: ClassVar[Any] = MappingProxyType(
        {"checklist": Action("checklist", ChecklistArgs, msg("Done by a colleague"), quick=True, human=True)}
    )

    @classmethod
    def gives_secret(cls, action: str, args: Mapping[str, Any], settings: Any = None) -> bool | None:
        """True where a line of the checklist is sealed to the customer."""
        todo = args.get("todo")
        if not isinstance(todo, list):
            return None
        marks = [line.get("secret", False) if isinstance(line, Mapping) else None for line in todo]
        if any(mark is True for mark in marks):
            return True
        return None if None in marks else False

    def check(self) -> list[Finding]:
        return [Finding(Level.INFO, "human", msg("Checklists go to the desk; nothing has to be reached."))]

    def resource(self, action: str, args: BaseModel) -> str:
        """Only the very same checklist is the same thing, in whatever languages; the caller adds whom it is for."""
        plain = args.model_dump_json(exclude={"languages"})
        return f"checklist:{hashlib.sha256(plain.encode()).hexdigest()[:32]}"

    def plan(self, action: str, args: BaseModel) -> Plan:
        asked = _args(args)
        return Plan(msg("A colleague does this for you."), f"Checklist of {len(asked.todo)}: {asked.summary}")

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        """Always a human's turn; what is done by hand is written into the state by the desk, and seen by `observe`."""
        asked = _args(args)
        return NeedsHuman(asked.told, asked.lines("todo"), msg("A colleague does this by hand."))

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        """PRESENT once the desk recorded it, ABSENT once it recorded the taking back; before that nobody can know."""
        if _recorded(state, TAKEN_BACK_BY_HAND):
            return Observation(Presence.ABSENT, {TAKEN_BACK_BY_HAND: True})
        if _recorded(state, DONE_BY_HAND):
            return Observation(Presence.PRESENT, {DONE_BY_HAND: True})
        return Observation(Presence.INVISIBLE)

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        asked = _args(args)
        if _recorded(state, TAKEN_BACK_BY_HAND):
            return AlreadyDone(state)
        lines = asked.lines("take_back") or (Todo(msg("Take back by hand: {what}", what=asked.told)),)
        return NeedsHuman(msg("To be taken back: {what}", what=asked.told), lines, msg("A colleague takes it back."))


def _refused_at(place: tuple[int | str, ...], sentence: str) -> ValidationError:
    """The error, at its place in the list, so that whoever wrote it is told the line."""
    error = PydanticCustomError("checklist", "{sentence}", {"sentence": sentence})
    return ValidationError.from_exception_data("checklist", [InitErrorDetails(type=error, loc=place, input=None)])


def _recorded(state: State, key: str) -> bool:
    """An empty record counts: a checklist may have no field to fill in."""
    return state.get(key) not in (None, False)


def _args(args: BaseModel) -> ChecklistArgs:
    assert isinstance(args, ChecklistArgs)
    return args
