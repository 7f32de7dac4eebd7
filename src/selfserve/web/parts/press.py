"""A button that does something at once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from selfserve.web.parts.form import Look
from selfserve.web.parts.icons import icon
from selfserve.web.parts.markup import NOTHING, show


def press(
    words: str,
    act: Callable[[GenericEventArguments], Coroutine[Any, Any, None]],
    *,
    look: Look = "s-quiet",
    drawn: str = "",
    mark: str = "",
) -> ui.html:
    """The button, marked by `mark`, else by its words in lower case with hyphens."""
    inner = Markup("{}{}").format(icon(drawn) if drawn else NOTHING, words)
    button = show(inner, tag="button").classes(look).props("type=button").mark(mark or words.lower().replace(" ", "-"))
    button.on("click", act)
    return button
