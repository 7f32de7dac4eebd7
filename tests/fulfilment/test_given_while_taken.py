"""A giving and a taking back of one thing exclude each other, whoever gives and whoever holds, also by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session
from tests.stand import invariants
from tests.stand.house import Stand
from tests.stand.stores import somebody_waits

from selfserve.connectors.contract import Outcome, Presence
from selfserve.fulfilment import desk as floor
from selfserve.fulfilment import owned
from selfserve.fulfilment.revoke import revoke
from selfserve.fulfilment.runs import claim
from selfserve.requests import acts, begin, desk
from selfserve.requests.reconcile import reconcile
from selfserve.requests.refusals import NotPossible
from selfserve.requests.submit import Submitted
from selfserve.store.states import GrantState, RequestState, StepState
from selfserve.store.tables import Grant, Person, Run

FORK = ("fork", "ada")
COMMON = ("fork", "common")
SPOON = ("spoon", "ada")
LAMP = 'with: {thing: lamp, customer: "${customer.login}"}\n'
MORE = "  - id: more\n    use: shelf.put\n    " + LAMP.replace("lamp", "spoon")
MOMENT = "Wait a moment, then press it again"


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """The thread of the other process."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _until_it_waits(stand: Stand, *late: Future[Any]) -> None:
    turn = threading.Event()
    while not somebody_waits(stand.house.database):
        assert not any(one.done() for one in late), "it did not wait"
        turn.wait(0.01)


def _gives_back(stand: Stand, made: Submitted, who: str = "ada") -> None:
    stand.write(acts.give_back, stand.house, made.name, stand.people[who], stand.clock())


def _grant_of(stand: Stand, item: str, who: str = "ada") -> Grant:
    return next(grant for grant in stand.grants(who) if grant.item_id == item)


def _begun(session: Session, stand: Stand, grant: Grant) -> Run:
    """The taking back of a grant has begun, and that is not committed yet."""
    (run,) = stand.runs(grant.id)
    assert claim(session, session.get_one(Run, run.id, with_for_update=True), stand.house) is not None
    assert owned.being_given(session, grant.id) is None
    assert [step.name for step in owned.to_undo(session, grant.id, stand.clock())] == ["thing"]
    return run


def _in_the_middle(stand: Stand, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[BaseException]:
    """Do something once, in the moment in which the shelf is asked to take a thing back; what it raised."""
    undo, raised, done = stand.shelf.undo, list[BaseException](), list[bool]()

    def now(*args: object) -> Outcome:
        if not done:
            done.append(True)
            try:
                act()
            except NotPossible as refused:
                raised.append(refused)
        return undo(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(stand.shelf, "undo", now)
    return raised


def _a_person_s(stand: Stand, *, named: bool) -> tuple[Submitted, Submitted]:
    """Ada holds a fork; the lamp, which brings one and a spoon, is a person's, as the shelf could not be read."""
    stand.edit("lamp", LAMP, LAMP.replace("lamp", "fork") + MORE)
    fork = stand.ask("ada", "fork")
    if named:
        stand.shelf.torn.add("ada")
    else:
        stand.shelf.offline = True
    lamp = stand.ask("ada", "lamp")
    stand.pass_time(minutes=20)
    stand.shelf.torn.clear()
    stand.shelf.offline = False
    assert stand.request(lamp.id).state == RequestState.HANDED_OVER
    assert stand.steps(lamp.id)[0].resource.startswith("?") is not named
    return fork, lamp


def _done(stand: Stand, case_id: str = "") -> None:
    case_id = case_id or stand.case().id
    desk.done(stand.house, case_id, stand.people["tess"], fields={}, not_there_before=True)


@pytest.mark.parametrize("named", [True, False])
def test_nothing_is_done_by_hand_while_it_is_taken_back(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    """Tess says that the fork is there in the moment in which it is taken away: she waits, and nobody is told so."""
    fork, lamp = _a_person_s(stand, named=named)
    refused = _in_the_middle(stand, monkeypatch, lambda: _done(stand))
    _gives_back(stand, fork)
    stand.work()
    assert MOMENT in str(refused[0])
    assert stand.request(lamp.id).state == RequestState.HANDED_OVER
    assert FORK not in stand.shelf.things
    with pytest.raises(NotPossible, match="does not show it yet"):
        _done(stand)
    stand.shelf.things.add(FORK)
    _done(stand)
    stand.work()
    assert stand.request(lamp.id).state == RequestState.FULFILLED
    assert stand.steps(lamp.id)[0].resource == "thing:fork:ada"
    _gives_back(stand, lamp)
    stand.pass_time(minutes=1)
    assert not stand.shelf.things
    invariants.check(stand)


def test_what_was_seen_before_it_was_taken_back_is_not_believed(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken away right after the look at Tess's word: what was seen is not there any more."""
    fork, lamp = _a_person_s(stand, named=True)
    observe, seen = stand.shelf.observe, list[Presence]()

    def looks(*args: object) -> object:
        shown = observe(*args)  # type: ignore[arg-type]
        if not seen:
            seen.append(shown.presence)
            _gives_back(stand, fork)
            stand.work()
        return shown

    monkeypatch.setattr(stand.shelf, "observe", looks)
    with pytest.raises(NotPossible, match=MOMENT):
        _done(stand)
    assert seen == [Presence.PRESENT]
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert stand.request(lamp.id).state == RequestState.HANDED_OVER
    stand.shelf.things.add(FORK)
    _done(stand)
    stand.work()
    assert stand.request(lamp.id).state == RequestState.FULFILLED
    invariants.check(stand)


def test_a_taking_back_that_begins_is_waited_for_by_whoever_does_it_by_hand(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """It has not written down yet that it has begun: Tess's word waits for it, and is not taken."""
    fork, lamp = _a_person_s(stand, named=True)
    case = stand.case()
    _gives_back(stand, fork)
    with stand.house.database.write() as session:
        run = _begun(session, stand, _grant_of(stand, "fork"))
        late = beside.submit(_done, second, case.id)
        _until_it_waits(stand, late)
    with pytest.raises(NotPossible, match=MOMENT):
        late.result(30)
    revoke(stand.house, run.id)
    assert stand.request(lamp.id).state == RequestState.HANDED_OVER
    assert not stand.shelf.things


def test_what_is_just_done_by_hand_is_left_by_the_taking_back_that_begins(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """Tess's word is just being written down: the taking back waits for it, and leaves the fork to the lamp."""
    fork, lamp = _a_person_s(stand, named=True)
    case = stand.case()
    _gives_back(stand, fork)
    (run,) = stand.runs(_grant_of(stand, "fork").id)
    seen = floor.look(stand.house, case.id, {})
    with stand.house.database.write() as session:
        tess = session.get_one(Person, stand.people["tess"])
        said = floor.ByHand({}, "", seen, not_there_before=True)
        floor.done(session, stand.house, case.id, tess, said, stand.clock())
        session.flush()
        late = beside.submit(revoke, second.house, run.id)
        _until_it_waits(stand, late)
    late.result(30)
    stand.work()
    assert stand.request(lamp.id).state == RequestState.FULFILLED
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert stand.shelf.things == {FORK, SPOON}
    assert stand.shelf.calls["undo"] == 0
    _gives_back(stand, lamp)
    stand.pass_time(minutes=1)
    assert not stand.shelf.things
    invariants.check(stand)


def _shared(stand: Stand) -> Submitted:
    """One fork for all; Ada has it."""
    stand.edit("fork", "${customer.login}", "common")
    return stand.ask("ada", "fork")


def _has_it_in_the_end(stand: Stand, made: Submitted) -> None:
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert [step.state for step in stand.steps(made.id)] == [StepState.DONE]
    assert stand.shelf.things == {COMMON}
    _gives_back(stand, made, "ben")
    stand.pass_time(minutes=1)
    assert not stand.shelf.things
    invariants.check(stand)


@pytest.mark.parametrize("works", [True, False])
def test_what_one_customer_gives_back_is_not_found_there_by_another(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    """Ben asks in the moment in which Ada's is taken away: he waits for that, and has it afterwards."""
    fork = _shared(stand)
    his = stand.again("two")
    object.__setattr__(his.house, "works", works)
    made = list[Submitted]()
    refused = _in_the_middle(stand, monkeypatch, lambda: made.append(his.ask("ben", "fork")))
    _gives_back(stand, fork)
    stand.work()
    assert not refused
    assert made[0].state is RequestState.FULFILLING
    _has_it_in_the_end(stand, made[0])


def test_a_taking_back_that_begins_is_waited_for_by_another_s_ask(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """Ada's has not written down yet that it has begun: Ben's ask waits until that is to be seen, and is put off."""
    fork = _shared(stand)
    _gives_back(stand, fork)
    with stand.house.database.write() as session:
        run = _begun(session, stand, _grant_of(stand, "fork"))
        late = beside.submit(second.ask, "ben", "fork")
        _until_it_waits(stand, late)
    made = late.result(30)
    assert made.state is RequestState.FULFILLING
    stand.work(1)
    assert stand.steps(made.id)[0].calls == 0
    revoke(stand.house, run.id)
    assert not stand.shelf.things
    _has_it_in_the_end(stand, made)


def test_another_s_ask_is_waited_for_by_the_taking_back_that_begins(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ben's is just being stored when Ada's is to go: that waits, sees it, and leaves the fork to him."""
    fork = _shared(stand)
    _gives_back(stand, fork)
    (run,) = stand.runs(_grant_of(stand, "fork").id)
    stored, late = begin.begin, list[Future[Any]]()

    def stores(session: Session, *args: object) -> object:
        job = stored(session, *args)  # type: ignore[arg-type]
        late.append(beside.submit(revoke, second.house, run.id))
        _until_it_waits(stand, *late)
        return job

    monkeypatch.setattr(begin, "begin", stores)
    made = stand.ask("ben", "fork")
    late[0].result(30)
    stand.pass_time(minutes=1)
    assert made.state is RequestState.FULFILLED
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert stand.shelf.things == {COMMON}
    _gives_back(stand, made, "ben")
    stand.pass_time(minutes=1)
    assert not stand.shelf.things
    invariants.check(stand)


def test_what_another_has_found_there_meanwhile_is_not_taken_back_by_hand(stand: Stand) -> None:
    """Ada's could not be taken away, and Ben was given it: what Tess took away by hand is his, and is missed there."""
    fork = _shared(stand)
    stand.shelf.faults = ["permanent"]
    _gives_back(stand, fork)
    stand.work(1)
    case = stand.case()
    his = stand.ask("ben", "fork")
    assert (his.state, stand.steps(his.id)[0].ours) == (RequestState.FULFILLED, False)
    stand.shelf.things.clear()
    with pytest.raises(NotPossible, match="held because of something else"):
        _done(stand, case.id)
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert stand.steps(his.id)[0].ours
    stand.clock.forward(hours=1)
    reconcile(stand.house)
    assert stand.case().why == "drift"
