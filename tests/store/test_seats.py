"""Hard case 11 in our own store: the last seat under two processes, the line, and keys sealed at rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from selfserve.connectors.contract import SeatFigures, SeatHolder, SeatHolderError, SeatQueued, SeatStore, SeatTaken
from selfserve.seat_port import SeatPort
from selfserve.settings.sealing import CannotOpen, Sealer
from selfserve.store.database import Database
from selfserve.store.seats import StoredSeats
from selfserve.store.tables import Seat
from tests.connectors.seat_store_contract import NOW, SeatStoreContract, check_race
from tests.stand.house import Stand
from tests.store.leaks import found_in

SEALER = Sealer(b"s" * 32)
ROTATED = Sealer(b"t" * 32, [b"s" * 32])
"""A fresh key, and the one before among the former ones, as docs/configuration.md says."""
KEYS = ["K-1", "K-2", "K-3"]


def _port(database: Database, sealer: Sealer = SEALER) -> SeatPort:
    return SeatPort(StoredSeats(database, sealer), lambda: NOW)


class TestStoredSeats(SeatStoreContract):
    """The contract of every seat store, on SQLite and PostgreSQL."""

    @pytest.fixture
    def store(self, database: Database) -> SeatStore:
        """The store in the house's own database."""
        return _port(database)


@pytest.fixture
def other(database: Database) -> Iterator[SeatPort]:
    """A second process on the same database."""
    second = Database(database.url.render_as_string(hide_password=False))
    yield _port(second)
    second.close()


def test_the_last_seat_under_two_processes_is_one_person_s(database: Database, other: SeatPort) -> None:
    """Thirty people at two processes for five seats: five seats, a gapless line of twenty-five."""
    store = _port(database)
    store.declare("rush", 5)
    holders = [f"person-{number:02d}" for number in range(30)]
    gate = threading.Barrier(10)

    def take(number: int) -> SeatTaken | SeatQueued:
        if number < 10:
            gate.wait()
        return (other if number % 2 else store).take("rush", holders[number], f"k{number}", NOW)

    with ThreadPoolExecutor(10) as threads:
        got = list(threads.map(take, range(30)))
    assert sum(isinstance(one, SeatTaken) for one in got) == 5
    check_race(store, "rush", 5, holders)
    check_race(other, "rush", 5, holders)


def test_a_seat_given_back_in_one_process_is_the_first_in_line_s_in_the_other(
    database: Database, other: SeatPort
) -> None:
    """Nobody who asks just then steals it."""
    store = _port(database)
    store.declare("one", 1)
    store.take("one", "ana", "a", NOW)
    assert other.take("one", "bob", "b", NOW) == SeatQueued(1)
    with ThreadPoolExecutor(2) as threads:
        back = threads.submit(store.give_back, "one", "ana", NOW)
        stolen = threads.submit(other.take, "one", "cleo", "c", NOW)
        assert back.result()
        assert isinstance(stolen.result(), SeatQueued)
    assert isinstance(other.look("one", "bob"), SeatTaken)


def test_keys_are_nowhere_in_clear(database: Database) -> None:
    """Neither in a row nor in the file, taken or free; and not as a plain digest that could be tried out."""
    store = _port(database)
    store.declare("keys", None, ["CLEAR-KEY-4711", "CLEAR-KEY-4712"])
    taken = store.take("keys", "ana", "a", NOW)
    assert isinstance(taken, SeatTaken)
    assert taken.licence is not None
    assert found_in(database, "CLEAR-KEY-471") == []


def test_a_key_does_not_open_in_another_seat(database: Database) -> None:
    """Envelopes exchanged in the table are refused, not handed out."""
    store = _port(database)
    store.declare("keys", None, ["K-1", "K-2"])
    store.take("keys", "ana", "a", NOW)
    with database.write() as session:
        rows = session.execute(sa.text("SELECT id, sealed FROM seat ORDER BY number")).all()
        for row, sealed in zip(rows, [rows[1].sealed, rows[0].sealed], strict=True):
            session.execute(sa.text("UPDATE seat SET sealed = :s WHERE id = :i"), {"s": sealed, "i": row.id})
    with pytest.raises(CannotOpen):
        store.look("keys", "ana")


def _licences(store: SeatPort, *holders: str) -> list[str | None]:
    got = [store.take("keys", holder, holder, NOW) for holder in holders]
    return [one.licence for one in got if isinstance(one, SeatTaken)]


def _sealed(database: Database) -> list[bytes]:
    with database.read() as session:
        return list(session.scalars(sa.select(Seat.sealed).where(Seat.sealed.is_not(None))))


def test_a_rotated_sealing_key_doubles_no_licence_key(database: Database) -> None:
    """Each licence key stays one seat, whoever has it keeps it, and the old sealing key is needed no longer."""
    _port(database).declare("keys", None, KEYS)
    (ana,) = _licences(_port(database), "ana")
    rotated = _port(database, ROTATED)
    assert rotated.declare("keys", None, KEYS) == 0
    assert rotated.figures("keys") == SeatFigures(3, 1, 0)
    assert all(ROTATED.current(one) for one in _sealed(database))
    later = _port(database, Sealer(b"t" * 32))
    assert later.declare("keys", None, KEYS) == 0
    assert sorted([ana, *_licences(later, "ben", "cleo", "dan")], key=str) == KEYS
    assert _licences(later, "ana") == [ana]


def test_a_pool_that_an_earlier_version_doubled_is_one_again(database: Database) -> None:
    """A free second row of a key is gone; of two that are held the later one ends with its grant."""
    _port(database).declare("keys", None, KEYS)
    held = _licences(_port(database), "ana", "ben")
    with database.write() as session:
        for number, (key, holder) in enumerate([(held[0], "cleo"), (held[1], None), ("K-3", None)], start=4):
            seat = Seat(id=f"twin-{number}", pool="keys", number=number, holder=holder, taken_under="x")
            seat.sealed, seat.fingerprint = ROTATED.seal(str(key), f"seat:{seat.id}"), ROTATED.fingerprint(str(key))
            seat.taken_at = NOW + timedelta(days=1) if holder else None
            session.add(seat)
    rotated = _port(database, ROTATED)
    rotated.declare("keys", None, KEYS)
    assert rotated.figures("keys") == SeatFigures(4, 3, 0, leaving=1)
    assert _licences(rotated, "ana", "ben", "cleo") == [*held, held[0]]
    rotated.give_back("keys", "cleo", NOW)
    assert rotated.figures("keys") == SeatFigures(3, 2, 0)
    assert sorted([*held, *_licences(rotated, "cleo", "dan")], key=str) == KEYS


def test_while_a_held_key_cannot_be_read_no_new_one_is_given(database: Database) -> None:
    """The former sealing key was forgotten in the settings: any listed key may be the one that somebody has already."""
    _port(database).declare("keys", None, KEYS)
    (ana,) = _licences(_port(database), "ana")
    forgot = _port(database, Sealer(b"t" * 32))
    assert forgot.declare("keys", None, KEYS) == 1
    assert forgot.take("keys", "ben", "ben", NOW) == SeatQueued(1)
    mended = _port(database, ROTATED)
    assert mended.declare("keys", None, KEYS) == 0
    assert sorted([ana, *_licences(mended, "ben", "cleo")], key=str) == KEYS


def test_a_lost_sealing_key_blocks_a_pool_only_while_its_keys_are_held(database: Database) -> None:
    """Their holders give them back without anybody reading them; then the pool is as its settings say."""
    _port(database).declare("keys", None, KEYS)
    _licences(_port(database), "ana")
    lost = _port(database, Sealer(b"t" * 32))
    assert lost.declare("keys", None, KEYS) == 1
    assert lost.give_back("keys", "ana", NOW)
    assert lost.declare("keys", None, KEYS) == 0
    assert sorted(_licences(lost, "ana", "ben", "cleo", "dan"), key=str) == KEYS


def test_two_processes_that_rotate_and_give_at_once_give_no_key_twice(database: Database, url: str) -> None:
    """Both start with the fresh sealing key while customers ask at both."""
    _port(database).declare("keys", None, KEYS)
    _licences(_port(database), "ana")
    second = Database(url)
    stores = [_port(database, ROTATED), _port(second, ROTATED)]
    gate = threading.Barrier(6)

    def come(number: int) -> list[str | None]:
        gate.wait()
        stores[number % 2].declare("keys", None, KEYS)
        return _licences(stores[number % 2], f"person-{number}")

    with ThreadPoolExecutor(6) as threads:
        got = [key for keys in threads.map(come, range(6)) for key in keys]
    assert sorted([*got, *_licences(stores[0], "ana")], key=str) == KEYS
    assert stores[1].figures("keys") == SeatFigures(3, 3, 4)
    second.close()


def test_two_processes_that_meet_a_new_pool_at_once_make_one(database: Database, url: str) -> None:
    """Neither fails, and the keys are there once."""
    second = Database(url)
    stores, gate = [_port(database), _port(second)], threading.Barrier(2)

    def meet(store: SeatPort) -> int:
        gate.wait()
        return store.declare("keys", None, KEYS)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(meet, stores)) == [0, 0]
    assert stores[0].figures("keys") == SeatFigures(3, 0, 0)
    second.close()


def test_an_unknown_pool_says_so(stand: Stand) -> None:
    """A sentence, not a number."""
    with pytest.raises(LookupError, match="no seat pool"):
        StoredSeats(stand.house.database, SEALER).take("nowhere", "ana", "k", NOW)


def test_whoever_is_known_holds_by_their_id(stand: Stand) -> None:
    """However they are called, and also once they left; a login that two have is nobody's, also where a
    third had it and left."""
    port, ada = _port(stand.house.database), stand.people["ada"]
    for words in (ada, " Ada ", "ADA@fern.example"):
        assert port.holder("one", words) == SeatHolder(ada, "ada")
    stand.change("ada", login="ada-berg", email="ada-berg@fern.example")
    assert port.holder("one", ada) == port.holder("one", "ada-berg") == SeatHolder(ada, "ada-berg")
    assert port.holder("one", "ada") == SeatHolder("ada", "ada")
    stand.change("eli", login="ada")
    assert port.holder("one", "ada").key == stand.people["eli"]
    stand.change("ada", login="ada", gone_at=stand.clock())
    assert port.holder("one", "ada").key == stand.people["eli"]
    stand.change("eli", login="eli")
    assert port.holder("one", "ada").key == ada
    stand.change("ben", login="twin")
    stand.change("dan", login="twin")
    with pytest.raises(SeatHolderError, match="More than one person is called “Twin”"):
        port.holder("one", " Twin ")
    assert port.shown("twin") == "twin"
    assert port.holder("one", stand.people["ben"]).key == stand.people["ben"]
    stand.change("eli", login="twin", gone_at=stand.clock())
    with pytest.raises(SeatHolderError):
        port.holder("one", "twin")
