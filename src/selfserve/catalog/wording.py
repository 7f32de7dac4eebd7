"""What an item says in further languages, and how it is joined with what it says in the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints

from selfserve.catalog.approvals import Stage
from selfserve.catalog.base import FieldName, Line, Strict, Words
from selfserve.catalog.fields import ChoiceField, FormField, TextField
from selfserve.languages.messages import Spoken

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
"""A language by its code of ISO 639: `de`."""
TextT = TypeVar("TextT", str, str | None)


class QuestionWording(Strict):
    """One question of the form; `options` by the value that is kept."""

    label: Line | None = None
    help: Words | None = None
    mistake: Words | None = None
    options: Annotated[dict[str, Line], Field(max_length=100, default_factory=dict)]


class Wording(Strict):
    """An item in one language; what is left out is told as the item has it.

    `why` is that of each stage of `approve`, in their order; `gives` that of each step, by its id.
    """

    name: Line | None = None
    summary: Line | None = None
    keywords: Annotated[tuple[Line, ...], Field(max_length=40)] = ()
    form: Annotated[dict[FieldName, QuestionWording], Field(max_length=30, default_factory=dict)]
    why: Annotated[tuple[Words | None, ...], Field(max_length=10)] = ()
    gives: Annotated[dict[FieldName, Line], Field(max_length=20, default_factory=dict)]
    promise: Words | None = None


Wordings = Mapping[str, Wording]
"""By language."""


def joined(text: TextT, others: Mapping[str, str | None]) -> TextT:
    """`text` with what it is in the languages that have it."""
    return text if text is None else Spoken.of(text, {code: other for code, other in others.items() if other})


def question(name: str, field: FormField, wordings: Wordings) -> FormField:
    """A question with its words in every language."""
    said = {code: one.form[name] for code, one in wordings.items() if name in one.form}
    if not said:
        return field
    changed: dict[str, object] = {
        "label": joined(field.label, {code: one.label for code, one in said.items()}),
        "help": joined(field.help, {code: one.help for code, one in said.items()}),
    }
    if isinstance(field, TextField):
        changed["mistake"] = joined(field.mistake, {code: one.mistake for code, one in said.items()})
    if isinstance(field, ChoiceField):
        changed["options"] = tuple(
            option.model_copy(
                update={
                    "label": joined(option.label, {code: one.options.get(option.value) for code, one in said.items()})
                }
            )
            for option in field.options
        )
    return field.model_copy(update=changed)


def stage(at: int, one: Stage, wordings: Wordings) -> Stage:
    """The stage at a place with its `why` in every language."""
    others = {code: wording.why[at] for code, wording in wordings.items() if at < len(wording.why)}
    return one.model_copy(update={"why": joined(one.why, others)})
