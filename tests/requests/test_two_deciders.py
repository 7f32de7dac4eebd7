"""Hard case 2: two approvers at once, and approve against deny: one transition, and the loser is told who and when.

`second` is a house of its own upon the same store, in this process; between real ones it is in
`tests/app/test_two_processes.py`.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.stand.house import Stand

from selfserve.requests import acts
from selfserve.requests.decide import Say
from selfserve.requests.refusals import AlreadyDecided, NotPossible, Refusal
from selfserve.store.states import GrantState, RequestState, StageState
from selfserve.store.tables import Decision


def _at_once(*acts_: object) -> list[object]:
    gate = threading.Barrier(len(acts_))

    def go(act: object) -> object:
        gate.wait()
        try:
            return act()  # type: ignore[operator]
        except Refusal as refused:
            return refused

    with ThreadPoolExecutor(len(acts_)) as threads:
        return list(threads.map(go, acts_))


def _decisions(stand: Stand) -> list[Decision]:
    with stand.house.database.read() as session:
        return list(session.query(Decision).all())


def test_two_approvers_at_once_make_one_run(stand: Stand, second: Stand) -> None:
    """One approval counts; the other is told by whom and when it was decided."""
    made = stand.ask("ada", "screen")
    told = _at_once(lambda: stand.decide("dora", made.id), lambda: second.decide("dan", made.id))

    (lost,) = [each for each in told if isinstance(each, AlreadyDecided)]
    (decision,) = _decisions(stand)
    assert lost.by == {stand.people["dora"]: "Dora Fern", stand.people["dan"]: "Dan Fern"}[decision.person_id]
    assert lost.at == stand.clock()
    assert lost.by in str(lost)
    assert len(stand.runs(made.id)) == 1
    assert stand.shelf.effects[("screen", "ada")] == 1
    (grant,) = stand.grants("ada")
    assert (grant.state, grant.timers) == (GrantState.ACTIVE, 1)


@pytest.mark.parametrize("turn", range(6))
def test_approve_against_deny_is_one_of_both(stand: Stand, second: Stand, turn: int) -> None:
    """Whoever is first wins wholly: nothing is ever both denied and there."""
    made = stand.ask("ada", "screen")
    told = _at_once(
        lambda: stand.decide("dora", made.id),
        lambda: second.decide("dan", made.id, Say.DENY, f"No, {turn}"),
    )

    assert sum(isinstance(each, AlreadyDecided) for each in told) == 1
    request, there = stand.request(made.id), ("screen", "ada") in stand.shelf.things
    assert (request.state, there) in {(RequestState.FULFILLED, True), (RequestState.DENIED, False)}
    assert len(_decisions(stand)) == 1


@pytest.mark.parametrize("turn", range(6))
def test_a_decision_against_the_customer_s_cancel_is_one_of_both(stand: Stand, second: Stand, turn: int) -> None:
    """Cancelled and approved in the same moment: no deadlock, and nothing is given to who cancelled first."""
    made = stand.ask("ada", "screen", key=str(turn))

    def cancel() -> object:
        with second.house.database.write() as session:
            return acts.cancel(session, second.house, made.name, stand.people["ada"], stand.clock())

    told = _at_once(lambda: stand.decide("dora", made.id), cancel)

    assert sum(isinstance(each, Refusal) for each in told) == 1
    request, there = stand.request(made.id), ("screen", "ada") in stand.shelf.things
    assert (request.state, there) in {(RequestState.FULFILLED, True), (RequestState.CANCELLED, False)}
    assert stand.stage_of(made.id).state in (StageState.APPROVED, StageState.CANCELLED)


def test_the_later_one_is_told_who_was_first_and_when(stand: Stand) -> None:
    """An hour later, over an old page."""
    made = stand.ask("ada", "screen")
    stand.decide("dora", made.id, Say.DENY, "There are none left.")
    decided_at = stand.clock()
    stand.clock.forward(hours=1)

    with pytest.raises(AlreadyDecided) as late:
        stand.decide("dan", made.id)
    assert (late.value.by, late.value.at, late.value.approved) == ("Dora Fern", decided_at, False)
    assert stand.request(made.id).state == RequestState.DENIED


def test_two_approvals_of_the_same_thing_at_once_share_one_grant(stand: Stand, second: Stand) -> None:
    """Two requests for one thing with different ends, approved in the same moment by two processes."""
    one = stand.ask("ada", "desk", {"until": "2027-04-01"})
    other = stand.ask("ada", "desk", {"until": "2027-05-01"})
    told = _at_once(lambda: stand.decide("mara", one.id), lambda: second.decide("mara", other.id))

    assert told == [RequestState.FULFILLED, RequestState.FULFILLED]
    assert len(stand.grants("ada")) == 1
    assert stand.shelf.effects[("desk", "ada")] == 1


def test_a_denial_and_a_question_need_words(stand: Stand) -> None:
    """A denial without a reason helps nobody."""
    made = stand.ask("ada", "screen")
    for say in (Say.DENY, Say.ASK):
        with pytest.raises(Refusal):
            stand.decide("dora", made.id, say, "  ")
    assert stand.request(made.id).state == RequestState.AWAITING_APPROVAL


def test_words_that_cannot_be_stored_are_refused_in_a_sentence(stand: Stand) -> None:
    """A NUL from a broken client is an answer to the person, not a failure of the server."""
    made = stand.ask("ada", "screen")
    with pytest.raises(Refusal):
        stand.decide("dora", made.id, Say.DENY, "no\x00pe")


def test_a_decision_after_the_time_is_over_is_refused_and_ends_it(stand: Stand) -> None:
    """The timer may be late; the due time is not."""
    made = stand.ask("ada", "screen")
    stand.clock.forward(days=7)
    with pytest.raises(NotPossible):
        stand.decide("dora", made.id)
    assert stand.request(made.id).state == RequestState.EXPIRED
    assert not stand.shelf.things
