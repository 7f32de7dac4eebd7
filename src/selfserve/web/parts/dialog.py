"""A dialog as one element: a question before something final, or a secret that is shown until it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from nicegui.element import Element

from selfserve.languages.messages import msg
from selfserve.web.parts.form import Look
from selfserve.web.parts.steady import steady
from selfserve.web.speech import say, tell


@dataclass(frozen=True, slots=True)
class Question:
    """`name` comes back with `sure` when the answer is yes. Words may be `Message`s."""

    name: str
    title: str
    words: str
    yes: str
    no: str = msg("Not now")
    look: Look = "s-btn"


class Dialog(Element, component="dialog.js", dependencies=["steady.js"]):
    """Tells `sure` with the question's name, `kept` when the customer says that they have a secret, and `closed`.

    After `sure` and `kept` it waits for `refuse`, or to be closed."""

    def __init__(self) -> None:
        super().__init__()
        self._props["own"] = {
            **steady(),
            "moment": say("One moment…"),
            "first": say("Keep it first, then say so with the button below."),
            "copy": say("Copy"),
            "copied": say("Copied"),
            "kept": say("I have kept it"),
            "unheard": say("You were not connected, so nobody knows yet that you have kept it. Say so again."),
            "refused": say("The browser did not let us copy it. Select it and copy it by hand."),
        }

    def ask(self, question: Question) -> None:
        """Open with a question."""
        self.run_method("ask", {name: tell(value) for name, value in asdict(question).items()})

    def reveal(self, title: str, words: str, secrets: Mapping[str, str]) -> None:
        """Open with secrets by name. They travel to the browser as a message and are no property of this element."""
        shown = [{"name": name, "value": value} for name, value in secrets.items()]
        self.run_method("reveal", tell(title), tell(words), shown)

    def refuse(self, words: str) -> None:
        """Say why it could not be; the question stays."""
        self.run_method("refuse", tell(words))

    def close(self) -> None:
        """Close it, as its button would."""
        self.run_method("close")
