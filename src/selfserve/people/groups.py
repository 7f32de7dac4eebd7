"""How large directory groups are, for the catalog's checks."""

from __future__ import annotations

import sqlalchemy as sa

from selfserve.people.directory import are_present
from selfserve.store.database import Database
from selfserve.store.tables import Person, PersonGroup


class GroupSizes:
    """Counts present members in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def group_size(self, group: str) -> int | None:
        """How many present people are in the group; None where no such group is known."""
        with self._database.read() as session:
            counted = session.scalar(
                sa.select(sa.func.count())
                .select_from(PersonGroup)
                .join(Person, Person.id == PersonGroup.person_id)
                .where(PersonGroup.group == group, *are_present())
            )
        return counted or None
