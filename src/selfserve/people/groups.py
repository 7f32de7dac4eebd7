"""Which of the people that the catalog names are there, for its checks."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from selfserve.people.directory import are_present
from selfserve.store.database import Database
from selfserve.store.tables import Person, PersonGroup


class PresentPeople:
    """Counts present people in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any(self) -> bool:
        """Whether anybody was ever read from the directory: without that, nothing can be said of people."""
        with self._database.read() as session:
            return session.scalar(sa.select(Person.id).limit(1)) is not None

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

    def present(self, addresses: Collection[str]) -> int:
        """How many present people have one of these mail addresses."""
        wanted = sorted({address.strip().lower() for address in addresses})
        with self._database.read() as session:
            counted = sa.select(sa.func.count()).select_from(Person).where(Person.email.in_(wanted), *are_present())
            return session.scalar(counted) or 0
