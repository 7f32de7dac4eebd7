"""The ground every catalog model stands on: strict, frozen, with the few word shapes they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and guesses no type."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, validate_default=True)


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""A name in files and addresses: lower-case letters, digits, single hyphens."""

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""A name that CEL can read after `form.`."""

Icon = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
"""The name of a Lucide icon."""

ONE_LINE = r"^[^\x00-\x1f\x7f]+$"
PASSAGE = r"^[^\x00-\x09\x0b-\x1f\x7f]+$"
"""Shapes of words. Signs that turn or hide text are refused in whole files, before any model (see `signs`)."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
"""One line of words for people."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=PASSAGE)]
"""A short passage for people; line breaks allowed."""

Address = Annotated[str, StringConstraints(pattern=r"^[^\s@<>\x00-\x1f\x7f]+@[^\s@<>\x00-\x1f\x7f]+$", max_length=254)]
"""A mail address, by shape only."""
