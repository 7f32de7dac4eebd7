"""How a command ends early: one sentence, one exit code."""

from __future__ import annotations


class Stop(Exception):  # noqa: N818 - what the command does
    """Ends the command; the text is one sentence for the person at the terminal."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


FAILED = 1
"""It was tried and did not work, or something that was checked is not right."""
WRONG = 2
"""Wrong use or configuration: trying again is no use before something is changed."""
