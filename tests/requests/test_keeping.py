"""What is old goes, a little at a time; what a story, a case or the next attempt needs stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.stand import invariants
from tests.stand.house import Stand

from selfserve.fulfilment import keeping, leases
from selfserve.fulfilment.keeping import forget_runs
from selfserve.people.sign_ins import KEPT, forget_sign_ins
from selfserve.requests import ask_keys, desk
from selfserve.store import forgetting
from selfserve.store.states import RequestState
from selfserve.store.tables import AskKey, SignIn, Takeover


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several rounds, also where little is old."""
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)


def _tried_often(stand: Stand, who: str) -> str:
    stand.shelf.faults = ["transient"] * 4
    made = stand.ask(who, "lamp")
    stand.pass_time(minutes=20)
    assert len(stand.runs(made.id)) == 5
    return made.id


def test_attempts_that_ended_long_ago_are_forgotten_but_for_the_last(stand: Stand) -> None:
    """The next attempt is counted from it; the story loses nothing."""
    made = _tried_often(stand, "ada")
    told = stand.kinds(f"request:{made}")
    stand.clock.forward(seconds=(keeping.KEPT - timedelta(hours=1)).total_seconds())
    assert forget_runs(stand.house) == 0
    stand.clock.forward(hours=2)
    assert forget_runs(stand.house) == 4
    assert [run.attempt for run in stand.runs(made)] == [5]
    assert forget_runs(stand.house) == 0
    assert stand.request(made).state == RequestState.FULFILLED
    assert stand.kinds(f"request:{made}") == told
    assert stand.steps(made)[0].evidence
    invariants.check(stand)


def test_an_attempt_that_a_case_tells_of_stays_with_it(stand: Stand) -> None:
    """Closed or not; and what is tried again after months goes on counting."""
    stand.shelf.faults = ["permanent"]
    made = stand.ask("ada", "lamp")
    case = stand.case()
    stand.clock.forward(days=100)
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert forget_runs(stand.house) == 0
    assert [run.attempt for run in stand.runs(made.id)] == [1, 2]
    assert [one.id for one in stand.cases()] == [case.id]


def test_what_is_known_of_dead_workers_is_forgotten(stand: Stand) -> None:
    """The order they left is long over."""
    with stand.house.database.write() as session:
        for number in range(5):
            leases._count(session, stand.house, f"fulfil:{number}:1")
    stand.clock.forward(days=89)
    assert forget_runs(stand.house) == 0
    stand.clock.forward(days=2)
    assert forget_runs(stand.house) == 5
    with stand.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Takeover)) == 0


def test_a_key_is_forgotten_a_month_after_its_request_was_over(stand: Stand) -> None:
    """Before that it answers the same; while the request is open it stays, however old."""
    closed = [stand.ask(who, "bell", key="k") for who in ("ada", "ben", "dora")]
    waiting = stand.ask("dan", "screen", key="k")
    stand.clock.forward(days=29)
    assert ask_keys.forget_keys(stand.house) == 0
    assert stand.ask("ada", "bell", key="k").id == closed[0].id
    stand.clock.forward(days=2)
    assert ask_keys.forget_keys(stand.house) == 3
    with stand.house.database.read() as session:
        assert session.scalars(sa.select(AskKey.request_id)).all() == [waiting.id]
    assert stand.ask("ada", "bell", key="k").id != closed[0].id


def test_ended_sessions_are_forgotten_after_their_time(stand: Stand) -> None:
    """Those that were signed out, and those that ran out; nobody who is signed in."""
    now = stand.clock()
    ends = {"out": (now + timedelta(days=200), now), "over": (now, None), "open": (now + timedelta(days=200), None)}
    with stand.house.database.write() as session:
        for name, (ends_at, ended_at) in ends.items():
            session.add(
                SignIn(
                    id=name,
                    secret_hash=name,
                    person_id=stand.people["ada"],
                    issuer="i",
                    subject="s",
                    created_at=now,
                    seen_at=now,
                    authenticated_at=now,
                    ends_at=ends_at,
                    ended_at=ended_at,
                )
            )
    assert forget_sign_ins(stand.house.database, now + KEPT - timedelta(hours=1)) == 0
    assert forget_sign_ins(stand.house.database, now + KEPT + timedelta(hours=1)) == 2
    with stand.house.database.read() as session:
        assert session.scalars(sa.select(SignIn.id)).all() == ["open"]
