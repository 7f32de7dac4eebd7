"""Refusals as a form shows them, in the language of the page."""

from __future__ import annotations

from selfserve.requests.refusals import Refusal, Unfit
from selfserve.web.speech import tell


def sentences(refusal: Refusal) -> dict[str, str]:
    """A sentence beside each field the refusal names; where it names none, one below all of them."""
    errors = refusal.errors if isinstance(refusal, Unfit) else {"": refusal.words}
    return {name: tell(words) for name, words in errors.items()}
