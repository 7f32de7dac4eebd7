"""Runs, requests, grants, steps: whoever needs several locks them in this order, so that of two who meet one waits for
the other, and never both (docs/decisions/0003)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand import invariants
from tests.stand.house import Stand
from tests.stand.stores import somebody_waits
from tests.stand.walker import ACTS, Walker

from selfserve.fulfilment import desk as floor
from selfserve.fulfilment import promising
from selfserve.fulfilment import revoke as taking
from selfserve.requests import acts, desk
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotPossible, Refusal
from selfserve.requests.submit import Submitted
from selfserve.store.states import GrantState, RequestState
from selfserve.store.tables import Step

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite locks no rows, but all there is
ORDER = ("run", "request", "held_grant", "step")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """The threads of two processes."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def _until_it_waits(stand: Stand, late: Future[Any]) -> None:
    turn = threading.Event()
    while not somebody_waits(stand.house.database) and not late.done():
        turn.wait(0.01)


def _stands_in(
    monkeypatch: pytest.MonkeyPatch, where: object, name: str, meanwhile: Callable[[], object]
) -> list[object]:
    """The first who comes to this function stands there until `meanwhile` returns."""
    real, stood = getattr(where, name), list[object]()

    def stands(*args: Any, **named: Any) -> Any:
        if not stood:
            stood.append(True)
            stood.append(meanwhile())
        return real(*args, **named)

    monkeypatch.setattr(where, name, stands)
    return stood


SPOON = '  - id: spoon\n    use: shelf.put\n    with: {thing: spoon, customer: "${customer.login}"}\n'
FORK = SPOON.replace("spoon", "fork")


def test_two_asks_of_one_customer_lock_what_they_had_in_one_order(
    stand: Stand, second: Stand, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one has the fork and goes for the lamp, the other has the lamp and goes for the fork: one waits."""
    text = (stand.catalog / "items" / "lamp.yaml").read_text()
    first = stand.ask("ada", "lamp")
    stand.ask("ada", "fork")
    both = text.replace("id: lamp\n", "id: both\n").replace("fulfil:\n", "fulfil:\n" + FORK)
    (stand.catalog / "items" / "both.yaml").write_text(both)
    stand.edit("lamp", text.partition("fulfil:\n")[2], SPOON + FORK + "grant: {ends: 8h}\n")

    late: list[Future[Submitted]] = []

    def meanwhile() -> None:
        late.append(pool.submit(second.ask, "ada", "both"))
        _until_it_waits(stand, late[0])

    _stands_in(monkeypatch, promising, "promise", meanwhile)
    made = stand.ask("ada", "lamp", {"reason": "Another."})
    assert late[0].result(30).state is RequestState.FULFILLED
    assert made.state is RequestState.FULFILLED
    assert made.id != first.id
    invariants.check(stand)


def _cannot_be_taken_back(stand: Stand) -> str:
    """Ada gave her fork back, and the shelf does not let go of it: its case."""
    fork = stand.ask("ada", "fork")
    stand.shelf.faults = ["permanent"]
    stand.write(acts.give_back, stand.house, fork.name, stand.people["ada"], stand.clock())
    stand.work(1)
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    return stand.case().id


def _done(stand: Stand, case_id: str) -> None:
    desk.done(stand.house, case_id, stand.people["tess"], fields={}, on_my_word=True)


def test_a_taking_back_that_waits_and_who_did_it_by_hand_do_not_wait_for_each_other(
    stand: Stand, second: Stand, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again in the moment in which Tess says that it is done, and has to wait as it has no name."""
    case_id, late = _cannot_be_taken_back(stand), list[Future[None]]()
    stand.clock.forward(hours=1)
    (run,) = [run for run in stand.runs(stand.grants("ada")[0].id) if run.ended_at is None]
    stand.write(lambda session: session.execute(sa.update(Step).values(resource="?a fork")))
    stand.shelf.nameless = True

    def meanwhile() -> None:
        late.append(pool.submit(_done, second, case_id))
        _until_it_waits(stand, late[0])

    _stands_in(monkeypatch, taking, "_wait", meanwhile)
    taking.revoke(stand.house, run.id)
    late[0].result(30)
    stand.shelf.nameless = False
    stand.pass_time(hours=1)
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_who_did_it_by_hand_does_not_wait_for_a_taking_back_that_begins(
    stand: Stand, second: Stand, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tess's word is being written down when it is tried again: she is told so, and it goes its way."""
    case_id, late = _cannot_be_taken_back(stand), list[Future[None]]()
    stand.clock.forward(hours=1)
    (run,) = [run for run in stand.runs(stand.grants("ada")[0].id) if run.ended_at is None]

    def meanwhile() -> None:
        late.append(pool.submit(taking.revoke, second.house, run.id))
        _until_it_waits(stand, late[0])

    _stands_in(monkeypatch, floor, "_retry_revoke", meanwhile)
    with pytest.raises(NotPossible, match="just being tried again"):
        _done(stand, case_id)
    late[0].result(30)
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.shelf.things
    invariants.check(stand)


class _Locks:
    """What each transaction locks for the first time, table by table."""

    LOCKS = re.compile(
        r"^\s*(?:UPDATE (?P<one>\w+)|SELECT .*?\sFROM (?P<all>.*?)\sWHERE .* FOR UPDATE(?P<passing> SKIP LOCKED)?)",
        re.DOTALL,
    )

    def __init__(self, engine: sa.Engine) -> None:
        self.held: dict[int, list[str]] = {}
        self.wrong: set[tuple[str, str, str]] = set()
        self.seen: set[tuple[str, ...]] = set()
        sa.event.listen(engine, "before_cursor_execute", self._sees)
        for over in ("commit", "rollback"):
            sa.event.listen(engine, over, self._over)

    def _over(self, connection: sa.Connection) -> None:
        self.seen.add(tuple(self.held.pop(id(connection), [])))

    def _sees(self, connection: sa.Connection, _: Any, statement: str, *__: Any) -> None:
        found = self.LOCKS.search(statement)
        held = self.held.setdefault(id(connection), [])
        locked = re.findall(r"\w+", found["one"] or found["all"]) if found is not None else []
        for table in ORDER:
            if table not in locked or table in held or found is None:
                continue
            if not found["passing"] and held and max(map(ORDER.index, held)) > ORDER.index(table):
                self.wrong.add((" → ".join(held), table, statement))
            held.append(table)


def test_all_lock_in_one_order(stand: Stand) -> None:
    """A house is moved by chance, with every fault: nobody locks against the order."""
    locks = _Locks(stand.house.database.engine)
    walker, chance = Walker(stand), Random(7)
    for _ in range(150):
        with suppress(Refusal):
            walker.act(chance.choice(ACTS), chance.randrange(1000))
    reconcile(walker.stand.house)
    assert not locks.wrong
    assert {" → ".join(held) for held in locks.seen} >= {"run → request → held_grant → step", "run → held_grant → step"}
