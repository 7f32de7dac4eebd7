"""What every store of seats promises; derive a class, give it the fixture `store`, and run it on each database.

For a store on a database also derive a test that calls `race` from several processes; it raises where two hold one
seat.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from selfserve.connectors.contract import SeatFigures, SeatHolder, SeatQueued, SeatStore, SeatTaken

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def race(store: SeatStore, pool: str, holders: list[str], threads: int = 8) -> dict[str, SeatTaken | SeatQueued]:
    """Every holder takes at once from this process; what each got."""
    with ThreadPoolExecutor(threads) as workers:
        got = workers.map(lambda holder: store.take(pool, holder, f"key-{holder}", NOW), holders)
        return dict(zip(holders, got, strict=True))


def check_race(store: SeatStore, pool: str, total: int, holders: list[str]) -> None:
    """After a race, of one process or several: no seat twice, none unused, the rest in one gapless line."""
    looks = [store.look(pool, holder) for holder in holders]
    seats = [look.seat for look in looks if isinstance(look, SeatTaken)]
    places = sorted(look.place for look in looks if isinstance(look, SeatQueued))
    assert len(seats) == len(set(seats)) == min(total, len(holders))
    assert places == list(range(1, len(holders) - len(seats) + 1))
    figures = store.figures(pool)
    assert figures is not None
    assert (figures.total, figures.taken, figures.waiting) == (total, len(seats), len(places))


class SeatStoreContract:
    """The promises of `SeatStore`, one test each."""

    @pytest.fixture
    def store(self) -> SeatStore:
        """The store under test, without pools."""
        raise NotImplementedError("derive a class and give it this fixture")

    @pytest.fixture
    def two(self, store: SeatStore) -> Callable[[str], SeatTaken | SeatQueued]:
        """A pool `two` of two seats, and a function that takes one for a holder under a key of their own."""
        store.declare("two", 2)
        return lambda holder: store.take("two", holder, f"key-{holder}", NOW)

    def test_a_pool_never_declared_has_no_figures(self, store: SeatStore) -> None:
        """None, not zero seats."""
        assert store.figures("nowhere") is None

    def test_words_that_mean_nobody_stand_for_themselves(self, store: SeatStore) -> None:
        """A seat may be somebody's who is in no directory; how the words are spelt makes no other holder."""
        assert store.holder("two", " Guest@Elsewhere.test ") == store.holder("two", "guest@elsewhere.test")
        assert store.holder("two", "guest@elsewhere.test").key != store.holder("two", "guest2@elsewhere.test").key

    def test_whoever_holds_is_meant_by_what_they_hold_it_by(self, store: SeatStore) -> None:
        """What was recorded finds them again."""
        key = store.holder("two", "Guest@Elsewhere.test").key
        assert store.holder("two", key) == SeatHolder(key, store.shown(key))

    def test_seats_are_given_until_none_is_left_then_a_line_forms(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """Two seats, four people: two seats that differ, places one and two."""
        first, second, third, fourth = (two(holder) for holder in ("ana", "bob", "cleo", "dan"))
        assert isinstance(first, SeatTaken)
        assert isinstance(second, SeatTaken)
        assert first.seat != second.seat
        assert (third, fourth) == (SeatQueued(1), SeatQueued(2))
        check_race(store, "two", 2, ["ana", "bob", "cleo", "dan"])

    def test_full_is_where_the_next_would_wait(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """All pools at once: with a seat left, without one, with keys, and without any."""
        store.declare("keys", None)
        store.declare("free", 1)
        two("ana")
        assert store.full() == {"keys"}
        two("bob")
        store.declare("keys", None, ["K-1"])
        assert store.full() == {"two"}
        store.give_back("two", "ana", NOW)
        assert store.full() == set()

    def test_who_has_a_seat_gets_the_same_again(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """The same key after a crash: the very same answer. Another key: the same seat, but not fresh."""
        first = two("ana")
        assert isinstance(first, SeatTaken)
        assert first.fresh
        assert two("ana") == first
        other = store.take("two", "ana", "another request", NOW)
        assert isinstance(other, SeatTaken)
        assert (other.seat, other.fresh) == (first.seat, False)
        figures = store.figures("two")
        assert figures is not None
        assert figures.taken == 1

    def test_who_waits_keeps_the_place(self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]) -> None:
        """Asking again, even later and under another key, neither loses nor gains a place."""
        for holder in ("ana", "bob", "cleo", "dan"):
            two(holder)
        assert store.take("two", "cleo", "another", NOW + timedelta(days=1)) == SeatQueued(1)
        assert two("dan") == SeatQueued(2)

    def test_a_slow_clock_jumps_no_line(self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]) -> None:
        """Who asks after another, by a clock that is behind or stands still, stands behind them."""
        for holder in ("ana", "bob", "zoe"):
            two(holder)
        assert store.take("two", "cleo", "k", NOW) == SeatQueued(2)
        assert store.take("two", "ben", "k2", NOW - timedelta(seconds=5)) == SeatQueued(3)
        assert store.look("two", "zoe") == SeatQueued(1)

    def test_a_seat_given_back_goes_to_the_first_in_line_at_once(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """In the order of asking; the one who waited holds it under the key of the asking, so it is theirs."""
        for holder in ("ana", "bob", "cleo", "dan"):
            two(holder)
        assert store.give_back("two", "ana", NOW)
        assert store.look("two", "ana") is None
        cleo = two("cleo")
        assert isinstance(cleo, SeatTaken)
        assert cleo.fresh
        assert store.look("two", "dan") == SeatQueued(1)
        check_race(store, "two", 2, ["bob", "cleo", "dan"])

    def test_a_pool_that_serves_nobody_takes_back_and_gives_out_when_it_is_declared_again(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """Who waits keeps the place meanwhile."""
        for holder in ("ana", "bob", "cleo"):
            two(holder)
        assert store.give_back("two", "ana", NOW, serves=False)
        assert (store.look("two", "ana"), store.look("two", "cleo")) == (None, SeatQueued(1))
        store.declare("two", 2)
        assert isinstance(store.look("two", "cleo"), SeatTaken)

    def test_giving_back_twice_or_nothing_says_so(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """The second time nobody else loses a seat."""
        two("ana")
        two("bob")
        assert store.give_back("two", "ana", NOW)
        assert not store.give_back("two", "ana", NOW)
        assert not store.give_back("two", "nobody", NOW)
        assert isinstance(store.look("two", "bob"), SeatTaken)

    def test_who_waits_can_leave_the_line(self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]) -> None:
        """The others move up."""
        for holder in ("ana", "bob", "cleo", "dan"):
            two(holder)
        assert store.give_back("two", "cleo", NOW)
        assert store.look("two", "dan") == SeatQueued(1)

    def test_a_pool_can_grow_and_serves_its_line(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """Seats were bought: those who wait get them in order."""
        for holder in ("ana", "bob", "cleo", "dan", "eve"):
            two(holder)
        store.declare("two", 4)
        check_race(store, "two", 4, ["ana", "bob", "cleo", "dan", "eve"])
        assert store.look("two", "eve") == SeatQueued(1)

    def test_a_pool_that_shrinks_takes_nothing_away(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """Whoever has a seat keeps it; nobody new gets one until there is room again."""
        for holder in ("ana", "bob", "cleo"):
            two(holder)
        store.declare("two", 1)
        assert isinstance(store.look("two", "ana"), SeatTaken)
        assert isinstance(store.look("two", "bob"), SeatTaken)
        store.give_back("two", "ana", NOW)
        assert store.look("two", "cleo") == SeatQueued(1)
        store.give_back("two", "bob", NOW)
        assert isinstance(store.look("two", "cleo"), SeatTaken)

    def test_declaring_again_changes_nothing(
        self, store: SeatStore, two: Callable[[str], SeatTaken | SeatQueued]
    ) -> None:
        """Each process declares at its start."""
        two("ana")
        store.declare("two", 2)
        assert isinstance(store.look("two", "ana"), SeatTaken)

    def test_keys_are_the_seats_of_a_key_pool(self, store: SeatStore) -> None:
        """Each key to one holder, given again to the same one, and back in the pool when it is returned."""
        store.declare("keys", None, ["K-1", "K-2", "K-1"])
        store.declare("keys", None, ["K-2", "K-1"])
        assert store.figures("keys") == SeatFigures(2, 0, 0)
        ana, bob = (store.take("keys", holder, holder, NOW) for holder in ("ana", "bob"))
        assert isinstance(ana, SeatTaken)
        assert isinstance(bob, SeatTaken)
        assert {ana.licence, bob.licence} == {"K-1", "K-2"}
        assert store.take("keys", "ana", "ana", NOW) == ana
        seen = store.look("keys", "ana")
        assert isinstance(seen, SeatTaken)
        assert seen.licence == ana.licence
        assert store.take("keys", "cleo", "cleo", NOW) == SeatQueued(1)
        store.give_back("keys", "ana", NOW)
        cleo = store.look("keys", "cleo")
        assert isinstance(cleo, SeatTaken)
        assert cleo.licence == ana.licence

    def test_new_keys_serve_the_line(self, store: SeatStore) -> None:
        """Somebody waits at an empty pool; a key arrives."""
        store.declare("keys", None)
        assert store.take("keys", "ana", "ana", NOW) == SeatQueued(1)
        store.declare("keys", None, ["K-1"])
        ana = store.take("keys", "ana", "ana", NOW)
        assert isinstance(ana, SeatTaken)
        assert (ana.licence, ana.fresh) == ("K-1", True)

    def test_a_key_that_is_no_longer_listed_is_given_to_nobody(self, store: SeatStore) -> None:
        """It was returned to its maker, or leaked. Who has it keeps it until their grant ends; then it is gone."""
        store.declare("keys", None, ["K-1", "K-2", "K-3"])
        ana = store.take("keys", "ana", "ana", NOW)
        assert isinstance(ana, SeatTaken)
        store.declare("keys", None, {"K-1", "K-2"} - {ana.licence})
        assert store.figures("keys") == SeatFigures(2, 1, 0, leaving=1)
        assert store.take("keys", "ana", "ana", NOW) == ana
        ben = store.take("keys", "ben", "ben", NOW)
        assert isinstance(ben, SeatTaken)
        assert ben.licence in {"K-1", "K-2"} - {ana.licence}
        assert store.take("keys", "cleo", "cleo", NOW) == SeatQueued(1)
        assert store.give_back("keys", "ana", NOW)
        assert store.look("keys", "cleo") == SeatQueued(1)
        assert store.figures("keys") == SeatFigures(1, 1, 1)

    def test_a_key_that_is_listed_again_is_one_seat(self, store: SeatStore) -> None:
        """Taken out by mistake and put back, while somebody had it: it is theirs, and afterwards the next one's."""
        store.declare("keys", None, ["K-1"])
        store.take("keys", "ana", "ana", NOW)
        store.declare("keys", None, [])
        store.declare("keys", None, ["K-1"])
        assert store.figures("keys") == SeatFigures(1, 1, 0)
        assert store.take("keys", "ben", "ben", NOW) == SeatQueued(1)
        store.give_back("keys", "ana", NOW)
        ben = store.look("keys", "ben")
        assert isinstance(ben, SeatTaken)
        assert ben.licence == "K-1"

    def test_a_pool_of_keys_gives_keys_only(self, store: SeatStore) -> None:
        """It was a count before: its free seats have no key, and nobody is told that they have one of those."""
        store.declare("pool", 3)
        for holder in ("ana", "ben"):
            store.take("pool", holder, holder, NOW)
        store.give_back("pool", "ana", NOW)
        store.declare("pool", None, ["K-1"])
        assert store.figures("pool") == SeatFigures(2, 1, 0, leaving=1)
        cleo = store.take("pool", "cleo", "cleo", NOW)
        assert isinstance(cleo, SeatTaken)
        assert cleo.licence == "K-1"
        assert store.take("pool", "dan", "dan", NOW) == SeatQueued(1)
        store.give_back("pool", "ben", NOW)
        assert store.look("pool", "dan") == SeatQueued(1)
        assert store.figures("pool") == SeatFigures(1, 1, 1)

    def test_a_pool_of_a_count_gives_no_key(self, store: SeatStore) -> None:
        """It had keys before, which nobody is to read any more; who has one keeps it, and it counts."""
        store.declare("pool", None, ["K-1", "K-2"])
        ana = store.take("pool", "ana", "ana", NOW)
        store.declare("pool", 2)
        assert isinstance(ana, SeatTaken)
        assert store.look("pool", "ana") == replace(ana, fresh=False)
        assert store.figures("pool") == SeatFigures(2, 1, 0, leaving=1)
        ben = store.take("pool", "ben", "ben", NOW)
        assert isinstance(ben, SeatTaken)
        assert ben.licence is None
        assert store.take("pool", "cleo", "cleo", NOW) == SeatQueued(1)
        store.give_back("pool", "ana", NOW)
        cleo = store.look("pool", "cleo")
        assert isinstance(cleo, SeatTaken)
        assert cleo.licence is None

    def test_a_licence_is_in_no_repr(self, store: SeatStore) -> None:
        """Logs print objects."""
        store.declare("keys", None, ["SECRET-KEY"])
        assert "SECRET-KEY" not in repr(store.take("keys", "ana", "ana", NOW))

    def test_pools_do_not_know_each_other(self, store: SeatStore) -> None:
        """A holder in one is nobody in the other; one key may be in both."""
        for pool in ("one", "other"):
            store.declare(pool, None, ["K"])
            assert store.figures(pool) == SeatFigures(1, 0, 0)
        store.take("one", "ana", "k", NOW)
        assert store.look("other", "ana") is None

    def test_the_last_seat_goes_to_exactly_one_of_many(self, store: SeatStore) -> None:
        """Hard case 11 inside one process: forty people, seven seats, eight threads."""
        store.declare("rush", 7)
        holders = [f"person-{number:02d}" for number in range(40)]
        got = race(store, "rush", holders)
        assert sum(isinstance(one, SeatTaken) for one in got.values()) == 7
        told = sorted(one.place for one in got.values() if isinstance(one, SeatQueued))
        assert told == list(range(1, 34))
        check_race(store, "rush", 7, holders)

    def test_one_holder_from_many_threads_has_one_seat(self, store: SeatStore) -> None:
        """A double click in eight tabs takes one seat."""
        store.declare("rush", 7)
        got = {one.seat for one in race(store, "rush", ["ana"]).values() if isinstance(one, SeatTaken)}
        with ThreadPoolExecutor(8) as workers:
            more = list(workers.map(lambda number: store.take("rush", "ana", f"k{number}", NOW), range(16)))
        assert {one.seat for one in more if isinstance(one, SeatTaken)} == got
        figures = store.figures("rush")
        assert figures is not None
        assert figures.taken == 1
