"""A catalog file that was read: its text, its positions, and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from selfserve.catalog.document import LARGEST, Document, DocumentBroken, read_document
from selfserve.catalog.files import Copy, FileRefused, read_inside
from selfserve.catalog.problems import Mark, Problem
from selfserve.catalog.sentences import Complaint, complaints
from selfserve.catalog.signs import hidden_signs, told
from selfserve.catalog.templates import Place

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Source(Generic[ModelT]):
    """One file: `file` is its path in the catalog folder, `model` what it says."""

    file: str
    text: str
    document: Document
    model: ModelT
    found: dict[str, tuple[Problem, ...]] = field(default_factory=dict, compare=False, repr=False)
    """What checks that look at this file alone have found, by check: they do not look again while it is the same."""

    def at_value(self, place: Place, sentence: str) -> Problem:
        """A problem with the value at `place`."""
        return _problem(self.file, self.document.value_at(place), sentence)

    def at_key(self, place: Place, sentence: str) -> Problem:
        """A problem with the key at `place`."""
        return _problem(self.file, self.document.key_at(place), sentence)

    def in_text(self, place: Place, text: str, at: int, sentence: str) -> Problem:
        """A problem `at` characters into `text`, which stands at `place`."""
        line = text.count("\n", 0, at) + 1
        return _problem(self.file, self.document.within(place, line, at - text.rfind("\n", 0, at)), sentence)


def read_source(
    folder: Path | Copy, file: str, model: type[ModelT], previous: Source[ModelT] | None = None
) -> Source[ModelT] | list[Problem]:
    """The file read as `model`, or all that is wrong with it; `previous` is handed back where the text is the same."""
    try:
        text = read_inside(folder, file, LARGEST)
    except FileRefused as error:
        return [_problem(file, error.mark, str(error))]
    if previous is not None and previous.text == text:
        return previous
    return parse_source(file, text, model)


def parse_source(file: str, text: str, model: type[ModelT]) -> Source[ModelT] | list[Problem]:
    """`text` read as `model`, or everything that is wrong with it."""
    turned = unreadable(file, text)
    if turned:
        return turned
    try:
        document = read_document(text)
    except DocumentBroken as error:
        return [_problem(file, error.mark, error.sentence)]
    escaped = list(_escaped(file, document))
    if escaped:
        return escaped
    try:
        return Source(file, text, document, model.model_validate(document.data))
    except ValidationError as error:
        found = complaints(error, document.data, model)
        return [_problem(file, _mark(document, complaint), complaint.sentence) for complaint in found]


def unreadable(file: str, text: str) -> list[Problem]:
    """A problem for each sign in `text` that turns or hides what stands around it, comments included."""
    return [
        Problem(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), told(text[at]))
        for at in hidden_signs(text)
    ]


def _escaped(file: str, document: Document) -> Iterator[Problem]:
    """The same for signs that are written as escapes (`"\\u202e"`), at the key or value that holds them."""
    for mark, text in _texts(document, document.data, ()):
        for at in hidden_signs(text):
            yield _problem(file, mark, told(text[at]))


def _texts(document: Document, value: Any, place: Place) -> Iterator[tuple[Mark, str]]:
    """Every key and every text, with where it stands."""
    if isinstance(value, str):
        yield document.value_at(place), value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield document.key_at((*place, key)), key
            yield from _texts(document, inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(document, inner, (*place, index))


def _mark(document: Document, complaint: Complaint) -> Mark:
    if complaint.at_key:
        return document.key_at(complaint.place)
    if complaint.shift != (1, 1):
        return document.within(complaint.place, *complaint.shift)
    return document.value_at(complaint.place)


def _problem(file: str, mark: Mark, sentence: str) -> Problem:
    return Problem(file, mark.line, mark.column, sentence)
