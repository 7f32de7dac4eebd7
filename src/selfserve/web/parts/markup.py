"""HTML written by us around words written by others: every value put into it is escaped, by construction."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from selfserve.web.parts.shown import Shown

NOTHING = Markup()


def joined(parts: Iterable[Markup]) -> Markup:
    """Pieces of markup in a row."""
    return NOTHING.join(parts)


def show(markup: Markup, *, tag: str = "div") -> Shown:
    """Put markup on the page as one element.

    Takes nothing but `Markup`, whose `format` escapes; so the browser need not clean it, which would cost the icons.
    """
    if not isinstance(markup, Markup):
        raise TypeError("markup is put together by Markup(…).format(…), which escapes what others wrote")
    return Shown(str(markup), tag=tag)


def heading(words: str, level: int = 1, *, classes: str = "") -> Markup:
    """A heading; `classes` beside those of its level."""
    return Markup('<h{level} class="s-h{level} {classes}">{words}</h{level}>').format(
        level=level, classes=classes, words=words
    )


def paragraph(words: str, classes: str = "s-lead") -> Markup:
    """A paragraph, or nothing for no words."""
    return Markup('<p class="{}">{}</p>').format(classes, words) if words else NOTHING
