"""A catalog file that was read: its text, its positions, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from selfserve.catalog.document import LARGEST, Document, DocumentBroken, read_document
from selfserve.catalog.files import FileRefused, read_inside
from selfserve.catalog.problems import Mark, Problem
from selfserve.catalog.sentences import Complaint, complaints
from selfserve.catalog.templates import Place

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Source(Generic[ModelT]):
    """One file: `file` is its path in the catalog folder, `model` what it says."""

    file: str
    text: str
    document: Document
    model: ModelT

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
    folder: Path, file: str, model: type[ModelT], previous: Source[ModelT] | None = None
) -> Source[ModelT] | list[Problem]:
    """The file read as `model`, or all that is wrong with it; `previous` is handed back where the text is the same."""
    try:
        text = read_inside(folder, file, LARGEST)
    except FileRefused as error:
        return [Problem(file, 1, 1, str(error))]
    if previous is not None and previous.text == text:
        return previous
    return parse_source(file, text, model)


def parse_source(file: str, text: str, model: type[ModelT]) -> Source[ModelT] | list[Problem]:
    """`text` read as `model`, or everything that is wrong with it."""
    try:
        document = read_document(text)
    except DocumentBroken as error:
        return [_problem(file, error.mark, error.sentence)]
    try:
        return Source(file, text, document, model.model_validate(document.data))
    except ValidationError as error:
        found = complaints(error, document.data, model)
        return [_problem(file, _mark(document, complaint), complaint.sentence) for complaint in found]


def _mark(document: Document, complaint: Complaint) -> Mark:
    if complaint.at_key:
        return document.key_at(complaint.place)
    if complaint.shift != (1, 1):
        return document.within(complaint.place, *complaint.shift)
    return document.value_at(complaint.place)


def _problem(file: str, mark: Mark, sentence: str) -> Problem:
    return Problem(file, mark.line, mark.column, sentence)
