"""Regular expressions of form fields, matched by CEL's engine: its time grows only with the length of the answer."""

from __future__ import annotations

from typing import Annotated, Final

import cel
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

_PROGRAM: Final = cel.compile("answer.matches(pattern)")


def matches(pattern: str, answer: str) -> bool:
    """True where the whole of `answer` matches `pattern` (RE2 syntax)."""
    return bool(_PROGRAM.execute({"answer": answer, "pattern": f"^(?:{pattern})$"}))


def _check(pattern: str) -> str:
    try:
        matches(pattern, "")
    except (RuntimeError, ValueError) as error:
        raise PydanticCustomError(
            "pattern", "This is not a regular expression (RE2 syntax, no look-around)."
        ) from error
    return pattern


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_check)]
"""A regular expression that compiles."""
