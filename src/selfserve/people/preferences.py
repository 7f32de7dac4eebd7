"""What people have chosen for themselves, kept for every device of theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.store.states import MailWish
from selfserve.store.tables import Preference


def of(session: Session, person_id: str) -> Preference:
    """What the person has chosen; what is so for everybody where they have not."""
    found = session.get(Preference, person_id)
    return found or Preference(person_id=person_id, language="", mail=MailWish.AT_ONCE, hint_closed_at=None)


def close_hint(session: Session, person_id: str, now: datetime) -> None:
    """They have read what is said to people who are here for the first time."""
    _choose(session, person_id, hint_closed_at=now)


def _choose(session: Session, person_id: str, **chosen: object) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Preference)
        .values({"person_id": person_id, "language": "", "mail": MailWish.AT_ONCE, **chosen})
        .on_conflict_do_update(index_elements=[Preference.person_id], set_=chosen)
    )
