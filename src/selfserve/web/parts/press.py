"""A button that does something at once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from selfserve.web.parts.form import Look
from selfserve.web.parts.icons import address
from selfserve.web.parts.steady import steady

Pressed = Callable[[GenericEventArguments], Coroutine[Any, Any, None]]


class Press(Element, component="press.js", dependencies=["steady.js"]):
    """Tells `click`, and takes no other until `rest`; `caption` puts the words into an element of their own."""

    def __init__(self, words: str, drawn: str = "", *, caption: bool = False) -> None:
        super().__init__()
        self._props["label"], self._props["caption"], self._props["words"] = words, caption, steady()
        self._props["drawn"] = address(drawn) if drawn else ""

    def does(self, act: Pressed) -> None:
        """Run `act` when it is pressed; it is busy for as long."""

        async def pressed(event: GenericEventArguments) -> None:
            try:
                await act(event)
            finally:
                if not self.is_deleted:
                    self.run_method("rest")

        self.on("click", pressed)


def press(words: str, act: Pressed, *, look: Look = "s-quiet", drawn: str = "", mark: str = "") -> Press:
    """The button, marked by `mark`, else by its words in lower case with hyphens."""
    button = Press(words, drawn).classes(look).mark(mark or words.lower().replace(" ", "-"))
    button.does(act)
    return button
