"""A dialog as one element: a question before something final, or a secret that is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from nicegui.element import Element

from selfserve.web.parts.form import Look


@dataclass(frozen=True, slots=True)
class Question:
    """`name` comes back with `sure` when the answer is yes."""

    name: str
    title: str
    words: str
    yes: str
    no: str = "Not now"
    look: Look = "s-btn"


class Dialog(Element, component="dialog.js"):
    """Tells `sure` with the question's name, and `closed`."""

    def ask(self, question: Question) -> None:
        """Open with a question."""
        self.run_method("ask", asdict(question))

    def reveal(self, title: str, words: str, secrets: Mapping[str, str]) -> None:
        """Open with secrets by name. They travel to the browser once and are no property of this element."""
        shown = [{"name": name, "value": value} for name, value in secrets.items()]
        self.run_method("reveal", title, words, shown)

    def refuse(self, words: str) -> None:
        """Say why it could not be; the question stays."""
        self.run_method("refuse", words)

    def close(self) -> None:
        """Close it, as its button would."""
        self.run_method("close")
