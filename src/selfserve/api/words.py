"""Text that callers send and people read: refused where it holds what cannot be shown, or kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from selfserve.catalog.answers import AnswerRefused, plain_text
from selfserve.requests.pages import Place

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _showable(raw: str) -> str:
    try:
        return plain_text(raw, lines=True)
    except AnswerRefused as refused:
        raise ValueError(str(refused)) from refused


def _written(raw: object) -> object:
    """What a person would know as a day and a time; pydantic would take a number for seconds since 1970 as well."""
    if isinstance(raw, datetime) or (isinstance(raw, str) and _MOMENT.match(raw)):
        return raw
    raise PydanticCustomError("datetime_type", "No moment is written like this.")


def _in_the_calendar(raw: datetime) -> datetime:
    try:
        return raw.astimezone(UTC)
    except OverflowError:
        raise ValueError("This moment is outside of the calendar.") from None


def _given_by_us(raw: str) -> str:
    if not _ID.fullmatch(raw):
        raise ValueError("This is no cursor of ours; give back the one of the page before as it was, or none.")
    return raw


def _place(raw: str) -> str:
    try:
        Place.read(raw)
    except ValueError as refused:
        raise ValueError(f"{refused} Give back the one of the page before as it was, or none.") from None
    return raw


NEXT = Query(description="The `cursor` of the page before, as it was; left out, the first page.")
Cursor = Annotated[str, AfterValidator(_given_by_us)]
"""Where a page of a list ended: the id of its last row."""
PlaceCursor = Annotated[str, AfterValidator(_place)]
"""Where a page of a list that is ordered by a moment ended."""
Words = Annotated[str, Field(max_length=2_000), AfterValidator(_showable)]
"""A few sentences, in Unicode's composed form without outer spaces."""
Mark = Annotated[str, Field(max_length=320), AfterValidator(_showable)]
"""An id, a name or an address of something."""
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_the_calendar)]
"""An instant as RFC 3339 writes it, as UTC; the calendar's first and last day can be outside of it there."""
