"""Sentences that are made before it is known who reads them: English now, the reader's language later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from selfserve.languages import writing
from selfserve.languages.books import SOURCE, locale_of

Plain = str | int | float | bool | date | timedelta | None
"""What may stand in a sentence: it has to survive being stored. A `str` may be a `Message` or `Spoken` itself; moments
(aware), days, spans and numbers are written as their reader writes them; a port or a process is a `str`."""


class Message(str):
    """A sentence in English that remembers how it was made. Everywhere a plain `str`; a `Reader` says it anew.

    `text` is the English original with `{names}`, `many` its plural where the sentence counts, `values` what stands at
    the names.
    """

    __slots__ = ("many", "text", "values")
    text: str
    many: str
    values: Mapping[str, Plain]

    @classmethod
    def made(cls, text: str, many: str, values: Mapping[str, Plain]) -> Self:
        """The message of `text`; of `many` where `values["count"]` is not one."""
        shape = many if many and values.get("count") != 1 else text
        made = cls(shape.format(**{name: _english(value) for name, value in values.items()}))
        made.text, made.many, made.values = text, many, values
        return made

    def kept(self) -> dict[str, Any]:
        """As small JSON, to be stored beside the sentence."""
        values = {name: _packed(value) for name, value in self.values.items()}
        return {"text": self.text, "values": values} | ({"many": self.many} if self.many else {})


class Spoken(str):
    """Text that somebody wrote in several languages: a `str` in the first of them, `others` by their codes."""

    __slots__ = ("others",)
    others: Mapping[str, str]

    @classmethod
    def of(cls, text: str, others: Mapping[str, str]) -> str:
        """`text` with what it is in other languages; plain `text` where it is in none."""
        if not others:
            return str(text)
        made = cls(text)
        made.others = dict(others)
        return made

    def kept(self) -> dict[str, Any]:
        """As small JSON, to be stored beside the text."""
        return {"others": dict(self.others)}


def msg(text: str, /, **values: Plain) -> Message:
    """A sentence to be said later: `msg("You are a member of {group}.", group=name)`."""
    return Message.made(text, "", values)


def msg_n(one: str, many: str, count: int, /, **values: Plain) -> Message:
    """A sentence that counts; `{count}` stands for the number."""
    return Message.made(one, many, {"count": count, **values})


def alone(value: Plain) -> Message:
    """A day, a moment or a span by itself, as a sentence: written as its reader writes it."""
    return Message.made("{value}", "", {"value": value})


def together(sentences: Iterable[str]) -> str:
    """Sentences one after another, as one to be said later; each is said once."""
    made = ""
    for one in dict.fromkeys(sentences):
        made = msg("{why} {more}", why=made, more=one) if made else one
    return made


def kept(words: str) -> dict[str, Any] | None:
    """What has to be stored with `words` so that they can be said in another language; None for plain text."""
    return words.kept() if isinstance(words, Message | Spoken) else None


def again(words: str, stored: Any) -> str:
    """`words` as they were before they were stored; plain where what was stored beside them does not make them."""
    if not isinstance(stored, dict):
        return words
    others = stored.get("others")
    if isinstance(others, dict):
        whole = all(isinstance(text, str) for text in others.values())
        return Spoken.of(words, others) if whole else words
    text, many, values = stored.get("text"), stored.get("many", ""), stored.get("values")
    if not (isinstance(text, str) and isinstance(many, str) and isinstance(values, dict)):
        return words
    try:
        made = Message.made(text, many, {name: _unpacked(value) for name, value in values.items()})
    except (LookupError, ValueError, AttributeError, TypeError, OverflowError):
        return words
    return made if made == words else words


def _english(value: Plain) -> Plain:
    """A value as the plain English sentence has it."""
    if isinstance(value, datetime):
        return f"{writing.instant(value, UTC, locale_of(SOURCE))} UTC"
    if isinstance(value, date):
        return writing.day(value, locale_of(SOURCE))
    return writing.span(value, locale_of(SOURCE)) if isinstance(value, timedelta) else value


def _packed(value: Plain) -> Any:
    if isinstance(value, Message | Spoken):
        return {"words": str(value), **value.kept()}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return {"seconds": int(value.total_seconds())} if isinstance(value, timedelta) else value


def _unpacked(value: Any) -> Plain:
    match value:
        case {"words": str(words)}:
            return again(words, value)
        case {"at": str(at)}:
            return datetime.fromisoformat(at)
        case {"day": str(day)}:
            return date.fromisoformat(day)
        case {"seconds": int(seconds)}:
            return timedelta(seconds=seconds)
        case dict() | list():
            raise ValueError("no value of a sentence")
        case _:
            return value  # type: ignore[no-any-return]
