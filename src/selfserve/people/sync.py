"""People from the directory: what changed since the last look and who is there no more, and now and then everything.

Everything is read before anything is written, so a directory that fails half way changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient

from selfserve.audit.trail import Trail
from selfserve.languages.messages import msg
from selfserve.people import doubts
from selfserve.people.figures import SyncFigures
from selfserve.people.mapping import PeopleMapping, Record, generalized, moment, normal
from selfserve.people.reading import (
    GroupRecord,
    Source,
    list_people,
    read_groups,
    read_member_of,
    read_members,
    read_people,
    read_person,
    with_parents,
)
from selfserve.people.veiled import MANAGER, keep_veiled
from selfserve.people.writing import Writer
from selfserve.store.database import Database
from selfserve.store.tables import Person, PersonGroup, SyncMark

FUTURE = timedelta(hours=1)
"""A stamp further ahead comes from a broken clock; following it would blind us to every change before it."""
SOURCE = "directory"
"""Where the mark of the readings stands."""
SINGLY = 20
"""Above this many changed groups, asking everyone for their groups is cheaper than asking group by group; and so many
people who came back are read at a time, one by one."""


def sync(
    db: Database,
    client: Source,
    mapping: PeopleMapping,
    now: datetime,
    *,
    full: bool | None = None,
    accept_shrink: bool = False,
    source: str = SOURCE,
) -> SyncFigures:
    """Bring people, managers and groups to what the directory shows; the figures tell what that changed.

    `full` says whether everything is read; None lets the last full reading's age decide. A reading that would leave
    less than the mapping's share of people present changes nobody, raises an alarm in the figures and is repeated as a
    full one next time, unless `accept_shrink`. Raises `DirectoryError` where the directory cannot be read; nothing
    changed then.
    """
    with db.read() as session:
        mark = session.get(SyncMark, source) or SyncMark(source=source, stamp="", full_at=None, figures={})
        make_transient(mark)
    if full is None:
        full = not mark.stamp or mark.full_at is None or now - mark.full_at >= mapping.directory.full_every
    reading = _Reading(db, client, mapping, now, SyncFigures(full=full), mark)
    reading.run(accept_shrink=accept_shrink)
    return reading.figures


@dataclass
class _Reading:
    db: Database
    client: Source
    mapping: PeopleMapping
    now: datetime
    figures: SyncFigures
    mark: SyncMark

    def run(self, *, accept_shrink: bool) -> None:
        records = read_people(self.client, self.mapping, self.figures, self.since)
        by_people = self._people_tell(records)
        groups = read_groups(self.client, self.mapping, self.figures, members=not by_people)
        shown = self._shown(records)
        veiled = keep_veiled(self.db, self.client, self.mapping, records, self.figures)
        if not accept_shrink and self._too_few(records, shown):
            self._note(self.mark.stamp, by_people=by_people)
            return
        writer = Writer(self.db, self.figures, self.now)
        writer.persons(records)
        writer.gone(shown)
        if MANAGER not in veiled:
            self._managers(writer, records)
        self._memberships(writer, records, groups, by_people=by_people)
        self._note(self._stamp(records, groups.values()), by_people=by_people)

    @property
    def since(self) -> str:
        """Where a reading of changes starts; "" for everything."""
        last = moment(self.mark.stamp)
        return "" if self.figures.full or last is None else generalized(last - self.mapping.overlap)

    def _shown(self, records: list[Record]) -> set[str]:
        """The keys of everybody the directory shows. An entry that is gone has no stamp to be found by, so a reading of
        changes lists all keys.

        Who counts as gone and is listed again is read, and put to `records`, since no stamp need tell of that either: a
        replica that was behind, or a right that was lost for a while.
        """
        met = {record.key for record in records}
        if self.figures.full:
            return met
        listed = list_people(self.client, self.mapping)
        with self.db.read() as session:
            gone = session.scalars(sa.select(Person.key).where(Person.gone_at.is_not(None))).all()
        for key in [key for key in gone if key in listed and key not in met][:SINGLY]:
            back = read_person(self.client, self.mapping, key, listed[key])
            records += [back] if back is not None else []
        return met | listed.keys()

    def _people_tell(self, records: list[Record]) -> bool:
        """Whether people's own entries show their groups (memberOf): a full reading finds out, others remember."""
        if self.figures.full:
            return any(record.member_of for record in records)
        return bool(self.mark.figures.get("by_people"))

    def _too_few(self, records: list[Record], listed: set[str]) -> bool:
        with self.db.read() as session:
            known = set(
                session.scalars(sa.select(Person.key).where(Person.disabled.is_(False), Person.gone_at.is_(None)))
            )
        shown = {record.key: not record.columns["disabled"] for record in records}
        stay = sum(shown.get(key, key in listed) for key in known)
        if not known or stay >= self.mapping.least_share * len(known):
            return False
        self.figures.refused = True
        self.figures.alarms.append(
            msg(
                "The directory shows only {stay} of {all} people as present, so nothing was changed. If that is right, "
                "run `selfserve people sync --accept-shrink`; if not, look at the directory's base, filter and access "
                "rights.",
                stay=stay,
                all=len(known),
            )
        )
        return True

    def _managers(self, writer: Writer, records: list[Record]) -> None:
        ids = self._ids_by_dn if records else {}
        own = {record.key: ids.get(normal(record.dn)) for record in records}
        wanted = {own[record.key]: ids.get(record.manager) for record in records}
        writer.managers({person_id: manager for person_id, manager in wanted.items() if person_id is not None})

    @cached_property
    def _ids_by_dn(self) -> dict[str, str]:
        """Persons the directory shows, by DN, once all are written; of two under one name, the one made later."""
        with self.db.read() as session:
            rows = session.execute(sa.select(Person.dn, Person.id).where(Person.gone_at.is_(None)).order_by(Person.id))
            return {normal(row.dn): row.id for row in rows}

    def _memberships(
        self, writer: Writer, records: list[Record], groups: dict[str, GroupRecord], *, by_people: bool
    ) -> None:
        if not groups and self._had_groups():
            self.figures.alarms.append(
                msg(
                    "The directory shows no groups any more, so everyone keeps theirs. Look at `directory.group_base`, "
                    "`directory.group_filter` and the access rights of the service account."
                )
            )
            return
        writer.keep_groups({group.name for group in groups.values()})
        if not by_people:
            self._by_groups(writer, groups)
            return
        self._by_records(writer, records, groups)
        if not self.figures.full:
            self._changed_groups(writer, groups)

    def _had_groups(self) -> bool:
        with self.db.read() as session:
            return session.scalar(sa.select(PersonGroup.group).limit(1)) is not None

    def _by_groups(self, writer: Writer, groups: dict[str, GroupRecord]) -> None:
        ids = self._ids_by_dn
        direct: dict[str, list[str]] = {person_id: [] for person_id in ids.values()}
        for group in groups.values():
            for member in group.members:
                if member in ids:
                    direct[ids[member]].append(group.dn)
        writer.memberships({person_id: with_parents(of, groups) for person_id, of in direct.items()})

    def _by_records(self, writer: Writer, records: list[Record], groups: dict[str, GroupRecord]) -> None:
        ids = self._ids_by_dn if records else {}
        told = {ids.get(normal(record.dn)): with_parents(record.member_of, groups) for record in records}
        writer.memberships({person_id: names for person_id, names in told.items() if person_id is not None})

    def _changed_groups(self, writer: Writer, groups: dict[str, GroupRecord]) -> None:
        """A person's entry does not change when a group takes them in: the group's does."""
        start = moment(self.since)
        changed = [group for group in groups.values() if _not_before(group.stamp, start)]
        nested = {parent for group in groups.values() for parent in group.parents}
        if not changed:
            return
        ids = self._ids_by_dn
        if len(changed) > SINGLY or any(group.parents or group.dn in nested for group in changed):
            told = read_member_of(self.client, self.mapping)
            writer.memberships({ids[dn]: with_parents(of, groups) for dn, of in told.items() if dn in ids})
            return
        for group in changed:
            members = read_members(self.client, self.mapping, group)
            writer.members(group.name, {ids[dn] for dn in members if dn in ids})

    def _stamp(self, records: Iterable[Record], groups: Iterable[GroupRecord]) -> str:
        told = [record.stamp for record in records] + [group.stamp for group in groups] + [self.mark.stamp]
        moments = {at: stamp for stamp in told if (at := moment(stamp)) is not None and at <= self.now + FUTURE}
        if not moments:
            self.figures.alarms.append(
                msg(
                    "The directory shows no {attribute}, so every reading is a full one. Let the service account read "
                    "that attribute.",
                    attribute=self.mapping.stamp,
                )
            )
            return ""
        return moments[max(moments)]

    def _note(self, stamp: str, *, by_people: bool) -> None:
        with self.db.read() as session:
            doubts.count(session, self.figures)
        figures = self.figures.stored() | {"by_people": by_people}
        done = self.figures.full and not self.figures.refused
        with self.db.write() as session:
            session.merge(
                SyncMark(
                    source=self.mark.source,
                    stamp=stamp,
                    full_at=self.now if done else None if self.figures.refused else self.mark.full_at,
                    ran_at=self.now,
                    figures=figures,
                )
            )
            if self.figures.effective or self.figures.alarms:
                self._tell(session, figures)

    def _tell(self, session: Session, figures: dict[str, object]) -> None:
        kind = "people.refused" if self.figures.refused else "people.read"
        Trail(session, f"people:{self.mark.source}").tell(kind, at=self.now, data=figures)


def _not_before(stamp: str, start: datetime | None) -> bool:
    at = moment(stamp)
    return at is None or start is None or at >= start
