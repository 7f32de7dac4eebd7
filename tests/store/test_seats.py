"""Hard case 11 in our own store: the last seat under two processes, the line, and keys sealed at rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from selfserve.connectors.contract import SeatQueued, SeatStore, SeatTaken
from selfserve.seat_port import SeatPort
from selfserve.settings.sealing import CannotOpen, Sealer
from selfserve.store.database import Database
from selfserve.store.seats import StoredSeats
from tests.connectors.seat_store_contract import NOW, SeatStoreContract, check_race
from tests.stand.house import Stand
from tests.store.leaks import found_in

SEALER = Sealer(b"s" * 32)


def _port(database: Database) -> SeatPort:
    return SeatPort(StoredSeats(database, SEALER, b"f" * 32), lambda: NOW)


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
    store.declare("keys", None)
    store.add_keys("keys", ["CLEAR-KEY-4711", "CLEAR-KEY-4712"])
    taken = store.take("keys", "ana", "a", NOW)
    assert isinstance(taken, SeatTaken)
    assert taken.licence is not None
    assert found_in(database, "CLEAR-KEY-471") == []


def test_a_key_does_not_open_in_another_seat(database: Database) -> None:
    """Envelopes exchanged in the table are refused, not handed out."""
    store = _port(database)
    store.declare("keys", None)
    store.add_keys("keys", ["K-1", "K-2"])
    store.take("keys", "ana", "a", NOW)
    with database.write() as session:
        rows = session.execute(sa.text("SELECT id, sealed FROM seat ORDER BY number")).all()
        for row, sealed in zip(rows, [rows[1].sealed, rows[0].sealed], strict=True):
            session.execute(sa.text("UPDATE seat SET sealed = :s WHERE id = :i"), {"s": sealed, "i": row.id})
    with pytest.raises(CannotOpen):
        store.look("keys", "ana")


def test_an_unknown_pool_says_so(stand: Stand) -> None:
    """A sentence, not a number."""
    with pytest.raises(LookupError, match="no seat pool"):
        StoredSeats(stand.house.database, SEALER, b"f").take("nowhere", "ana", "k", NOW)
