"""Made-up persons, groups and teams straight in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from selfserve.store.ids import new_id
from selfserve.store.tables import Person, PersonGroup

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Team:
    """As much of a catalog team as people look at."""

    members: Sequence[str] | None = None
    group: str | None = None


def add(session: Session, login: str, *, groups: Sequence[str] = (), **columns: Any) -> Person:
    """A person `login@example.test` who is present unless `columns` say otherwise."""
    person_id = new_id()
    given: dict[str, Any] = {
        "key": f"key-{login}", "dn": f"uid={login},ou=people,dc=example,dc=test", "email": f"{login}@example.test",
        "name": login.title(), "seen_at": NOON, **columns,
    }  # fmt: skip
    row = Person(id=person_id, login=login, **given)
    session.add(row)
    session.flush()
    session.add_all(PersonGroup(person_id=person_id, group=group) for group in groups)
    session.flush()
    return row
