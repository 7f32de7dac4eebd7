"""Columns for sentences that are told again later, to readers of other languages."""

from __future__ import annotations

import json

from sqlalchemy import Dialect, Text, TypeDecorator

from selfserve.languages.messages import again, kept

BESIDE = "\x1e"
"""Parts the sentence from what is kept with it (ASCII's record separator); nothing a person types may hold it."""


class Words(TypeDecorator[str]):
    """A sentence in English, with what makes it in another language behind it; reads as a `Message` again.

    Both are in one column, so that none is ever written without the other, by whichever statement. Plain text is stored
    as it is.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The sentence, and behind it what `kept` gives for it."""
        beside = kept(value) if value is not None else None
        if value is None or beside is None:
            return value
        return f"{value}{BESIDE}{json.dumps(beside, ensure_ascii=False, separators=(',', ':'))}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The sentence as it was; what does not fit together is plain text."""
        words, parted, beside = (value or "").partition(BESIDE)
        if not parted:
            return value
        try:
            made = again(words, json.loads(beside))
        except ValueError:
            return value
        return made if kept(made) is not None else value
