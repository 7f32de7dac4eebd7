"""Why something asked of the requests room cannot be: types with the sentence a person reads. Faces map them once."""

from __future__ import annotations

from datetime import datetime

from selfserve.catalog.answers import AnswerRefused, plain_text
from selfserve.languages.messages import msg


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
        super().__init__(msg("Some answers need another look."))
        self.errors = errors


def words_of(field: str, raw: str) -> str:
    """What a person typed into `field`, without outer spaces; Unfit where it holds signs that cannot be shown."""
    try:
        return plain_text(raw, lines=True)
    except AnswerRefused as refused:
        raise Unfit({field: refused.words}) from refused


class AlreadyDecided(NotPossible):
    """Somebody (or a timer) was first."""

    def __init__(self, by: str, at: datetime, *, approved: bool) -> None:
        if approved:
            words = msg("{name} approved this already: {at}.", name=by, at=at)
        else:
            words = msg("{name} did not approve this, and said so already: {at}.", name=by, at=at)
        super().__init__(words)
        self.by, self.at, self.approved = by, at, approved


class AlreadyAsked(NotPossible):
    """The same was asked for this person before, by somebody else; nothing more is told about it."""

    def __init__(self, customer: str) -> None:
        super().__init__(
            msg("This was already asked for {name}. They can see how it stands, and tell you.", name=customer)
        )


class CannotWork(NotPossible):
    """A target says that it can never do what was asked: no such pool, no such device. Nothing was stored."""


class KeyReused(Refusal):
    """An idempotency key came again with another ask."""
