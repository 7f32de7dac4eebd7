"""Instants as people say them, with the exact one on hover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from markupsafe import Markup

from selfserve.languages.reader import Reader


def when(at: datetime | None, now: datetime, to: Reader, sentence: Callable[[str], str] | None = None) -> Markup:
    """The moment in words as a `<time>` element with the exact instant; nothing for no instant. `sentence` says it with
    the moment within. On paper, where "today" means nothing, it is the exact one (`app.css`)."""
    if at is None:
        return Markup()
    exact = to.exact(at)
    words, on_paper = to.moment(at, now), Markup()
    if sentence is not None:
        words, on_paper = sentence(to.within(at, now)), Markup(' data-print="{}"').format(sentence(exact))
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        at.astimezone(UTC).isoformat(), exact, on_paper, words
    )


def opening(words: str) -> str:
    """Words as they stand at the beginning of a line."""
    return words[:1].upper() + words[1:]
