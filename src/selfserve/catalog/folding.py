"""Words as the search compares them: without case, accents and signs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from selfserve.languages.function_words import FUNCTION_WORDS, NEGATIONS

_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST: Final = 200
_NOT: Final = frozenset[str]().union(*NEGATIONS.values())
STOP_WORDS: Final = _NOT.union(*FUNCTION_WORDS.values())
"""Words that say nothing alone about what is wanted, in every language: one types in the language one likes."""

Phrase = tuple[tuple[str, ...], bool]
"""Words that stand side by side, and whether they are said to fail: then only those with a meaning of their own, so
that "WLAN geht nicht" and "mein WLAN geht gerade gar nicht" are the same one."""


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """`text` in lower case and without accents: "Zürich" and "ZURICH" become "zurich"."""
    apart = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().replace("'", "").replace("’", ""))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words(text: str) -> list[str]:
    """The folded words of `text`, in order."""
    return _WORD.findall(fold(text))


def meaning(said: list[str]) -> list[str]:
    """Those of the folded words that mean something alone."""
    return [word for word in said if word not in STOP_WORDS]


def fails(said: list[str]) -> bool:
    """Whether the folded words say that something is not there or does not work."""
    return not _NOT.isdisjoint(said)


def phrase(text: str) -> Phrase | None:
    """What is kept of a keyword, a name or a saying to know it again as a whole; None where it means nothing alone."""
    said = words(text)
    meant = meaning(said)
    if not meant:
        return None
    return (tuple(meant), True) if fails(said) else (tuple(said), False)
