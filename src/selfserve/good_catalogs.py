"""Joins the live catalog to the store, which all processes share: the last good version is kept there
(docs/decisions/0015)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from selfserve.catalog.files import Copy
from selfserve.catalog.keeping import Keeper, Kept
from selfserve.store.database import Database
from selfserve.store.tables import GoodCatalog

log = structlog.get_logger(__name__)
THE_ONE: Final = 1
LARGEST: Final = 16 * 1024 * 1024
"""Characters of a catalog that is kept: a hundred times that of the sample company."""


class GoodCatalogs(Keeper):
    """The one version that is kept; see `Keeper` for what each method promises."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now

    def kept(self) -> Kept | None:
        with self._database.read() as session:
            row = session.get(GoodCatalog, THE_ONE)
        if row is None:
            return None
        copy = _whole(row.files)
        if copy is None or copy.digest != row.digest:
            log.error("kept_catalog_damaged", since=row.since.isoformat())
            return None
        return Kept(copy, row.since)

    def keep(self, copy: Copy) -> datetime | None:
        if copy.size > LARGEST:
            log.warning("catalog_too_large_to_be_kept", characters=copy.size, most=LARGEST)
            with self._database.write() as session:
                session.execute(sa.delete(GoodCatalog))
            return None
        digest, now = copy.digest, self._now()
        with self._database.read() as session:
            same = sa.select(GoodCatalog.since).where(GoodCatalog.digest == digest)
            if (since := session.scalar(same)) is not None:
                return since
        values = {"digest": digest, "files": dict(copy.texts), "since": now}
        insert: Any = sqlite.insert if self._database.sqlite else postgresql.insert
        wanted = insert(GoodCatalog).values(id=THE_ONE, **values)
        with self._database.write() as session:
            session.execute(wanted.on_conflict_do_update(index_elements=[GoodCatalog.id], set_=values))
        return now


def _whole(files: object) -> Copy | None:
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        return None
    return Copy(files)
