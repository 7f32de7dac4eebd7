"""Rules: CEL expressions compiled once, and evaluated so that a failure denies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Final, Self, cast

import cel
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from selfserve.catalog.celcost import GROUPS, TooCostly, steps
from selfserve.catalog.celgroups import named_groups
from selfserve.catalog.celtext import Reading, read
from selfserve.catalog.facts import Context

LONGEST: Final = 1_000
"""Characters in one expression: a longer one is a program, and deep nesting would cost the evaluator its stack."""

FEW: Final = 50
"""Groups that are handed over without a thought."""

_WHERE: Final = re.compile(r"<input>:(\d+):(\d+): (.*)")


class RuleBroken(ValueError):  # noqa: N818 - a broken rule is the word of the checks
    """The text is no CEL expression. `line` and `column` count from 1 within the expression."""

    def __init__(self, sentence: str, line: int = 1, column: int = 1) -> None:
        super().__init__(sentence)
        self.sentence, self.line, self.column = sentence, line, column


class RuleFailed(Exception):  # noqa: N818 - a failed rule is the word of the design
    """The rule raised, or gave something of the wrong kind, when it was evaluated: what depends on it is denied."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"The rule `{rule}` failed: {reason}")
        self.rule, self.reason = rule, reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a rule. `error` is a sentence for staff where the rule failed; then `allowed` is False."""

    allowed: bool
    error: str | None = None

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled expression; safe to share between threads, equal to another by its text."""

    text: str
    program: cel.Program = field(compare=False, repr=False)
    reading: Reading = field(compare=False, repr=False)
    named: frozenset[str] | None = field(default=None, compare=False, repr=False)
    """The groups it asks for, where it asks by name only."""

    @classmethod
    def compile(cls, text: str) -> Self:
        """The rule that `text` says; RuleBroken where it is no CEL, or could cost too much to evaluate."""
        source = text.strip()
        if not source:
            raise RuleBroken("The rule is empty; write a condition, or leave the key out.")
        if len(source) > LONGEST:
            raise RuleBroken(f"The rule has {len(source)} characters; at most {LONGEST} are allowed.")
        try:
            program = cel.compile(source)
        except ValueError as error:
            raise _broken(str(error)) from error
        _bounded(source)
        return cls(source, program, read(source), named_groups(source))

    @property
    def names(self) -> frozenset[str]:
        """The free names the rule reads, like `customer` and `now`."""
        return frozenset(reference.root for reference in self.reading.references)

    def value(self, context: Context) -> Any:
        """What the rule gives, as a Python value; RuleFailed where it raises, or could take too long."""
        facts = self._spared(context)
        try:
            return self.program.execute(cast("dict[str, Any]", facts))
        except Exception as error:
            raise RuleFailed(self.text, _reason(error)) from error

    def _spared(self, context: Context) -> Context:
        """The context with as many groups as are worth handing over: the evaluator copies all it is given.

        Nobody's groups are cut short for a rule that goes through them, since one that says `!` would then allow what
        it forbids: where that could take too long, the rule fails, which denies and tells staff.
        """
        customer: Mapping[str, Any] = context.get("customer") or {}
        groups = customer.get("groups") or ()
        if len(groups) <= FEW:
            return context
        if self.named is not None:
            return {**context, "customer": {**customer, "groups": [one for one in self.named if one in groups]}}
        if len(groups) > GROUPS and not _bearable(self.text, -(-len(groups) // GROUPS) * GROUPS):
            raise RuleFailed(self.text, f"it goes through all groups of a person, and this one is in {len(groups)}.")
        return context

    def holds(self, context: Context) -> bool:
        """True or False; RuleFailed where the rule raises or gives anything else."""
        value = self.value(context)
        if not isinstance(value, bool):
            raise RuleFailed(self.text, f"it gave {type(value).__name__}, not true or false.")
        return value

    def allows(self, context: Context) -> Verdict:
        """The verdict on `context`; never raises: a rule that fails denies and says why."""
        try:
            return Verdict(self.holds(context))
        except RuleFailed as error:
            return Verdict(False, str(error))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            partial(_rule_from, cls),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda rule: rule.text),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": ["string", "boolean"],
            "description": "A CEL expression over customer, form, item, now and device.",
        }


def _rule_from(kind: type[Rule], value: object) -> Rule:
    if isinstance(value, kind):
        return value
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, str):
        raise PydanticCustomError("rule", "A rule is a text with one CEL expression.")
    try:
        return kind.compile(value)
    except RuleBroken as error:
        raise rule_error(error) from error


def rule_error(error: RuleBroken, ahead: int = 0) -> PydanticCustomError:
    """`error` for pydantic; `ahead` is how many characters stand before the expression on its first line."""
    column = error.column + (ahead if error.line == 1 else 0)
    context = {"sentence": error.sentence, "line": error.line, "column": column}
    return PydanticCustomError("rule", "{sentence}", context)


@lru_cache(maxsize=4096)
def _bearable(source: str, groups: int) -> bool:
    try:
        steps(source, groups)
    except TooCostly:
        return False
    return True


def _bounded(source: str) -> None:
    try:
        steps(source)
    except TooCostly as error:
        before = source[: error.at]
        line, column = before.count("\n") + 1, error.at - (before.rfind("\n") + 1) + 1
        raise RuleBroken(error.sentence, line, column) from error


def _broken(message: str) -> RuleBroken:
    found = _WHERE.search(message)
    if found is None:
        return RuleBroken("This is not a CEL expression.")
    words = found[3].split(" expecting ")[0].removeprefix("Syntax error: ").replace("'<EOF>'", "the end")
    return RuleBroken(f"This is not a CEL expression: {words}.", int(found[1]), int(found[2]))


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]!r}."
    return str(error).split(". ")[0].rstrip(".") + "."
