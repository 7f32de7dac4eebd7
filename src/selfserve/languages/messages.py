"""Sentences that are made before it is known who reads them: English now, the reader's language later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

Plain = str | int | float | bool | None
"""What may stand in a sentence: it has to survive being stored."""


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
        made = cls(shape.format(**values))
        made.text, made.many, made.values = text, many, values
        return made

    def kept(self) -> dict[str, Any]:
        """As small JSON, to be stored beside the sentence."""
        return {"text": self.text, "values": dict(self.values)} | ({"many": self.many} if self.many else {})


def msg(text: str, /, **values: Plain) -> Message:
    """A sentence to be said later: `msg("You are a member of {group}.", group=name)`."""
    return Message.made(text, "", values)


def msg_n(one: str, many: str, count: int, /, **values: Plain) -> Message:
    """A sentence that counts; `{count}` stands for the number."""
    return Message.made(one, many, {"count": count, **values})


def kept(words: str) -> dict[str, Any] | None:
    """What has to be stored with `words` so that they can be said in another language; None for plain text."""
    return words.kept() if isinstance(words, Message) else None


def again(words: str, stored: Any) -> str:
    """`words` as they were before they were stored; plain where what was stored beside them does not make them."""
    if not isinstance(stored, dict):
        return words
    text, many, values = stored.get("text"), stored.get("many", ""), stored.get("values")
    if not (isinstance(text, str) and isinstance(many, str) and isinstance(values, dict)):
        return words
    try:
        made = Message.made(text, many, values)
    except (LookupError, ValueError, AttributeError, TypeError):
        return words
    return made if made == words else words
