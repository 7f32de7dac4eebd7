"""Text that callers send and people read: refused where it holds what cannot be shown, or kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from selfserve.catalog.answers import AnswerRefused, plain_text


def _showable(raw: str) -> str:
    try:
        return plain_text(raw, lines=True)
    except AnswerRefused as refused:
        raise ValueError(str(refused)) from refused


def _in_the_calendar(raw: datetime) -> datetime:
    try:
        return raw.astimezone(UTC)
    except OverflowError:
        raise ValueError("This moment is outside of the calendar.") from None


Words = Annotated[str, Field(max_length=2_000), AfterValidator(_showable)]
"""A few sentences, in Unicode's composed form without outer spaces."""
Mark = Annotated[str, Field(max_length=320), AfterValidator(_showable)]
"""An id, a name or an address of something."""
Moment = Annotated[AwareDatetime, AfterValidator(_in_the_calendar)]
"""An instant, as UTC; the calendar's first and last day can be outside of it there."""
