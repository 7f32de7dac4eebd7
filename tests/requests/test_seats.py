"""Hard case 11 from asking to having: the line for a seat, its places, its waking, and who buys more.

`second` is a house of its own upon the same store, in this process; between real ones it is in
`tests/app/test_two_processes.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand import invariants
from tests.stand.house import Stand, build

from selfserve.connectors.contract import Failed, FailureKind, SeatStore
from selfserve.connectors.seats import SeatsConnector
from selfserve.fulfilment import seats
from selfserve.requests import acts, offers, story
from selfserve.requests.plan import plan
from selfserve.requests.reconcile import reconcile
from selfserve.store.database import Database
from selfserve.store.states import RequestState, RunState
from selfserve.store.tables import Notice, Run

POOLS = {"studio": {"label": "Studio", "total": 1, "team": "designers"}}
ITEM = """\
id: studio
name: Studio
summary: A seat for tests.
category: Access
icon: key-round
owner: techops
runbook: runbooks/shelf.md
escalate: {after: 15m, to: techops}
expect: 1m
risk: low
who: "true"
fulfil:
  - id: seat
    use: seats.assign
    with: {pool: studio, customer: "${customer.login}"}
grant: {ends: 8h, renew: true}
"""

THING = '\n  - id: thing\n    use: shelf.put\n    with: {thing: lamp, customer: "${customer.login}"}'


def seated(database: Database, folder: Path, name: str, like: Stand | None = None) -> Stand:
    made = build(database, folder, name, like.clock if like else None, POOLS)
    (made.catalog / "items" / "studio.yaml").write_text(ITEM)
    assert made.house.catalog.refresh(force=True), made.house.catalog.problems
    return made


@pytest.fixture
def stand(database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A house with one seat of Studio."""
    made = seated(database, tmp_path, "one")
    yield made
    made.house.engine.stop()


@pytest.fixture
def second(stand: Stand, tmp_path: Path) -> Iterator[Stand]:
    """A second house on the same store, as another process has it."""
    database = Database(stand.house.database.url.render_as_string(hide_password=False))
    made = seated(database, tmp_path, "two", stand)
    yield made
    made.leave()


def _line(stand: Stand, *who: str) -> list[str]:
    """Each of them asks, one after the other; the ids of their requests."""
    return [stand.ask(one, "studio").id for one in who]


def _place(stand: Stand, request_id: str, who: str) -> list[str]:
    with stand.house.database.read() as session:
        told = story.story(session, stand.house, stand.request(request_id), stand.people[who])
    return [line.title for line in told.lines if line.kind == "place"]


def _states(stand: Stand, ids: list[str]) -> list[str]:
    return [stand.request(one).state for one in ids]


def _give_back(stand: Stand, request_id: str, who: str) -> None:
    name = stand.request(request_id).name
    stand.write(acts.give_back, stand.house, name, stand.people[who], stand.clock())


def _cancel(stand: Stand, request_id: str, who: str) -> None:
    stand.write(acts.cancel, stand.house, stand.request(request_id).name, stand.people[who], stand.clock())


def test_a_seat_given_back_reaches_the_next_at_once(stand: Stand) -> None:
    """Not at their next look in a quarter of an hour, and nobody behind them is looked at for it."""
    ids = _line(stand, "ada", "ben", "dora", "dan")
    assert _states(stand, ids) == ["fulfilled", "fulfilling", "fulfilling", "fulfilling"]
    _give_back(stand, ids[0], "ada")
    stand.work()
    assert _states(stand, ids[1:]) == ["fulfilled", "fulfilling", "fulfilling"]
    assert stand.grants("ben")[0].state == "active"
    assert len(stand.runs(ids[2])) == 2, "dora was looked at although nothing came for her"
    _give_back(stand, ids[1], "ben")
    stand.work()
    assert _states(stand, ids[2:]) == ["fulfilled", "fulfilling"]


def test_a_seat_that_ends_by_itself_reaches_the_next_at_once(stand: Stand) -> None:
    """Its time is over: taken back, and given to who waits, within the same work."""
    ids = _line(stand, "ada", "ben")
    stand.clock.forward(hours=8)
    with stand.house.database.write() as session:
        session.execute(sa.update(Run).where(Run.state == RunState.WAITING).values(due_at=stand.clock() + timedelta(1)))
    stand.tick_grant(stand.grants("ada")[0])
    stand.work()
    assert stand.request(ids[1]).state == RequestState.FULFILLED


def test_who_cancels_in_the_middle_lets_those_behind_move_up(stand: Stand) -> None:
    """Places are told as they are when they are read; and the next seat goes past who left."""
    ids = _line(stand, "ada", "ben", "dora", "dan")
    assert _place(stand, ids[3], "dan") == ["You are number 3 in line"]
    assert _place(stand, ids[3], "ada") == ["Dan is number 3 in line"]
    _cancel(stand, ids[2], "dora")
    stand.work()
    assert _place(stand, ids[3], "dan") == ["You are number 2 in line"]
    _cancel(stand, ids[1], "ben")
    stand.work()
    assert _place(stand, ids[3], "dan") == ["You are next in line"]
    _give_back(stand, ids[0], "ada")
    stand.work()
    assert _states(stand, ids[1:]) == ["cancelled", "cancelled", "fulfilled"]
    assert _place(stand, ids[3], "dan") == []


def test_who_cancels_one_of_two_requests_keeps_the_place_for_the_other(stand: Stand) -> None:
    """Ben waits for one seat by two items: the place is the other's then, with its turn and its waking."""
    text = ITEM.replace("id: studio", "id: bundle").replace("\ngrant", THING + "\ngrant")
    (stand.catalog / "items" / "bundle.yaml").write_text(text)
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems
    ids = _line(stand, "ada", "ben")
    bundle = stand.ask("ben", "bundle").id
    ids += _line(stand, "dora")
    _cancel(stand, ids[1], "ben")
    stand.work()
    assert [grant.state for grant in stand.grants("ben")] == ["ended", "promised"]
    _give_back(stand, ids[0], "ada")
    stand.work()
    assert _states(stand, [bundle, ids[2]]) == ["fulfilled", "fulfilling"]
    _give_back(stand, bundle, "ben")
    stand.work()
    assert stand.request(ids[2]).state == RequestState.FULFILLED


def test_new_seats_wake_as_many_as_there_are(stand: Stand) -> None:
    """Two were bought: the first two have them at once."""
    ids = _line(stand, "ada", "ben", "dora", "dan")
    _store(stand).declare("studio", 3)
    stand.work()
    assert _states(stand, ids) == ["fulfilled", "fulfilled", "fulfilled", "fulfilling"]


def _store(stand: Stand) -> SeatStore:
    store = stand.house.connectors.get("seats").ports.seats
    assert store is not None
    return store


def test_a_seat_that_comes_while_one_looks_is_not_missed(stand: Stand) -> None:
    """Ben's run has looked and not yet written down that he waits; the seat comes in between."""
    ids = _line(stand, "ada")
    store = _store(stand)
    take = store.take

    def late(pool: str, holder: str, *rest: object) -> object:
        got = take(pool, holder, *rest)  # type: ignore[arg-type]
        store.give_back("studio", stand.people["ada"], stand.clock())
        return got

    store.take = late  # type: ignore[method-assign, assignment]
    ids += _line(stand, "ben")
    assert stand.request(ids[1]).state == RequestState.FULFILLING
    stand.work()
    assert stand.request(ids[1]).state == RequestState.FULFILLED


def test_two_processes_give_back_and_wait_and_nobody_is_forgotten(stand: Stand, second: Stand) -> None:
    """Ada's seat comes back in one process while others join the line in both: the first in line has it at once."""
    ids = _line(stand, "ada", "ben")
    gate = threading.Barrier(3)

    def later(process: Stand, who: str) -> str:
        gate.wait()
        return process.ask(who, "studio").id

    with ThreadPoolExecutor(3) as threads:
        joined = [threads.submit(later, stand, "dora"), threads.submit(later, second, "dan")]
        gate.wait()
        _give_back(second, ids[0], "ada")
        second.work()
        ids += [one.result() for one in joined]
    stand.work()
    assert stand.request(ids[1]).state == RequestState.FULFILLED
    places = sorted(_place(stand, ids[2], "dora") + _place(stand, ids[3], "dan"))
    assert places == ["You are next in line", "You are number 2 in line"]


def test_hard_case_11_the_owner_is_told_once_and_again_after_a_day(stand: Stand) -> None:
    """The team that buys seats gets one notice, not one for each who waits; and a second while it is still short."""
    _line(stand, "ada")
    assert not _short(stand)
    ids = _line(stand, "ben", "eli", "mara")
    assert _short(stand) == ["Every seat of Studio is taken, and one person waits"]
    for who in ("dora", "dan"):
        assert len([title for title in stand.notices(who) if "Studio" in title]) == 1
    stand.clock.forward(hours=23)
    stand.write(seats.tell_still_short, stand.house, stand.clock())
    assert len(_short(stand)) == 1
    stand.clock.forward(hours=2)
    stand.write(seats.tell_still_short, stand.house, stand.clock())
    assert _short(stand)[1:] == ["Every seat of Studio is taken, and 3 people wait"]
    for request_id, who in zip(ids, ("ben", "eli", "mara"), strict=True):
        _cancel(stand, request_id, who)
    stand.work()
    stand.clock.forward(days=2)
    stand.write(seats.tell_still_short, stand.house, stand.clock())
    assert len(_short(stand)) == 2


def test_the_whole_catalog_is_told_short_by_one_query(stand: Stand) -> None:
    """However many items: no look at a target, none for each card; and asking says the same beforehand."""
    item = stand.house.catalog.current.items["studio"]
    assert not offers.short(stand.house)(item)
    _line(stand, "ada", "ben")
    asked: list[str] = []
    engine = stand.house.database.engine

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        waits = offers.short(stand.house)
        assert [one.id for one in stand.house.catalog.current.items.values() if waits(one)] == ["studio"]
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
    assert len([one for one in asked if one.lstrip().upper().startswith("SELECT")]) == 1, asked
    would = plan(stand.house, customer_id=stand.people["dora"], item_id="studio", answers={})
    assert [(act.waits, act.customer) for act in would.acts] == [
        (True, "Every seat of Studio is taken. You would be number 2 in line and get one as soon as it is free.")
    ]


def test_what_an_item_gives_hides_no_line(stand: Stand) -> None:
    """The item's own words where a seat is free; where none is, the place in line: nobody reads "you get" and waits."""
    _gives(stand)

    def words() -> tuple[bool, str]:
        (act,) = plan(stand.house, customer_id=stand.people["dora"], item_id="studio", answers={}).acts
        return act.waits, act.customer

    assert words() == (False, "You get a seat in Studio")
    _line(stand, "ada")
    line = "Every seat of Studio is taken. You would be next in line and get one as soon as it is free."
    assert words() == (True, line)


def _gives(stand: Stand) -> None:
    stand.edit("studio", "    use: seats.assign\n", "    use: seats.assign\n    gives: a seat in Studio\n")


def _short(stand: Stand) -> list[str]:
    with stand.house.database.read() as session:
        mine = sa.select(Notice.title).where(Notice.mailbox == "design@fern.example", Notice.event.contains(":short:"))
        return list(session.scalars(mine.order_by(Notice.made_at)))


@pytest.fixture(params=["login", "id"])
def twice(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Stand]:
    """A house with two seats of Studio, which two items give to whoever asks, called as catalogs call them."""
    made = build(database, tmp_path, pools={"studio": {**POOLS["studio"], "total": 2}})
    for item in ("studio", "twin"):
        text = ITEM.replace("id: studio", f"id: {item}").replace("customer.login", f"customer.{request.param}")
        (made.catalog / "items" / f"{item}.yaml").write_text(text)
    assert made.house.catalog.refresh(force=True), made.house.catalog.problems
    yield made
    made.house.engine.stop()


def _taken(stand: Stand) -> tuple[int, int]:
    """How many have a seat of Studio, and how many wait for one."""
    figures = _store(stand).figures("studio")
    assert figures is not None
    return figures.taken, figures.waiting


def _called_anew(stand: Stand) -> None:
    """Ada marries, and goes by another login and address; a new colleague gets hers."""
    stand.change("ada", login="ada-berg", email="ada-berg@fern.example")
    stand.change("eli", login="ada", email="ada@fern.example")


def test_a_seat_is_a_person_s_whatever_their_login(twice: Stand) -> None:
    """Asked for again under a new login it is the one seat that they hold, until the last who wants it ends; who has
    their login now gets one of their own."""
    first = twice.ask("ada", "studio")
    _called_anew(twice)
    (act,) = plan(twice.house, customer_id=twice.people["ada"], item_id="twin", answers={}).acts
    assert act.staff.startswith("assign a seat of studio for ada-berg ")
    second = twice.ask("ada", "twin")
    assert _taken(twice) == (1, 0)
    assert [grant.state for grant in twice.grants("ada")] == ["active"]
    assert _states(twice, [twice.ask("eli", "studio").id]) == ["fulfilled"]
    assert _taken(twice) == (2, 0)
    twice.clock.forward(hours=2)
    reconcile(twice.house)
    assert not twice.open_cases()
    assert twice.steps(first.id)[0].evidence["holder"] == "ada"
    assert twice.steps(second.id)[0].evidence["holder"] == "ada-berg"
    _give_back(twice, first.id, "ada")
    twice.work()
    assert _taken(twice) == (2, 0)
    _give_back(twice, second.id, "ada")
    twice.work()
    assert _taken(twice) == (1, 0)
    assert [grant.state for who in ("ada", "eli") for grant in twice.grants(who)] == ["ended", "active"]
    invariants.check(twice)


def test_a_place_in_line_is_a_person_s_whatever_their_login(twice: Stand) -> None:
    """The seat that comes free reaches Ada, who is called otherwise than when she asked; asking again is no second
    place."""
    ids = _line(twice, "ben", "dora", "ada")
    _called_anew(twice)
    ids.append(twice.ask("ada", "twin").id)
    assert _taken(twice) == (2, 1)
    _give_back(twice, ids[0], "ben")
    twice.pass_time(minutes=20)
    assert _states(twice, ids[2:]) == ["fulfilled", "fulfilled"]
    assert _taken(twice) == (2, 0)


def test_the_seat_of_who_left_comes_back(twice: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that they have it was lost, and the directory does not show them any more."""
    assign = SeatsConnector._assign

    def lost(*asked: Any) -> Failed:
        assign(*asked)
        return Failed(FailureKind.UNKNOWN, "Sent, but no answer came.")

    monkeypatch.setattr(SeatsConnector, "_assign", lost)
    made = twice.ask("ada", "studio")
    monkeypatch.undo()
    assert _taken(twice) == (1, 0)
    twice.change("ada", gone_at=twice.clock())
    _cancel(twice, made.id, "ada")
    twice.pass_time(minutes=20)
    assert _taken(twice) == (0, 0)
