"""Signs that turn or hide the text around them: nobody who reads such a text sees what it says (Unicode TR 36, 3.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_SUSPECT: Final = re.compile(r"[^\t\n\x20-\x7e]")
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by their category, and nothing to be seen."""
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d"
_SELECTORS: Final = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_RESERVED: Final = "\u2065\ufff0-\ufff8\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
"""Not assigned, and shown as nothing by every font that follows Unicode (DerivedCoreProperties.txt,
Default_Ignorable_Code_Point)."""
_LOST: Final = re.compile(f"[{_RESERVED}]|(?<![^\\s{_SELECTORS}])[{_SELECTORS}]+")
"""Variation selectors are lost where they have nothing before them to vary."""
_DOUBLED: Final = re.compile(f"([{_JOINERS}])[{_JOINERS}]+")
_SHAPING: Final = re.compile(f"[{_JOINERS}{_SELECTORS}]")
_VIRAMA: Final = 9
_PILE: Final = 8
"""Marks that may stand on one sign; more are no writing, but a tower over the lines around it. Writing needs fewer than
half as many (UAX 15, 13, allows thirty, for texts that only machines read)."""
_MARKS: Final = frozenset({"Mn", "Me"})
_EMOJI: Final = frozenset({"So", "Sk"})
_NAMELESS: Final = {
    "\x00": "NULL", "\x07": "BELL", "\x08": "BACKSPACE", "\x0b": "LINE TABULATION", "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN", "\x1b": "ESCAPE", "\x7f": "DELETE", "\x85": "NEXT LINE",
}  # fmt: skip
"""Controls have no names of their own in Unicode, only aliases (NameAliases.txt)."""


def hidden_signs(text: str) -> Iterator[int]:
    """Where in `text` a sign stands that turns or hides text: controls, direction marks, zero-width signs, fillers.

    Tab and line break are left to whoever reads the text. Joiners stand where writing needs them: behind a virama,
    between letters of Arabic and its kin (RFC 5892, appendix A), inside of an emoji.
    """
    for found in _SUSPECT.finditer(text):
        at, sign = found.start(), found[0]
        if sign not in _UNSEEN and unicodedata.category(sign) not in _REFUSED:
            continue
        if not (_ends_line(text, at) or _joins(text, at)):
            yield at


def without_hidden(text: str) -> str:
    """`text` as it is seen: what hides in it is taken out, as people paste it unknowing; joiners and variation
    selectors stay where they shape what stands beside them, and so do the first marks on a sign. In Unicode's composed
    form."""
    while _SUSPECT.search(text):
        left = _piled(_DOUBLED.sub(r"\1", _LOST.sub("", text)))
        hidden = set(hidden_signs(left))
        left = unicodedata.normalize("NFC", "".join(sign for at, sign in enumerate(left) if at not in hidden))
        if left == text:
            break
        text = left  # what was apart may have come together
    return text


def _piled(text: str) -> str:
    """`text` without the marks beyond the first few on one sign."""
    kept, pile = list[str](), 0
    for sign in text:
        pile = pile + 1 if unicodedata.category(sign) in _MARKS else 0
        if pile <= _PILE:
            kept.append(sign)
    return "".join(kept)


def seen_length(text: str) -> int:
    """How many signs of `text` are to be seen, outer spaces left out; its inner spaces count."""
    return len(_SHAPING.sub("", without_hidden(text)).strip())


def told(sign: str) -> str:
    """One sentence that names the sign."""
    name = unicodedata.name(sign, _NAMELESS.get(sign, "a control character"))
    return f"The sign {name} (U+{ord(sign):04X}) turns or hides text; take it out."


def _ends_line(text: str, at: int) -> bool:
    return text.startswith("\r\n", at)


def _joins(text: str, at: int) -> bool:
    if text[at] not in _JOINERS or not 0 < at < len(text) - 1:
        return False
    before, behind = text[at - 1], text[at + 1]
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if unicodedata.bidirectional(before) == unicodedata.bidirectional(behind) == "AL":
        return True
    in_emoji = unicodedata.category(before) in _EMOJI or before == "\ufe0f"
    return text[at] == "\u200d" and in_emoji and unicodedata.category(behind) in _EMOJI
