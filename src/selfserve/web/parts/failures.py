"""Why a step failed, in words for staff."""

from __future__ import annotations

from typing import Final

from selfserve.connectors.contract import FailureKind
from selfserve.languages.messages import Message, msg

_WORDS: Final[dict[str, Message]] = {
    FailureKind.TRANSIENT: msg("The target does not work at the moment"),
    FailureKind.RATE_LIMITED: msg("The target asks us to slow down"),
    FailureKind.CONFLICT: msg("Something else is in the way in the target"),
    FailureKind.NOT_FOUND: msg("The target does not have what it is about"),
    FailureKind.AMBIGUOUS: msg("More than one in the target could be meant"),
    FailureKind.FORBIDDEN: msg("The target does not allow us this"),
    FailureKind.AUTH: msg("The target does not accept our account"),
    FailureKind.CONFIG: msg("It is not set up rightly"),
    FailureKind.PERMANENT: msg("The target refused, and would refuse again"),
    FailureKind.UNKNOWN: msg("It is not known whether it was done"),
}


def failure_words(kind: str) -> str:
    """One clause, to be told; the stable word itself for one that another version of the product has written."""
    return _WORDS.get(kind, kind.replace("_", " "))
