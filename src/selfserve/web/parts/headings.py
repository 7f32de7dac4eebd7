"""Headings of a text put below those of the page that shows it."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_HEADING = re.compile(r"^( {0,3})(#{1,6})(?=\s)")


def below(markdown: str, level: int) -> str:
    """The same Markdown with each `#` heading `level` levels further down, six at most; code blocks are left alone."""
    lines, fence = [], ""
    for line in markdown.splitlines():
        found = _FENCE.match(line)
        if found and fence in ("", found[1]):
            fence = "" if fence else found[1]
        lines.append(line if fence else _HEADING.sub(lambda made: made[1] + "#" * min(6, len(made[2]) + level), line))
    return "\n".join(lines)
