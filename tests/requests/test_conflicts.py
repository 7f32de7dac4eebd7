"""What nobody should hold together is seen before it is decided, and refused where the policy says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand

from selfserve.fulfilment.fulfil import Job
from selfserve.requests import acts, asking, begin, small_counts, undecided
from selfserve.requests.decide import Say
from selfserve.requests.plan import plan
from selfserve.requests.refusals import NotPossible, Refusal
from selfserve.requests.submit import Submitted, submit
from selfserve.store.states import RequestState


def strict(stand: Stand) -> None:
    """The policy refuses."""
    path = stand.catalog / "policy.yaml"
    path.write_text(path.read_text() + "\nconflicts: refuse\n")
    assert stand.house.catalog.refresh(force=True), stand.house.catalog.problems


def clashes(stand: Stand, who: str) -> list[str]:
    """What whoever decides reads of it."""
    with stand.house.database.read() as session:
        (one,) = undecided.waiting_for(session, stand.house, stand.people[who])
    assert all(held.since is not None for held in one.conflicts)
    return [held.item_name for held in one.conflicts]


@pytest.mark.parametrize("says", ["screen", "lamp"])
def test_whoever_decides_reads_what_does_not_go_together(stand: Stand, says: str) -> None:
    """Whichever of both items says so; before it is asked for, too."""
    other = {"screen": "lamp", "lamp": "screen"}[says]
    stand.edit(says, "expect: 1m", f"expect: 1m\nconflicts: [{other}]")
    stand.ask("ada", "lamp")
    assert plan(stand.house, customer_id=stand.people["ada"], item_id="screen", answers={}).conflicts == ["Lamp"]
    assert plan(stand.house, customer_id=stand.people["ben"], item_id="screen", answers={}).conflicts == []
    stand.ask("ada", "screen")
    assert clashes(stand, "dan") == ["Lamp"]


def test_where_the_policy_refuses_nobody_gets_both(stand: Stand) -> None:
    """Neither at once, nor by a decision about what was asked for before."""
    stand.edit("screen", "expect: 1m", "expect: 1m\nconflicts: [lamp]")
    strict(stand)
    waiting = stand.ask("ada", "screen")
    stand.ask("ada", "lamp")
    with pytest.raises(NotPossible, match="Lamp"):
        stand.decide("dan", waiting.id)
    assert ("screen", "ada") not in stand.shelf.things
    with pytest.raises(NotPossible, match="does not go together with what is held already: “Lamp”"):
        submit(stand.house, customer_id=stand.people["ada"], item_id="screen", answers={})


LOST = "It does not go together with what is "


def waits(stand: Stand) -> bool:
    """Somebody waits for a lock of the store; SQLite lets nobody begin to write before, so it never comes to that."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with stand.house.database.read() as session:
        return stand.house.database.sqlite or bool(session.scalar(sa.text(asked)))


def held_together(stand: Stand, monkeypatch: pytest.MonkeyPatch, *acts_: Callable[[], object]) -> list[object]:
    """What comes of two acts that have both seen, each by itself, that nothing stands against them, before any is
    stored; and of which the first is not committed before the other waits for it, or is through."""
    seen, first, through, turn = threading.Barrier(2), threading.Lock(), threading.Event(), threading.Event()
    prepare, begun = asking.prepare, begin.begin

    def prepared(*given: Any, **named: Any) -> asking.Prepared:
        made = prepare(*given, **named)
        seen.wait(30)
        return made

    def slowly(*given: Any, **named: Any) -> Job | None:
        job = begun(*given, **named)
        if first.acquire(blocking=False):
            while not waits(stand) and not through.is_set():
                turn.wait(0.01)
        return job

    def go(act: Callable[[], object]) -> object:
        try:
            return act()
        except Refusal as refused:
            return refused
        finally:
            through.set()

    monkeypatch.setattr(asking, "prepare", prepared)
    monkeypatch.setattr(begin, "begin", slowly)
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(go, acts_))


@pytest.mark.parametrize("away", [False, True], ids=["held", "promised"])
def test_two_asks_at_once_do_not_get_round_the_policy(
    stand: Stand, second: Stand, monkeypatch: pytest.MonkeyPatch, away: bool
) -> None:
    """Each was looked at while the other was not stored: one is held, or promised, and the other refused with it."""
    stand.edit("cup", "expect: 1m", "expect: 1m\nconflicts: [lamp]")
    strict(stand)
    stand.shelf.offline = away
    told = held_together(stand, monkeypatch, lambda: stand.ask("ada", "lamp"), lambda: second.ask("ada", "cup"))

    (made,) = [each for each in told if isinstance(each, Submitted)]
    (lost,) = [each for each in told if isinstance(each, NotPossible)]
    (grant,) = stand.grants("ada")
    assert lost.words.startswith(LOST)
    assert grant.item_name in lost.words
    assert grant.item_id == stand.request(made.id).item_id
    stand.shelf.offline = False
    stand.pass_time(minutes=5)
    assert [grant.item_id for grant in stand.grants("ada")] == [thing for thing, _ in stand.shelf.things]


def test_two_decisions_at_once_do_not_get_round_the_policy(
    stand: Stand, second: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not go together is approved by two people in one moment: the later one reads why it is over, and so
    does the customer."""
    stand.edit("screen", "expect: 1m", "expect: 1m\nconflicts: [desk]")
    strict(stand)
    screen, desk = stand.ask("ada", "screen"), stand.ask("ada", "desk")
    told = held_together(
        stand, monkeypatch, lambda: stand.decide("dan", screen.id), lambda: second.decide("mara", desk.id)
    )

    (lost,) = [each for each in told if isinstance(each, NotPossible)]
    (grant,) = stand.grants("ada")
    assert f"held already: “{grant.item_name}”" in lost.words or f"just being given: “{grant.item_name}”" in lost.words
    states = {RequestState(stand.request(made.id).state) for made in (screen, desk)}
    assert states == {RequestState.FULFILLED, RequestState.DENIED}
    (denied,) = [one for one in (screen, desk) if stand.request(one.id).state == RequestState.DENIED]
    assert stand.request(denied.id).words.startswith(LOST)
    assert stand.kinds(f"request:{denied.id}")[-1] == "approval.denied"
    assert len(stand.shelf.things) == 1


def test_what_is_promised_stands_against_what_does_not_go_together(stand: Stand) -> None:
    """Its target is away, so nobody holds it yet; what is cancelled does not stand in the way any more."""
    stand.edit("cup", "expect: 1m", "expect: 1m\nconflicts: [lamp]")
    strict(stand)
    stand.shelf.offline = True
    lamp = stand.ask("ada", "lamp")
    with pytest.raises(NotPossible, match="just being given: “Lamp”"):
        stand.ask("ada", "cup")
    stand.write(acts.cancel, stand.house, lamp.name, stand.people["ada"], stand.clock())
    stand.shelf.offline = False
    stand.work()
    assert stand.ask("ada", "cup").state == RequestState.FULFILLED


def test_what_conflicts_with_nothing_asks_for_no_lock(stand: Stand) -> None:
    """The straight way costs what it cost: who is served is locked only where two things may exclude each other."""
    stand.edit("cup", "expect: 1m", "expect: 1m\nconflicts: [lamp]")
    strict(stand)
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(stand.house.database.engine, "before_cursor_execute", note)
    stand.ask("ada", "bell")
    stand.ask("ada", "fork")
    assert not [one for one in asked if "FROM person" in one and "FOR" in one.partition("FROM person")[2]]
    assert not [one for one in asked if "held_grant.item_name" in one and "item_id IN" in one]


def test_what_was_asked_about_does_not_wait_for_whoever_asked(stand: Stand) -> None:
    """It stays in sight, and counts again once it is answered."""
    made = stand.ask("ada", "screen")

    def counted() -> int:
        with stand.house.database.read() as session:
            return small_counts.counts(session, stand.people["dan"], staff=False).approvals

    assert counted() == 1
    stand.decide("dan", made.id, Say.ASK, "Which size?")
    assert counted() == 0
    with stand.house.database.read() as session:
        assert len(undecided.waiting_for(session, stand.house, stand.people["dan"])) == 1
    stand.write(acts.answer, made.name, stand.people["ada"], "The large one", stand.clock())
    assert counted() == 1
