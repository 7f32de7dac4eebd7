"""What the installation stands on: versions, and the room that its store has."""

from __future__ import annotations

import hashlib
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from selfserve.catalog.loading import Catalog
from selfserve.fulfilment.house import House
from selfserve.store import migrations


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the parts. `schema` is the store's revision, `schema_known` this build's; `catalog` a digest of the version
    served, with its number of items; `catalog_problems` why the folder as it is now cannot be served."""

    selfserve: str
    python: str
    store: str
    schema: str
    schema_known: str
    catalog: str
    items: int
    catalog_problems: list[str]


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that the store takes, and that are free where it lies; None where another machine has it."""

    taken: int
    free: int | None


def versions(session: Session, house: House) -> Versions:
    """As they are now."""
    catalog = house.catalog.current
    return Versions(
        selfserve=version("selfserve"),
        python=platform.python_version(),
        store=_store(session, sqlite=house.database.sqlite),
        schema=session.scalar(sa.text("SELECT version_num FROM alembic_version")) or "",
        schema_known=migrations.head(),
        catalog=_digest(catalog),
        items=len(catalog.items),
        catalog_problems=[str(problem) for problem in house.catalog.problems],
    )


def _store(session: Session, *, sqlite: bool) -> str:
    if sqlite:
        return f"SQLite {session.scalar(sa.text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {session.scalar(sa.text('SHOW server_version'))}"


def _digest(catalog: Catalog) -> str:
    """Equal in every process that serves the same items, policy, teams and runbooks."""
    whole = hashlib.sha256()
    for part in (catalog.digests, catalog.runbooks, catalog.teams):
        whole.update(repr(sorted(part.items(), key=lambda pair: pair[0])).encode())
    whole.update(repr(catalog.policy).encode())
    return whole.hexdigest()[:12]


def room(session: Session, house: House) -> Room:
    """What the store takes, and what is left for it."""
    if not house.database.sqlite:
        return Room(int(session.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0), None)
    file = Path(str(house.database.url.database))
    beside = [one for one in file.parent.glob(f"{file.name}*") if one.is_file()]
    return Room(sum(one.stat().st_size for one in beside), shutil.disk_usage(file.parent).free)
