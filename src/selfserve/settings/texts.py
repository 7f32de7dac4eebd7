"""Text that people saved with an editor: UTF-8, with or without the mark that some put before it."""

from __future__ import annotations

import codecs
import re
import unicodedata

MARK = "\ufeff"
"""The byte order mark as a character."""
_REFUSED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
"""Letters and marks by their category, and nothing to be seen."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotText(ValueError):  # noqa: N818 - says what the bytes are not
    """The bytes are not UTF-8 text; the sentence goes on after the name of the file."""


def decoded(content: bytes) -> str:
    """The text, without a byte order mark before it; raises NotText for UTF-16, UnicodeDecodeError for what else is not
    UTF-8.

    Notepad and Windows PowerShell 5 write the mark, which is part of no line, or save as UTF-16, which is not guessed.
    """
    if content.startswith(_UTF_16):
        raise NotText("is not UTF-8 text but UTF-16; save it as UTF-8")
    return content.decode().removeprefix(MARK)


def unseen(text: str) -> str | None:
    """The first sign of what a machine compares that nobody can see, or tell from a plain space: of control or format,
    of no width, a space of another kind; None where there is none."""
    for sign in text:
        if sign != " " and (unicodedata.category(sign) in _REFUSED or _BLANK.match(sign)):
            return sign
    return None
