"""Writes what was read, in short transactions of a few hundred rows, so that nobody else waits long for the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from selfserve.audit.trail import Trail
from selfserve.people.figures import SyncFigures
from selfserve.people.leaving import cut_off
from selfserve.people.mapping import Record
from selfserve.store.database import Database
from selfserve.store.ids import new_id
from selfserve.store.tables import Person, PersonGroup

BATCH = 500
_PERSON: sa.Table = Person.__table__  # type: ignore[assignment]
_MEMBERSHIP: sa.Table = PersonGroup.__table__  # type: ignore[assignment]
_LEAVE = sa.delete(_MEMBERSHIP).where(
    _MEMBERSHIP.c.person_id == sa.bindparam("person"), _MEMBERSHIP.c.group_name == sa.bindparam("name")
)
_KEPT = ("id", "zone", "manager_id", "gone_at", "seen_at")
"""Columns that are not the entry's own."""
T = TypeVar("T")


@dataclass
class Writer:
    """Brings the store to what a reading found; every method counts into `figures`."""

    db: Database
    figures: SyncFigures
    now: datetime

    def persons(self, records: Iterable[Record]) -> None:
        """Add and change persons by their key, whatever else changed; end what disabled ones still have open."""
        for batch in _batches(records):
            with self.db.write() as session:
                self._persons(session, batch)

    def _persons(self, session: Session, batch: list[Record]) -> None:
        keys = [record.key for record in batch]
        known = {row.key: row for row in session.execute(sa.select(_PERSON).where(_PERSON.c.key.in_(keys)))}
        fresh = [self._row(record) for record in batch if record.key not in known]
        if fresh:
            session.execute(self._insert_unless_there(_PERSON), fresh)
            self.figures.added += len(fresh)
        changed = [(known[record.key], record) for record in batch if _differs(known.get(record.key), record)]
        if changed:
            session.connection().execute(_change(), [{"row_id": old.id, **new.columns} for old, new in changed])
            self.figures.changed += len(changed)
            self._turns(session, changed)
        session.execute(sa.update(_PERSON).where(_PERSON.c.key.in_(keys)).values(seen_at=self.now))

    def _row(self, record: Record) -> dict[str, Any]:
        return {"id": new_id(), "zone": "", "manager_id": None, "gone_at": None, "seen_at": self.now, **record.columns}

    def _insert_unless_there(self, table: sa.Table) -> sa.Insert:
        """Another process may be reading the same directory: what it added meanwhile is no error."""
        make = sqlite.insert if self.db.sqlite else postgresql.insert
        return make(table).on_conflict_do_nothing()

    def _turns(self, session: Session, changed: list[tuple[Any, Record]]) -> None:
        locked_out = []
        for old, new in changed:
            disabled = bool(new.columns["disabled"])
            if old.gone_at is not None:
                self.figures.returned += 1
                self._tell(session, old.id, "person.returned")
            if disabled and not old.disabled:
                self.figures.disabled += 1
                locked_out.append(old.id)
                self._tell(session, old.id, "person.disabled")
            if old.disabled and not disabled:
                self.figures.enabled += 1
                self._tell(session, old.id, "person.enabled")
            if old.login != new.columns["login"]:
                self._tell(session, old.id, "person.login_changed", before=old.login, after=new.columns["login"])
        self._cut_off(session, locked_out, "disabled")

    def gone(self, seen: Collection[str]) -> None:
        """Mark everyone whose key is not among `seen` as gone, with everything they had open ended."""
        with self.db.read() as session:
            rows = session.execute(sa.select(_PERSON.c.id, _PERSON.c.key).where(_PERSON.c.gone_at.is_(None))).all()
        missing = [row.id for row in rows if row.key not in seen]
        for batch in _batches(missing):
            with self.db.write() as session:
                session.execute(sa.update(_PERSON).where(_PERSON.c.id.in_(batch)).values(gone_at=self.now))
                session.execute(sa.delete(_MEMBERSHIP).where(_MEMBERSHIP.c.person_id.in_(batch)))
                for person_id in batch:
                    self._tell(session, person_id, "person.gone")
                self._cut_off(session, batch, "gone")
        self.figures.gone += len(missing)

    def managers(self, wanted: Mapping[str, str | None]) -> None:
        """Set each person's manager: ids to ids."""
        with self.db.read() as session:
            rows = session.execute(sa.select(_PERSON.c.id, _PERSON.c.manager_id)).all()
        different = [
            {"row_id": row.id, "manager": wanted[row.id]}
            for row in rows
            if row.id in wanted and wanted[row.id] != row.manager_id
        ]
        change = sa.update(_PERSON).where(_PERSON.c.id == sa.bindparam("row_id"))
        for batch in _batches(different):
            with self.db.write() as session:
                session.connection().execute(change.values(manager_id=sa.bindparam("manager")), batch)
        self.figures.managers += len(different)

    def memberships(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Set the groups of each person named: person id to group names. Others keep theirs."""
        for batch in _batches(wanted.items()):
            right = {(person_id, group) for person_id, groups in batch for group in groups}
            self._bring_to(right, _MEMBERSHIP.c.person_id.in_([person_id for person_id, _ in batch]))

    def members(self, group: str, person_ids: Collection[str]) -> None:
        """Set who is in one group, leaving every other group alone."""
        self._bring_to({(person_id, group) for person_id in person_ids}, _MEMBERSHIP.c.group_name == group)

    def _bring_to(self, right: set[tuple[str, str]], within: sa.ColumnElement[bool]) -> None:
        with self.db.read() as session:
            rows = session.execute(sa.select(_MEMBERSHIP.c.person_id, _MEMBERSHIP.c.group_name).where(within))
            there = {(row.person_id, row.group_name) for row in rows}
        for batch in _batches(sorted(right - there)):
            with self.db.write() as session:
                added = [{"person_id": person_id, "group_name": group} for person_id, group in batch]
                session.execute(self._insert_unless_there(_MEMBERSHIP), added)
        for batch in _batches(sorted(there - right)):
            with self.db.write() as session:
                removed = [{"person": person_id, "name": group} for person_id, group in batch]
                session.connection().execute(_LEAVE, removed)
        self.figures.joined += len(right - there)
        self.figures.left += len(there - right)

    def keep_groups(self, names: Collection[str]) -> None:
        """Forget the memberships in groups that no longer go by one of `names`."""
        with self.db.read() as session:
            known = session.scalars(sa.select(_MEMBERSHIP.c.group_name).distinct()).all()
        for vanished in sorted(set(known) - set(names)):
            self.members(vanished, ())

    def _cut_off(self, session: Session, person_ids: Sequence[str], why: str) -> None:
        ended = cut_off(session, person_ids, self.now, why)
        self.figures.sessions_ended += ended.sessions
        self.figures.tokens_revoked += ended.tokens

    def _tell(self, session: Session, person_id: str, kind: str, **data: Any) -> None:
        Trail(session, f"person:{person_id}").tell(kind, at=self.now, data=data)


def _differs(old: Any, new: Record) -> bool:
    if old is None:
        return False
    return old.gone_at is not None or any(getattr(old, name) != value for name, value in new.columns.items())


def _change() -> sa.Update:
    values: dict[str, Any] = {
        column.name: sa.bindparam(column.name) for column in _PERSON.c if column.name not in _KEPT
    }
    return sa.update(_PERSON).where(_PERSON.c.id == sa.bindparam("row_id")).values(**values, gone_at=None)


def _batches(of: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(of)
    while batch := list(islice(iterator, size)):
        yield batch
