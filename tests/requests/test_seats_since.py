"""A backup is put back: what was given of a pool since then stays with who has it, and no key has two people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.requests.test_licence_keys import key_of
from tests.requests.test_pools_away import KEYS, OTHER, Installation, gives_back
from tests.requests.test_seats import ITEM
from tests.stand.house import Stand

from selfserve.fulfilment import unclaimed
from selfserve.fulfilment.seats_since import SeatSince, hold_given_since
from selfserve.requests.reconcile import reconcile
from selfserve.store.base import Base
from selfserve.store.database import Database
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import Person, Seat

Rows = Mapping[str, list[dict[str, Any]]]


class Restoring(Installation):
    """An installation whose store is backed up, worked on, and put back."""

    backup: Rows
    former: Database

    def back_up(self) -> None:
        self.backup = _rows(self.database)

    def restore(self, pools: Mapping[str, object] | None = None) -> Stand:
        """The backup again, the store as it was beside it, and a process on the restored one; nothing is held yet."""
        self.former = Database(f"sqlite:///{self.folder / 'former.db'}")
        Base.metadata.create_all(self.former.engine)
        _put(self.former, _rows(self.database))
        _put(self.database, self.backup)
        return self.restart(OTHER | {"studio": pools or KEYS}, ITEM)

    def hold(self) -> list[SeatSince]:
        """What `db given-since` does with seats."""
        with self.former.read() as then, self.database.write() as now:
            return hold_given_since(then, now, self.stand.clock(), "cli")


def _rows(database: Database) -> Rows:
    with database.read() as session:
        return {
            name: [dict(row) for row in session.execute(table.select()).mappings()]
            for name, table in Base.metadata.tables.items()
        }


def _put(database: Database, rows: Rows) -> None:
    """Exactly these rows, in whatever order tables refer to each other."""
    off = "PRAGMA foreign_keys = OFF" if database.sqlite else "SET session_replication_role = replica"
    on = "PRAGMA foreign_keys = ON" if database.sqlite else "SET session_replication_role = DEFAULT"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(off)
        for table in Base.metadata.tables.values():
            connection.execute(table.delete())
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])
        connection.exec_driver_sql(on)


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Restoring]:
    """An installation with the licence keys KEY-1 and KEY-2 of Studio."""
    made = Restoring(database, tmp_path)
    yield made
    for one in made.processes:
        one.house.engine.stop()
    made.former.close()


def holders(stand: Stand) -> dict[int, str]:
    """Who holds which seat, by its number."""
    with stand.house.database.read() as session:
        rows = session.execute(sa.select(Seat.number, Seat.holder).where(Seat.holder.is_not(None)))
        return {number: str(holder) for number, holder in rows}


def test_a_licence_key_given_since_the_backup_is_given_to_nobody_else(place: Restoring) -> None:
    """Who has it asks again and is shown the same; before that it is listed as nobody's, and no other gets it."""
    place.back_up()
    first = place.stand.ask("ada", "studio")
    assert key_of(place.stand, first.id, "ada") == {"seat": "KEY-1"}
    stand = place.restore()
    held = place.hold()
    assert held == [SeatSince("studio", 1, "ada", key=True)]
    assert place.hold() == held

    other, third = stand.ask("ben", "studio"), stand.ask("dora", "studio")
    assert key_of(stand, other.id, "ben") == {"seat": "KEY-2"}
    assert third.state is RequestState.FULFILLING
    with stand.house.database.read() as session:
        assert [one.holder for one in unclaimed.unclaimed(session)] == [stand.people["ada"]]
    again = stand.ask("ada", "studio")
    assert again.state is RequestState.FULFILLED
    assert key_of(stand, again.id, "ada") == {"seat": "KEY-1"}
    gives_back(stand, "ada", again.id)
    assert stand.request(third.id).state == RequestState.FULFILLED
    assert key_of(stand, third.id, "dora") == {"seat": "KEY-1"}


def test_what_nobody_needs_any_more_is_freed_by_the_command(place: Restoring) -> None:
    """As any seat with no grant behind it."""
    place.back_up()
    place.stand.ask("ada", "studio")
    stand = place.restore()
    place.hold()
    unclaimed.free(stand.house, "studio", stand.people["ada"], "cli")
    assert holders(stand) == {}


def test_what_both_stores_know_is_left_as_it_is(place: Restoring) -> None:
    """Nothing was given since, and nothing is listed."""
    place.stand.ask("ada", "studio")
    place.back_up()
    stand = place.restore()
    assert place.hold() == []
    assert reconcile(stand.house).drifted == []


def test_a_key_that_was_given_on_since_is_its_last_holder_s(place: Restoring) -> None:
    """Who had it at the time of the backup gave it back; that they have it no more is found by the next look."""
    first = place.stand.ask("ada", "studio")
    place.back_up()
    gives_back(place.stand, "ada", first.id)
    second = place.stand.ask("ben", "studio")
    assert key_of(place.stand, second.id, "ben") == {"seat": "KEY-1"}
    stand = place.restore()
    assert place.hold() == [SeatSince("studio", 1, "ben", key=True)]
    assert holders(stand) == {1: stand.people["ben"]}
    assert reconcile(stand.house).drifted == [stand.request(first.id).name]
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ACTIVE]
    assert [case.request_id for case in stand.open_cases()] == [first.id]


def test_two_who_changed_their_keys_since_have_what_they_had_last(place: Restoring) -> None:
    """Whichever is looked at first."""
    asked = [place.stand.ask(who, "studio") for who in ("ada", "ben")]
    place.back_up()
    for who, one in zip(("ada", "ben"), asked, strict=True):
        gives_back(place.stand, who, one.id)
    later = place.stand.ask("dora", "studio")
    assert key_of(place.stand, later.id, "dora") == {"seat": "KEY-1"}
    stand = place.restore()
    assert place.hold() == [SeatSince("studio", 1, "dora", key=True)]
    assert holders(stand) == {1: stand.people["dora"], 2: stand.people["ben"]}


def test_a_key_given_again_before_anybody_looked_is_said_to_be_with_two_people(place: Restoring) -> None:
    """The service was started first: nothing is taken from either, and a human is told of both."""
    place.back_up()
    place.stand.ask("ada", "studio")
    stand = place.restore()
    second = stand.ask("ben", "studio")
    assert key_of(stand, second.id, "ben") == {"seat": "KEY-1"}
    assert place.hold() == [SeatSince("studio", 1, "ada", key=True, taken_by="ben")]
    assert holders(stand) == {1: stand.people["ben"]}


def test_a_key_that_was_added_since_is_held_with_what_it_says(place: Restoring) -> None:
    """The restored store never had it; it is shown to its holder and added to the pool once only."""
    for who in ("ada", "ben"):
        place.stand.ask(who, "studio")
    place.back_up()
    more = KEYS | {"keys": "KEY-1\nKEY-2\nKEY-3"}
    since = place.restart(OTHER | {"studio": more}, ITEM)
    assert key_of(since, since.ask("dora", "studio").id, "dora") == {"seat": "KEY-3"}
    stand = place.restore(more)
    assert place.hold() == [SeatSince("studio", 3, "dora", key=True)]
    assert stand.ask("eli", "studio").state is RequestState.FULFILLING
    assert key_of(stand, stand.ask("dora", "studio").id, "dora") == {"seat": "KEY-3"}


def test_seats_of_a_count_given_since_count(place: Restoring) -> None:
    """Also beyond the size of the pool, where somebody had given one back: nobody is given one more."""
    pool = KEYS | {"keys": None, "total": 1}
    start = place.restart(OTHER | {"studio": pool}, ITEM)
    first = start.ask("ada", "studio")
    place.back_up()
    gives_back(start, "ada", first.id)
    start.ask("ben", "studio")
    stand = place.restore(pool)
    assert place.hold() == [SeatSince("studio", 1, "ben", key=False)]
    assert stand.ask("dora", "studio").state is RequestState.FULFILLING


@pytest.mark.parametrize("known", ["read anew", "not yet"])
def test_somebody_who_came_since_has_theirs_whatever_their_id_is_now(place: Restoring, known: str) -> None:
    """The restored store knew nobody of that id: the directory's entry says who it is, or their login once it is
    read."""
    place.back_up()
    stand, new = place.stand, "person-of-since"
    with stand.house.database.write() as session:
        session.add(_newcomer(stand, new))
    stand.people["nia"] = new
    assert key_of(stand, stand.ask("nia", "studio").id, "nia") == {"seat": "KEY-1"}
    stand = place.restore()
    again, newcomer = "person-read-again", _newcomer(stand, "person-read-again")
    if known == "read anew":
        with stand.house.database.write() as session:
            session.add(newcomer)
    held = place.hold()
    assert [(one.number, one.holder) for one in held] == [(1, "nia")]
    if known == "not yet":
        with stand.house.database.write() as session:
            session.add(newcomer)
    stand.people["nia"] = again
    assert key_of(stand, stand.ask("nia", "studio").id, "nia") == {"seat": "KEY-1"}


def _newcomer(stand: Stand, person_id: str) -> Person:
    return Person(
        id=person_id, key="nia", dn="uid=nia", login="nia", email="nia@example.com", name="Nia", seen_at=stand.clock()
    )
