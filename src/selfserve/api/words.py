"""Text that callers send and people read: refused where it holds what cannot be shown, or kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from selfserve.catalog.answers import AnswerRefused, plain_text


def _showable(raw: str) -> str:
    try:
        return plain_text(raw, lines=True)
    except AnswerRefused as refused:
        raise ValueError(str(refused)) from refused


Words = Annotated[str, Field(max_length=2_000), AfterValidator(_showable)]
"""A few sentences, in Unicode's composed form without outer spaces."""
Mark = Annotated[str, Field(max_length=320), AfterValidator(_showable)]
"""An id, a name or an address of something."""
