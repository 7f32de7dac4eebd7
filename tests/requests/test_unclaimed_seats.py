"""A seat that no grant and no request stands behind is seen and freed; no other ever is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests.requests.test_licence_keys import adds, key_of
from tests.requests.test_pools_away import KEYS, OTHER, Installation, gives_back
from tests.requests.test_seats import ITEM
from tests.stand.house import Stand

from selfserve.fulfilment import unclaimed
from selfserve.fulfilment.unclaimed import StillClaimed
from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.store.database import Database
from selfserve.store.seat_pool import FREEING, Pool
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import Notice, Seat


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Installation]:
    """An installation with two licence keys of Studio."""
    made = Installation(database, tmp_path)
    yield made
    for one in made.processes:
        one.house.engine.stop()


def left_behind(place: Installation, who: str = "ada") -> Stand:
    """`who` gives a key back while there is no section of seats, and staff say that they took it back."""
    asked = place.stand.ask(who, "studio")
    away = place.restart(None)
    gives_back(away, who, asked.id)
    desk.done(away.house, away.case().id, away.people["tess"], fields={}, on_my_word=True)
    away.work()
    assert [grant.state for grant in away.grants(who)] == [GrantState.ENDED]
    return place.restart(OTHER | {"studio": KEYS}, ITEM)


def held(stand: Stand) -> list[str]:
    """Who holds a seat by the store's rows."""
    with stand.house.database.read() as session:
        rows = session.scalars(sa.select(Seat.holder).where(Seat.holder.is_not(None)).order_by(Seat.number))
        return [str(one) for one in rows]


def in_doubt(stand: Stand) -> list[str]:
    with stand.house.database.read() as session:
        return [one.holder for one in unclaimed.unclaimed(session)]


def test_a_seat_that_was_ended_on_somebody_s_word_is_seen_told_once_and_freed(place: Installation) -> None:
    """The next in line has it, and the trail says who freed it."""
    stand = left_behind(place)
    ada = stand.people["ada"]
    assert in_doubt(stand) == [ada]
    for _ in range(2):
        stand.write(unclaimed.tell_unclaimed, stand.house, stand.clock())
    with stand.house.database.read() as session:
        events = session.scalars(sa.select(Notice.title).where(Notice.event.startswith("seats:studio:unclaimed")))
        assert set(events) == {"One seat of studio is held, and no grant is behind it"}
    assert stand.notices("tess").count("One seat of studio is held, and no grant is behind it") == 1
    asked = [stand.ask(who, "studio") for who in ("ben", "dora")]
    assert asked[1].state is RequestState.FULFILLING
    unclaimed.free(stand.house, "studio", ada, "cli")
    stand.work()
    assert stand.request(asked[1].id).state == RequestState.FULFILLED
    assert key_of(stand, asked[1].id, "dora") == {"seat": "KEY-1"}
    assert (in_doubt(stand), stand.event("pool:studio", "seat.freed").actor) == ([], "cli")


@pytest.mark.parametrize("how", ["held", "waiting for its end", "there before", "in hand"])
def test_a_seat_that_a_grant_or_a_request_rests_on_is_never_freed(place: Installation, how: str) -> None:
    """By a living grant, by one that is being taken back, by one that only found it there, by an open request."""
    if how == "there before":
        stand = left_behind(place)
        stand.ask("ada", "studio")
    else:
        stand = place.stand
        asked = stand.ask("ada", "studio")
        if how == "waiting for its end":
            name = stand.request(asked.id).name
            stand.write(acts.give_back, stand.house, name, stand.people["ada"], stand.clock())
        if how == "in hand":
            glued = '\n  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}\ngrant'
            adds(stand, "both", ITEM.replace("id: studio", "id: both").replace("\ngrant", glued))
            gives_back(stand, "ada", asked.id)
            stand.shelf.faults = ["permanent"]
            assert stand.ask("ada", "both").state is RequestState.HANDED_OVER
    assert in_doubt(stand) == []
    with pytest.raises(StillClaimed, match="rests on the seat"):
        unclaimed.free(stand.house, "studio", stand.people["ada"], "cli")
    assert held(stand) == [stand.people["ada"]]


def test_who_holds_nothing_is_said(place: Installation) -> None:
    """Nothing is freed that nobody has, nor of a pool that never was."""
    place.stand.ask("ada", "studio")
    with pytest.raises(StillClaimed, match="holds no seat"):
        unclaimed.free(place.stand.house, "studio", "nobody", "cli")
    with pytest.raises(StillClaimed, match="There is no pool 'moon'"):
        unclaimed.free(place.stand.house, "moon", "nobody", "cli")


def test_who_asks_between_the_two_looks_of_a_freeing_takes_the_key_anew(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is theirs with its key to see, and the freeing refuses."""
    stand, locked, asked = left_behind(place), unclaimed._locked, list[str]()
    looks = iter(["first", "second"])

    def looking(session: Session, pool: str, holder: str) -> tuple[Pool, Seat]:
        if next(looks) == "second" and not stand.house.database.sqlite:
            other = stand.apart("other")
            asked.append(other.ask("ada", "studio").id)  # before the pool is locked
            other.leave()
        return locked(session, pool, holder)

    if stand.house.database.sqlite:  # one writes at a time: between the two, and not within one
        mark(stand, stand.people["ada"])
        asked.append(stand.ask("ada", "studio").id)
    else:
        monkeypatch.setattr(unclaimed, "_locked", looking)
    with pytest.raises(StillClaimed):
        unclaimed.free(stand.house, "studio", stand.people["ada"], "cli")
    assert key_of(stand, asked[0], "ada") == {"seat": "KEY-1"}
    assert held(stand) == [stand.people["ada"]]


def test_who_was_shown_it_before_a_freeing_began_keeps_it(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their request was stored after the first look had found nobody, and found the seat there before it was marked."""
    stand, judge = left_behind(place), unclaimed.unclaimed
    asked = stand.ask("ada", "studio")
    answers = iter([True])  # the first look came before that

    def judged(session: Session, pool: str | None = None, holder: str | None = None) -> list[unclaimed.Unclaimed]:
        if next(answers, False):
            return [unclaimed.Unclaimed("", "studio", 1, stand.people["ada"], None)]
        return judge(session, pool, holder)

    monkeypatch.setattr(unclaimed, "unclaimed", judged)
    with pytest.raises(StillClaimed):
        unclaimed.free(stand.house, "studio", stand.people["ada"], "cli")
    monkeypatch.undo()
    assert stand.request(asked.id).state == RequestState.FULFILLED
    assert held(stand) == [stand.people["ada"]]
    assert reconcile(stand.house).drifted == [], "it is shown as theirs again"


def mark(stand: Stand, holder: str) -> None:
    """As the first of the two transactions of a freeing leaves it, also when its process dies then."""
    with stand.house.database.write() as session:
        session.execute(sa.update(Seat).where(Seat.holder == holder).values(taken_under=FREEING))


def test_a_freeing_that_broke_off_is_done_by_the_next(place: Installation) -> None:
    """Its process died between the two."""
    stand = left_behind(place)
    mark(stand, stand.people["ada"])
    assert in_doubt(stand) == [stand.people["ada"]]
    unclaimed.free(stand.house, "studio", stand.people["ada"], "cli")
    assert held(stand) == []


def test_whoever_asks_while_a_seat_is_freed_has_one_or_takes_it_anew(place: Installation) -> None:
    """Many times at once, in two processes: a request that says ready has its seat, and no key has two."""
    stand = left_behind(place)
    second = stand.apart("other")
    try:
        with ThreadPoolExecutor(2) as beside:
            for _ in range(6):
                asks = beside.submit(second.ask, "ada", "studio")
                frees = beside.submit(unclaimed.free, stand.house, "studio", stand.people["ada"], "cli")
                asked, refused = asks.result(30), frees.exception(30)
                assert refused is None or isinstance(refused, StillClaimed)
                stand.work()
                assert stand.request(asked.id).state == RequestState.FULFILLED
                assert held(stand) == [stand.people["ada"]]
                (step,) = stand.steps(asked.id)
                assert step.ours or refused is not None
                gives_back(stand, "ada", asked.id)
                if held(stand) == []:  # left behind once more
                    with stand.house.database.write() as session:
                        row = session.scalars(sa.select(Seat).order_by(Seat.number).limit(1)).one()
                        row.holder, row.taken_under = stand.people["ada"], "gone:seat"
                stand.clock.forward(minutes=2)
    finally:
        second.leave()
