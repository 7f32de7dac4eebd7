"""Tells the owners of personal tokens that theirs have ended, where somebody else ended them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from selfserve.languages.messages import msg
from selfserve.notify import notices
from selfserve.people.restored import Live


def tell_owners(session: Session, tokens: Iterable[Live], now: datetime) -> None:
    """That a restore of the store ended them: whatever uses one stands still until it has another."""
    for one in tokens:
        notices.tell(
            session,
            now=now,
            event=f"token-restored:{one.id}",
            title=msg("Your token {label} was ended", label=one.label),
            body=msg("The server was put back to a backup. What uses this token needs a new one."),
            path="/mine",
            person_id=one.person_id,
        )
