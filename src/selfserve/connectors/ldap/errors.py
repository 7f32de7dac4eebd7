"""What can go wrong with a directory, as types whose text is the sentence a person reads."""

from __future__ import annotations

from datetime import timedelta

from selfserve.connectors.contract import Failed, FailureKind
from selfserve.connectors.ldap.answers import Answer
from selfserve.languages.messages import msg

RETRY_AFTER = timedelta(seconds=10)


class DirectoryError(Exception):
    """Something the directory did or did not do; `kind` says what the caller may do next."""

    kind = FailureKind.PERMANENT

    def failed(self) -> Failed:
        """The same as an outcome of a connector action."""
        again = self.kind in (FailureKind.TRANSIENT, FailureKind.RATE_LIMITED)
        return Failed(self.kind, self.words, RETRY_AFTER if again else None)

    @property
    def words(self) -> str:
        """The sentence, as it was made."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class DirectoryUnreachableError(DirectoryError):
    """No server could be reached, and nothing was sent that could have changed anything."""

    kind = FailureKind.TRANSIENT


class DirectoryTrustError(DirectoryError):
    """TLS with the server failed: its certificate, its name or its authority is not trusted."""

    kind = FailureKind.CONFIG


class BindRefusedError(DirectoryError):
    """The directory does not accept the service account."""

    kind = FailureKind.AUTH


class BadFilterError(DirectoryError):
    """A filter from the configuration cannot be parsed (RFC 4515); nothing was sent."""

    kind = FailureKind.CONFIG


class AnswerLostError(DirectoryError):
    """A write was sent to `host` and no answer came: it may or may not have happened."""

    kind = FailureKind.UNKNOWN

    def __init__(self, host: str, why: str) -> None:
        super().__init__(
            msg(
                "The answer of {host} to a write was lost ({why}); it may or may not have happened.", host=host, why=why
            )
        )
        self.host = host


class EntryNotFoundError(DirectoryError):
    """The person or group named does not exist."""

    kind = FailureKind.NOT_FOUND


class AnothersNameError(EntryNotFoundError):
    """Who or what was recorded is gone, and another entry has its name today."""


class AmbiguousEntryError(DirectoryError):
    """The name fits more than one entry, and none is guessed."""

    kind = FailureKind.AMBIGUOUS


class UnreadableError(DirectoryError):
    """The directory does not tell whether an entry has an attribute: it may have it, and not show it to us."""

    kind = FailureKind.FORBIDDEN


class PasswordError(DirectoryError):
    """The password cannot be sent at all; nothing was written."""


class DirectoryRefusedError(DirectoryError):
    """The directory answered with an error code; `answer` holds it."""

    def __init__(self, answer: Answer, doing: str) -> None:
        super().__init__(msg("The directory refused to {act}: {why}.", act=doing, why=answer.words))
        self.answer = answer
        self.kind = answer.kind
