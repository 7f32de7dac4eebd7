"""Words as the search compares them: without case, accents and signs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST: Final = 200
_ENGLISH: Final = """
a an and any are can could do does for from get give have help how i id in into is it like m me my need new of on or our
please s t the there this to us want was we what where which why will with would you your
"""
_GERMAN: Final = """
als am an auf aus bei bekommen bin bitte brauche das dem den der des die ein eine einen einem fur gibt haben hatte ich
im in ist kann man mein meine meinen meinem mich mir mit neu neue neuen neuer neues oder und uns von was wie will wir
wo zu zum zur
"""
STOP_WORDS: Final = frozenset((_ENGLISH + _GERMAN).split())
"""Words that say nothing about what is wanted."""


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """`text` in lower case and without accents: "Zürich" and "ZURICH" become "zurich"."""
    apart = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().replace("'", "").replace("’", ""))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words(text: str) -> list[str]:
    """The folded words of `text`, in order."""
    return _WORD.findall(fold(text))
