"""Instants as people say them, with the exact one on hover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from markupsafe import Markup

from selfserve.languages.reader import Reader


def when(at: datetime | None, now: datetime, to: Reader, sentence: Callable[[str], str] | None = None) -> Markup:
    """The moment in words as a `<time>` element with the exact instant; nothing for no instant. `sentence` says it with
    the moment within."""
    if at is None:
        return Markup()
    words = sentence(to.within(at, now)) if sentence else to.moment(at, now)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.astimezone(UTC).isoformat(), to.exact(at), words
    )


def opening(words: str) -> str:
    """Words as they stand at the beginning of a line."""
    return words[:1].upper() + words[1:]
