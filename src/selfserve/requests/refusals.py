"""Why something asked of the requests room cannot be: types with the sentence a person reads. Faces map them once."""

from __future__ import annotations

from datetime import datetime

from selfserve.catalog.answers import AnswerRefused, plain_text


class Refusal(Exception):  # noqa: N818  (an answer to a person, not a fault of the program)
    """One clear sentence for the person who asked: a `Message`, so that faces can say it in their language."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NotFound(Refusal):
    """It does not exist, or is not for the one who asks; which of the two is not told."""


class NotAllowed(Refusal):
    """A rule says no."""


class NotPossible(Refusal):
    """The state of things does not allow it (any more)."""


class Unfit(Refusal):
    """What was sent does not fit; `errors` has a sentence per field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("Some answers need another look.")
        self.errors = errors


def words_of(field: str, raw: str) -> str:
    """What a person typed into `field`, without outer spaces; Unfit where it holds signs that cannot be shown."""
    try:
        return plain_text(raw, lines=True)
    except AnswerRefused as refused:
        raise Unfit({field: str(refused)}) from refused


class AlreadyDecided(NotPossible):
    """Somebody (or a timer) was first."""

    def __init__(self, by: str, at: datetime, how: str) -> None:
        super().__init__(f"{by} decided this already ({how}), at {at:%H:%M} UTC on {at:%d %B}.")
        self.by, self.at, self.how = by, at, how


class AlreadyAsked(NotPossible):
    """The same was asked for this person before, by somebody else; nothing more is told about it."""

    def __init__(self, customer: str) -> None:
        super().__init__(f"This was already asked for {customer}. They can see how it stands, and tell you.")


class CannotWork(NotPossible):
    """A target says that it can never do what was asked: no such pool, no such device. Nothing was stored."""


class KeyReused(Refusal):
    """An idempotency key came again with another ask."""
