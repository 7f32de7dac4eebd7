"""Ten thousand people."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import sqlalchemy as sa
from tests.people.conftest import client_of
from tests.servers.slapd import Slapd

from selfserve.people.figures import SyncFigures
from selfserve.people.mapping import PeopleMapping
from selfserve.people.sync import sync
from selfserve.settings.identity import Directory
from selfserve.store.database import Database
from selfserve.store.tables import Person, PersonGroup, SyncMark


def test_ten_thousand_arrive_while_others_write(db: Database, big_slapd: Slapd) -> None:
    """Everybody arrives with manager and group, page by page, and no other writer waits for the whole reading."""
    mapping = PeopleMapping(Directory(base=big_slapd.people, group_base=big_slapd.groups))
    client, figures = client_of(big_slapd), list[SyncFigures]()
    reader = threading.Thread(target=lambda: figures.append(sync(db, client, mapping, datetime.now(UTC))))
    reader.start()
    written = 0
    while reader.is_alive():
        with db.write() as session:
            session.merge(SyncMark(source="other", stamp=str(written), figures={}))
        written += 1
    client.close()
    told = figures[0]
    assert (told.read, told.added, told.joined, told.groups, told.managers) == (10_000, 10_000, 10_000, 40, 9_999)
    assert written > 20
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 10_000
        assert session.scalar(sa.select(sa.func.count()).select_from(PersonGroup)) == 10_000
