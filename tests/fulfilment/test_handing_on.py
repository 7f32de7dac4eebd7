"""Two ends meet at one thing: what the first hands on is the second's to take back, however close they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from tests.stand import invariants
from tests.stand.house import Stand
from tests.stand.stores import somebody_waits

from selfserve.fulfilment import owned, promising
from selfserve.fulfilment.fulfil import fulfil
from selfserve.fulfilment.revoke import revoke
from selfserve.fulfilment.runs import claim
from selfserve.requests import acts
from selfserve.requests.submit import Submitted
from selfserve.store.states import GrantState, RequestState, RunState
from selfserve.store.tables import Grant, Request, Run, Step


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """The thread of the other process."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _gives_back(stand: Stand, made: Submitted | Request) -> None:
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())


def _grant_of(stand: Stand, item: str) -> Grant:
    return next(grant for grant in stand.grants("ada") if grant.item_id == item)


def _request_of(stand: Stand, item: str) -> Request:
    with stand.house.database.read() as session:
        return session.scalars(sa.select(Request).where(Request.item_id == item)).one()


def _until_it_waits(stand: Stand, late: Future[None]) -> None:
    turn = threading.Event()
    while not somebody_waits(stand.house.database):
        assert not late.done(), "it did not wait"
        turn.wait(0.01)


def _all_gone(stand: Stand) -> None:
    stand.pass_time(minutes=1)
    assert not stand.shelf.things
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED] * 2
    with stand.house.database.read() as session:
        assert session.scalars(sa.select(Step).where(Step.ours.is_(True))).all() == []
    invariants.check(stand)


def test_what_is_just_handed_on_is_waited_for_by_the_heir_that_ends(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The fork leaves it to the set, and has not written that down; the set ends meanwhile, and takes it back."""
    fork, whole = stand.ask("ada", "fork"), stand.ask("ada", "set")
    _gives_back(stand, fork)

    def ends() -> None:
        _gives_back(second, whole)
        (run,) = second.runs(_grant_of(second, "set").id)
        revoke(second.house, run.id)

    with stand.house.database.write() as session:
        assert owned.to_undo(session, _grant_of(stand, "fork").id, stand.clock()) == []
        session.flush()
        late = beside.submit(ends)
        _until_it_waits(stand, late)
    late.result(30)
    assert not stand.shelf.things
    _all_gone(stand)


def test_nothing_is_handed_on_to_what_has_ended_meanwhile(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The set's step is waited for, and by then the set is ending: the fork takes its own back itself."""
    fork, whole = stand.ask("ada", "fork"), stand.ask("ada", "set")
    _gives_back(stand, fork)
    (run,) = stand.runs(_grant_of(stand, "fork").id)
    locked = sa.select(Step).where(Step.request_id == whole.id).with_for_update()

    def hold_and_end(session: Session) -> None:
        session.scalars(locked).all()
        late.append(beside.submit(revoke, second.house, run.id))
        _until_it_waits(stand, late[0])
        acts.give_back(session, stand.house, whole.name, stand.people["ada"], stand.clock())

    late: list[Future[None]] = []
    stand.write(hold_and_end)
    late[0].result(30)
    assert ("fork", "ada") not in stand.shelf.things
    assert not stand.steps(whole.id)[1].ours
    _all_gone(stand)


FIRST = """\
fulfil:
  - id: first
    use: shelf.order
    with: {thing: desk, customer: "${customer.login}"}
"""


def _waits_for_something_else(stand: Stand) -> Submitted:
    """Ada has a fork, and asked for a set of which it is a part; its first step is ordered, and comes when it comes."""
    stand.edit("set", "fulfil:\n", FIRST)
    stand.ask("ada", "fork")
    whole = stand.ask("ada", "set")
    stand.work()
    assert [step.state for step in stand.steps(whole.id)] == ["accepted", "planned", "planned", "planned"]
    return whole


def _comes(stand: Stand, whole: Submitted) -> None:
    """What was ordered comes; the set has its own fork, and takes it back in its turn."""
    stand.shelf.deliver()
    stand.pass_time(minutes=15)
    assert stand.request(whole.id).state == RequestState.FULFILLED
    assert ("fork", "ada") in stand.shelf.things
    fork = stand.steps(whole.id)[2]
    assert (fork.before, fork.ours) == ("absent", True)
    _gives_back(stand, whole)
    _all_gone(stand)


def test_what_is_only_planned_does_not_keep_what_has_ended(stand: Stand) -> None:
    """The fork ends while the set waits: it is taken back at once, and the set brings its own when its turn comes."""
    whole = _waits_for_something_else(stand)
    _gives_back(stand, _request_of(stand, "fork"))
    stand.work(1)
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert ("fork", "ada") not in stand.shelf.things
    _comes(stand, whole)


def test_what_is_just_being_taken_back_is_not_found_there(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The taking back of the fork has begun when the set's turn comes: the set waits, then brings its own."""
    whole = _waits_for_something_else(stand)
    _gives_back(stand, _request_of(stand, "fork"))
    (taking,) = stand.runs(_grant_of(stand, "fork").id)
    giving = stand.runs(whole.id)[-1]
    stand.shelf.deliver()
    with stand.house.database.write() as session:
        run = session.get_one(Run, taking.id, with_for_update=True)
        assert claim(session, run, stand.house) is not None
        assert owned.being_given(session, _grant_of(stand, "fork").id) is None
        assert [step.name for step in owned.to_undo(session, _grant_of(stand, "fork").id, stand.clock())] == ["thing"]
        late = beside.submit(fulfil, second.house, giving.id)
        _until_it_waits(stand, late)
    late.result(30)
    assert stand.steps(whole.id)[0].state == "accepted", "it has not begun"
    revoke(stand.house, taking.id)
    assert ("fork", "ada") not in stand.shelf.things
    _comes(stand, whole)


def test_what_is_ordered_where_no_target_is_known_is_not_found_there_either(stand: Stand, second: Stand) -> None:
    """A process without targets cannot say what the set changes; whoever works on it does, before it looks."""
    stand.ask("ada", "fork")
    _gives_back(stand, _request_of(stand, "fork"))
    (taking,) = stand.runs(_grant_of(stand, "fork").id)
    with stand.house.database.write() as session:
        assert claim(session, session.get_one(Run, taking.id), stand.house) is not None
        assert [step.name for step in owned.to_undo(session, _grant_of(stand, "fork").id, stand.clock())] == ["thing"]
    object.__setattr__(second.house, "works", False)
    whole = second.ask("ada", "set")
    giving = stand.runs(whole.id)[-1]
    fulfil(stand.house, giving.id)
    fork = stand.steps(whole.id)[1]
    assert (fork.resource, fork.state, fork.calls) == ("thing:fork:ada", "planned", 0)
    revoke(stand.house, taking.id)
    assert ("fork", "ada") not in stand.shelf.things
    stand.pass_time(minutes=5)
    assert stand.request(whole.id).state == RequestState.FULFILLED
    assert ("fork", "ada") in stand.shelf.things
    _gives_back(stand, whole)
    _all_gone(stand)


def test_a_giving_that_learns_its_name_waits_for_a_taking_back_that_begins(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """Neither has written down yet that it has begun, and only now they turn out to be about the same fork."""
    stand.ask("ada", "fork")
    object.__setattr__(second.house, "works", False)
    whole = second.ask("ada", "set")
    _gives_back(stand, _request_of(stand, "fork"))
    (taking,) = stand.runs(_grant_of(stand, "fork").id)
    giving = stand.runs(whole.id)[-1]
    with stand.house.database.write() as session:
        run = session.get_one(Run, taking.id, with_for_update=True)
        assert claim(session, run, stand.house) is not None
        assert owned.being_given(session, _grant_of(stand, "fork").id) is None
        assert [step.name for step in owned.to_undo(session, _grant_of(stand, "fork").id, stand.clock())] == ["thing"]
        late = beside.submit(fulfil, second.house, giving.id)
        _until_it_waits(stand, late)
    late.result(30)
    assert (stand.steps(whole.id)[1].state, stand.steps(whole.id)[1].calls) == ("planned", 0)
    revoke(stand.house, taking.id)
    stand.pass_time(minutes=5)
    assert stand.request(whole.id).state == RequestState.FULFILLED
    assert ("fork", "ada") in stand.shelf.things


def _going(session: Session, stand: Stand) -> bool:
    whole = Request(customer_id=stand.people["ada"], item_id="set")
    return promising.former(session, whole, "another", [], [("shelf", "thing:fork:ada")]).going is not None


def test_what_is_asked_for_while_what_was_held_ends_is_seen_by_its_end(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The set is being stored when the fork is given back: that waits until it can see whom it would take it from."""
    fork = stand.ask("ada", "fork")
    with stand.house.database.write() as session:
        assert not _going(session, stand)
        late = beside.submit(_gives_back, second, fork)
        _until_it_waits(stand, late)
    late.result(30)
    with stand.house.database.write() as session:
        assert _going(session, stand)


def test_what_is_just_being_given_is_waited_for_by_the_taking_back(
    stand: Stand, second: Stand, beside: ThreadPoolExecutor
) -> None:
    """The set's run has begun when the fork's taking back comes: that waits, and leaves the fork to the set."""
    whole = _waits_for_something_else(stand)
    _gives_back(stand, _request_of(stand, "fork"))
    (taking,) = stand.runs(_grant_of(stand, "fork").id)
    giving = stand.runs(whole.id)[-1]
    stand.shelf.deliver()
    with stand.house.database.write() as session:
        run = session.get_one(Run, giving.id, with_for_update=True)
        assert claim(session, run, stand.house) is not None
        assert not owned.going_back(session, whole.id)
        late = beside.submit(revoke, second.house, taking.id)
        _until_it_waits(stand, late)
    late.result(30)
    assert stand.runs(_grant_of(stand, "fork").id)[0].state == RunState.STOPPED
    assert ("fork", "ada") in stand.shelf.things
    fulfil(stand.house, giving.id)
    assert stand.request(whole.id).state == RequestState.FULFILLED
    assert stand.shelf.calls["undo"] == 0
    stand.pass_time(minutes=1)
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert ("fork", "ada") in stand.shelf.things
    _gives_back(stand, whole)
    _all_gone(stand)


def test_a_taking_back_that_waits_for_long_is_told_a_human(stand: Stand) -> None:
    """Who is at it is at it for a quarter of an hour: the pauses grow, and it is alarmed as any that fails."""
    whole = _waits_for_something_else(stand)
    _gives_back(stand, _request_of(stand, "fork"))
    with stand.house.database.write() as session:
        session.get_one(Run, stand.runs(whole.id)[-1].id).state = RunState.RUNNING
    fork = _grant_of(stand, "fork")
    stand.pass_time(minutes=14)
    assert _grant_of(stand, "fork").state == GrantState.ENDING
    assert not stand.open_cases()
    stand.pass_time(minutes=3)
    assert _grant_of(stand, "fork").state == GrantState.REVOKE_FAILED
    case = stand.case()
    assert (case.why, case.grant_id) == ("revoke_failed", fork.id)
    assert len(stand.runs(fork.id)) < 12, "pauses grow"
    stand.shelf.deliver()
    with stand.house.database.write() as session:
        session.get_one(Run, stand.runs(whole.id)[-1].id).state = RunState.QUEUED
    stand.pass_time(hours=1)
    assert _grant_of(stand, "fork").state == GrantState.ENDED
    assert not stand.open_cases()
