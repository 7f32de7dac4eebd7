"""What went wrong with a command, in a sentence. Imported only then, since it knows the errors of all rooms."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import SQLAlchemyError

from selfserve.cli.account import account
from selfserve.cli.stop import FAILED, WRONG
from selfserve.cli.store_trouble import in_a_sentence
from selfserve.connectors.problems import ConnectorProblem
from selfserve.settings.problems import SettingsInvalid
from selfserve.settings.secrets import SecretUnavailable


def told(trouble: Exception) -> tuple[str, int] | None:
    """The sentence and the exit code; None for what nobody foresaw."""
    if isinstance(trouble, SettingsInvalid | SecretUnavailable | ConnectorProblem):
        return str(trouble), WRONG
    if isinstance(trouble, SQLAlchemyError | sqlite3.Error):
        return in_a_sentence(trouble), FAILED
    if isinstance(trouble, PermissionError) and trouble.filename:
        return f"The account {account()} has no permission for {trouble.filename}.", FAILED
    if isinstance(trouble, OSError):
        return f"{trouble.filename or 'selfserve'}: {(trouble.strerror or str(trouble)).lower()}.", FAILED
    return None
