"""What a person is asked to do, line by line, as it is stored with a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from selfserve.connectors.contract import Todo
from selfserve.languages.messages import again, kept

KEPT = "kept"


def stored(line: Todo) -> dict[str, Any]:
    """One line as small JSON, with what makes its text in another language."""
    beside = kept(line.text)
    plain = {**asdict(line), "text": str(line.text)}
    return {**plain, KEPT: beside} if beside is not None else plain


def told(line: Mapping[str, Any]) -> dict[str, Any]:
    """One stored line with its text as words to tell."""
    return {
        **{name: value for name, value in line.items() if name != KEPT},
        "text": again(line["text"], line.get(KEPT)),
    }
