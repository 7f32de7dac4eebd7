"""What a reading shows of nobody any more, as it may not be read: it is kept and told, never taken from anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from selfserve.languages.messages import msg
from selfserve.people.figures import SyncFigures
from selfserve.people.mapping import PeopleMapping, Record
from selfserve.people.reading import Source
from selfserve.store.database import Database
from selfserve.store.tables import Person

MANAGER: Final = "manager"
DISABLED: Final = "disabled"
_TEXTS: Final = (
    "login", "email", "given_name", "department", "title", "location", "employee_type", "language", "human",
)  # fmt: skip
_FEW: Final = 500
"""So many keys are named in one question; with more, everybody is read."""


def keep_veiled(
    db: Database, source: Source, mapping: PeopleMapping, records: Sequence[Record], figures: SyncFigures
) -> frozenset[str]:
    """The columns of `Person`, or `manager`, that the directory may show of nobody: put into `records` as they are
    known, but for managers, with an alarm in the figures. Raises `DirectoryError`.

    Asked only where somebody would lose something.
    """
    known = _known(db, records)
    lost = {column for record in records for column in _lost(known.get(record.key), record)}
    attributes = {column: _attribute(mapping, column) for column in sorted(lost)}
    veiled = {column: name for column, name in attributes.items() if name and not _asked(source, mapping, name)}
    for record in records:
        old = known.get(record.key)
        for column in set(_lost(old, record)) & veiled.keys() - {MANAGER}:
            record.columns[column] = getattr(old, column)
    figures.alarms += [_alarm(name) for name in dict.fromkeys(veiled.values())]
    return frozenset(veiled)


def _known(db: Database, records: Sequence[Record]) -> Mapping[str, Any]:
    columns = [getattr(Person, column) for column in ("key", "manager_id", DISABLED, *_TEXTS)]
    wanted = sa.select(*columns).where(Person.gone_at.is_(None))
    if len(records) <= _FEW:
        wanted = wanted.where(Person.key.in_([record.key for record in records]))
    with db.read() as session:
        return {row.key: row for row in session.execute(wanted)}


def _lost(old: Any, record: Record) -> Iterator[str]:
    """What is known of a person and not in their record; nothing where they are not known."""
    if old is None:
        return
    yield from (column for column in _TEXTS if getattr(old, column) and not record.columns[column])
    if old.disabled and not record.columns[DISABLED]:
        yield DISABLED
    if old.manager_id and not record.manager:
        yield MANAGER


def _attribute(mapping: PeopleMapping, column: str) -> str:
    return mapping.directory.disabled.attribute if column == DISABLED else str(getattr(mapping.attributes, column))


def _asked(source: Source, mapping: PeopleMapping, attribute: str) -> bool:
    """Whether the directory tells of anybody that they have the attribute, or that they have not: a filter is undefined
    where its attribute may not be searched (RFC 4511, section 4.5.1.7)."""
    either = f"(&{mapping.directory.filter}(|({attribute}=*)(!({attribute}=*))))"
    return any(True for _ in source.search_paged(mapping.directory.base, either, (mapping.attributes.key,)))


def _alarm(attribute: str) -> str:
    return msg(
        "The directory does not show {attribute} of anybody any more, so everyone keeps what is known of it. Let the "
        "service account read that attribute.",
        attribute=attribute,
    )
