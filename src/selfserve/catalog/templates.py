"""Arguments of a step: static values, and texts with `${…}` that are filled in when the step runs.

A text that is one `${…}` alone keeps the type of its expression; a text with more around it becomes a text. `$${`
stands for a plain `${`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from selfserve.catalog.celtext import tokens
from selfserve.catalog.days import means_its_day, spoken_instant
from selfserve.catalog.durations import spoken_duration
from selfserve.catalog.facts import Context, Facts
from selfserve.catalog.rules import Rule, RuleBroken, RuleFailed, rule_error
from selfserve.languages.books import SOURCE, codes
from selfserve.languages.messages import msg
from selfserve.languages.reader import Reader

Place = tuple[str | int, ...]
"""Where a value stands in a tree: keys and list positions from the top."""

LONGEST_TEXT: Final = 4_000
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Template:
    """One text with expressions in it: `parts` are plain texts and rules in order, `offsets` where each rule starts."""

    text: str
    parts: tuple[str | Rule, ...]
    offsets: tuple[int, ...]

    @classmethod
    def compile(cls, text: str) -> Template:
        """The template that `text` says; TemplateBroken where an expression is none or is not closed."""
        parts: list[str | Rule] = []
        offsets: list[int] = []
        for plain, expression, at in _split(text):
            if plain:
                parts.append(plain)
            if expression is not None:
                lead = len(expression) - len(expression.lstrip())
                offsets.append(at + lead)
                parts.append(_compiled(expression, at + lead))
        return cls(text, tuple(parts), tuple(offsets))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The expressions in it, in order."""
        return tuple(part for part in self.parts if isinstance(part, Rule))

    @property
    def typed(self) -> bool:
        """True where it is one expression alone, so that the type of its value is kept."""
        return len(self.parts) == 1 and bool(self.rules)

    def resolve(self, context: Context, language: str = SOURCE) -> Any:
        """The value for `context`; RuleFailed where an expression raises. Days and spans within a text are written as
        `language` writes them, and answers as it tells them."""
        facts = context if isinstance(context, Facts) else Facts(context)
        facts = facts.tongues.get(language, facts)
        if self.typed:
            return facts.words.get(self.rules[0].text) or self.rules[0].value(facts)
        say = _english if language == SOURCE else partial(_translated, language)
        spoken = (
            part
            if isinstance(part, str)
            else facts.words.get(part.text) or _spoken(part, part.value(facts), facts.zone, say)
            for part in self.parts
        )
        return "".join(spoken)


class TemplateBroken(RuleBroken):
    """A `${…}` that is not closed or is no CEL expression; `at` counts characters from the start of the text."""

    def __init__(self, sentence: str, at: int) -> None:
        super().__init__(sentence, 1, at + 1)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The `with:` of a step. `tree` is as written; `templates` are its texts with expressions, by place."""

    tree: Mapping[str, Any]
    templates: Mapping[Place, Template] = field(compare=False, repr=False)

    def resolve(self, context: Context) -> dict[str, Any]:
        """The arguments for `context`, ready for the action's own model; RuleFailed where an expression raises."""
        filled = self._fill(dict(self.tree), (), context)
        assert isinstance(filled, dict)
        return filled

    def plain(self) -> dict[str, Any]:
        """The arguments as far as they stand in the file: None where an expression gives the value."""
        return self.filled({})

    def filled(self, values: Mapping[Place, Any]) -> dict[str, Any]:
        """The arguments as far as they stand in the file, with `values` where expressions give them; else None."""

        def told(value: Any, place: Place) -> Any:
            if isinstance(value, dict):
                return {key: told(inner, (*place, key)) for key, inner in value.items()}
            if isinstance(value, list):
                return [told(inner, (*place, index)) for index, inner in enumerate(value)]
            template = self.templates.get(place)
            if template is None:
                return value
            return values.get(place) if template.rules else "".join(str(part) for part in template.parts)

        return {key: told(inner, (key,)) for key, inner in self.tree.items()}

    def _fill(self, value: Any, place: Place, context: Context) -> Any:
        if isinstance(value, dict):
            return {key: self._fill(inner, (*place, key), context) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._fill(inner, (*place, index), context) for index, inner in enumerate(value)]
        template = self.templates.get(place)
        return value if template is None else template.resolve(context, _language(place))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _arguments_from, serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.tree)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "object",
            "additionalProperties": True,
            "description": "Arguments of the action; ${…} holds one CEL expression, its type kept.",
        }


def _arguments_from(value: object) -> Arguments:
    if isinstance(value, Arguments):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("arguments", "`with` is a mapping of argument names to values.")
    templates: dict[Place, Template] = {}
    errors: list[InitErrorDetails] = []
    for place, text in _texts(value):
        try:
            template = Template.compile(text)
        except RuleBroken as error:
            errors.append(InitErrorDetails(type=rule_error(error), loc=place, input=text))
        else:
            if template.rules or template.parts != (text,):
                templates[place] = template
    if errors:
        raise ValidationError.from_exception_data("with", errors)
    return Arguments(value, templates)


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if len(place) > _DEEPEST:
        raise PydanticCustomError("arguments", "Arguments are nested too deeply.")
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise PydanticCustomError("arguments", f"A text in the arguments is longer than {LONGEST_TEXT} characters.")
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*place, index))


def _split(text: str) -> Iterator[tuple[str, str | None, int]]:
    """Pairs of plain text and the expression after it (None at the end), with the expression's start."""
    plain, position = "", 0
    while (start := text.find("${", position)) >= 0:
        if start and text[start - 1] == "$":
            plain += text[position : start - 1] + "${"
            position = start + 2
            continue
        end = _closing(text, start + 2)
        yield plain + text[position:start], text[start + 2 : end], start + 2
        plain, position = "", end + 1
    yield plain + text[position:], None, len(text)


def _closing(text: str, start: int) -> int:
    """Position of the brace that closes the expression from `start`; braces in maps and texts are passed over."""
    depth = 0
    for token in tokens(text[start:]):
        if token.text == "{":
            depth += 1
        elif token.text == "}":
            if depth == 0:
                return start + token.at
            depth -= 1
    raise TemplateBroken("`${` is never closed; write `}` after the expression, or `$${` for a plain `${`.", start - 2)


def _compiled(expression: str, at: int) -> Rule:
    try:
        return Rule.compile(expression)
    except RuleBroken as error:
        if error.line == 1:
            raise TemplateBroken(error.sentence, at + error.column - 1) from error
        raise


def _language(place: Place) -> str:
    """The language of a text in the arguments: what stands under `languages` and a code is in that one."""
    match place:
        case ("languages", str(code), *_) if code in codes():
            return code
        case _:
            return SOURCE


Saying = Callable[[bool | datetime | timedelta, tzinfo], str]


def _english(value: bool | datetime | timedelta, zone: tzinfo) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spoken_instant(value, zone) if isinstance(value, datetime) else spoken_duration(value)


def _translated(language: str, value: bool | datetime | timedelta, zone: tzinfo) -> str:
    to = Reader(language)
    if isinstance(value, bool):
        return to.tell(msg("yes") if value else msg("no"))
    if isinstance(value, timedelta):
        return to.span(value)
    there = value.astimezone(zone)
    day = to.day(there.date())
    return day if means_its_day(there) else f"{day}, {there:%H:%M}"


def _spoken(rule: Rule, value: Any, zone: tzinfo, say: Saying) -> str:
    """`value` inside a longer text, as people in `zone` say it. A map has no such form."""
    if value is None:
        return ""
    if isinstance(value, bool | datetime | timedelta):
        return say(value, zone)
    if isinstance(value, list):
        return ", ".join(_spoken(rule, inner, zone, say) for inner in value)
    if isinstance(value, str | int | float):
        return str(value)
    raise RuleFailed(rule.text, f"{type(value).__name__} cannot stand inside a text.")
