"""Hard case 5: killed after the effect and before the record, answers lost, steps that fail for good."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stand.house import Stand
from tests.stand.shelf import Killed

from selfserve.fulfilment import leases
from selfserve.fulfilment.fulfil import fulfil
from selfserve.fulfilment.runs import Claim, hold, remembering
from selfserve.fulfilment.steps import LosesClaim
from selfserve.requests import desk
from selfserve.requests.reconcile import reconcile
from selfserve.store.states import GrantState, RequestState, RunState, StepState
from selfserve.store.tables import ExecutorLease, Request


def _killed(stand: Stand, item: str, fault: str) -> Request:
    """Somebody asks, and the process dies at its first call."""
    stand.shelf.faults = [fault]
    with pytest.raises(Killed):
        stand.ask("ada", item)
    with stand.house.database.read() as session:
        return session.scalars(sa.select(Request)).one()


def test_killed_after_the_effect_is_found_done_and_not_done_twice(stand: Stand) -> None:
    """After the restart the look finds it: one effect, ours, with grant, end and timer."""
    request = _killed(stand, "lamp", "killed_after")
    assert request.state == RequestState.FULFILLING
    assert stand.grants("ada")[0].state == GrantState.PROMISED

    other = stand.again("two")
    assert leases.sweep(other.house) == 1
    other.work()

    assert stand.request(request.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1
    (step,) = stand.steps(request.id)
    assert (step.state, step.ours) == (StepState.DONE, True)
    (grant,) = stand.grants("ada")
    assert grant.state == GrantState.ACTIVE
    assert grant.ends_at is not None


def test_a_process_that_stood_still_remembers_nothing_and_so_sends_nothing(stand: Stand) -> None:
    """Its run was taken over: what it looked at before it stood still is no longer what is there."""
    request = _killed(stand, "lamp", "killed_before")
    stale = Claim(stand.runs(request.id)[0].id, stand.runs(request.id)[0].claim)
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    (step,) = stand.steps(request.id)
    with pytest.raises(LosesClaim):
        remembering(stand.house, stale)(step.id, {"before": ["stale"]})
    assert stand.steps(request.id)[0].target_state == step.target_state


def test_killed_before_the_effect_is_done_once(stand: Stand) -> None:
    """Nothing was sent; the second process sends it."""
    request = _killed(stand, "lamp", "killed_before")
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    assert stand.request(request.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_what_was_killed_is_taken_back_at_its_end_all_the_same(stand: Stand) -> None:
    """The obligation was stored before the gift."""
    _killed(stand, "lamp", "killed_after")
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])
    stand.work()
    assert not stand.shelf.things


def test_a_client_that_asks_again_after_the_crash_gets_the_same_request(stand: Stand) -> None:
    """It never got an answer, so it sends again, to another process."""
    request = _killed(stand, "lamp", "killed_after")
    assert stand.again("two").ask("ada", "lamp").id == request.id
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_a_one_off_that_cannot_be_read_is_never_sent_twice(stand: Stand) -> None:
    """Killed while a password was made: the machine does not make another; after its patience a person looks."""
    request = _killed(stand, "password", "killed_after")
    other = stand.again("two")
    leases.sweep(other.house)
    other.pass_time(minutes=40)

    assert stand.shelf.calls["word"] == 1
    assert stand.request(request.id).state == RequestState.HANDED_OVER
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    other.work()
    assert stand.shelf.calls["word"] == 2, "a person who looked may have it sent again"
    assert stand.request(request.id).state == RequestState.FULFILLED


def test_a_wipe_is_never_sent_again_by_machine(stand: Stand) -> None:
    """Killed, or answer lost: a person looks first, at once."""
    request = _killed(stand, "wipe", "killed_after")
    other = stand.again("two")
    leases.sweep(other.house)
    other.pass_time(hours=2)
    assert stand.shelf.calls["wipe"] == 1
    assert stand.request(request.id).state == RequestState.HANDED_OVER
    assert stand.case().why == "needs_human"


def test_an_idempotent_one_off_may_be_sent_again(stand: Stand) -> None:
    """The target itself refuses to ring twice for one key."""
    request = _killed(stand, "bell", "killed_before")
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    assert stand.request(request.id).state == RequestState.FULFILLED


def test_a_one_off_that_plainly_was_not_done_is_tried_again(stand: Stand) -> None:
    """The target was busy and said so: that is no doubt, so the machine goes on by itself."""
    stand.shelf.faults = ["transient", "transient"]
    made = stand.ask("ada", "password")
    assert made.state is RequestState.FULFILLING
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert not stand.cases()


def test_doubtful_one_offs_do_not_close_the_circuit_for_others(stand: Stand) -> None:
    """That a password cannot be read is its nature and says nothing about the target."""
    _killed(stand, "password", "killed_after")
    other = stand.again("two")
    leases.sweep(other.house)
    other.pass_time(minutes=10)
    assert stand.house.connectors.resting() == []
    assert stand.ask("ben", "lamp").state is RequestState.FULFILLED


def test_a_lost_answer_is_confirmed_by_a_look(stand: Stand) -> None:
    """Sent, no answer: seen to be there, one effect, one entry, ours."""
    stand.shelf.faults = ["answer_lost"]
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    stand.pass_time(minutes=1)

    assert stand.request(made.id).state == RequestState.FULFILLED
    assert (stand.shelf.calls["put"], stand.shelf.effects[("lamp", "ada")]) == (1, 1)
    assert stand.steps(made.id)[0].ours
    assert stand.kinds(f"request:{made.id}").count("step.done") == 1


def test_a_lost_order_is_sent_once_more(stand: Stand) -> None:
    """Sent, no answer, and not there: then it is sent again."""
    stand.shelf.faults = ["lost"]
    made = stand.ask("ada", "lamp")
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_a_200_that_lies_is_not_believed(stand: Stand) -> None:
    """Hard case 16: it said done and shows nothing: not fulfilled before it was seen; tried again; else a person."""
    stand.shelf.faults = ["lies"] * 40
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    assert stand.grants("ada")[0].state == GrantState.PROMISED
    stand.pass_time(minutes=20)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert "does not show it" in stand.case().reason


def test_step_two_failing_for_good_keeps_step_one_and_says_so(stand: Stand) -> None:
    """Partly done: which part is told, and staff retry from step two only."""
    stand.shelf.faults = ["", "permanent"]
    made = stand.ask("ada", "set")
    assert made.state is RequestState.HANDED_OVER
    assert [step.state for step in stand.steps(made.id)] == [StepState.DONE, StepState.FAILED, StepState.PLANNED]
    assert stand.event(f"request:{made.id}", "request.handed_over").data["steps_there"] == 1
    assert stand.grants("ada")[0].state == GrantState.ACTIVE, "what is there is held, with an end"

    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects == {(thing, "ada"): 1 for thing in ("plate", "fork", "cup")}
    assert not stand.open_cases()


def test_step_two_failing_for_good_can_be_taken_back_wholly(stand: Stand) -> None:
    """Staff say that it cannot be done and take step one back: seen to be gone."""
    stand.shelf.faults = ["", "permanent"]
    made = stand.ask("ada", "set")
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="There are no forks.", take_back=True)
    assert stand.request(made.id).state == RequestState.FAILED
    assert stand.grants("ada")[0].state == GrantState.ENDING
    stand.work()
    assert not stand.shelf.things
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_step_two_failing_for_good_can_be_left_partly_done(stand: Stand) -> None:
    """The customer keeps the plate, reads why there is no fork, and the plate still ends at its time."""
    stand.shelf.faults = ["", "permanent"]
    made = stand.ask("ada", "set")
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="There are no forks.")
    assert stand.request(made.id).state == RequestState.PARTLY_FULFILLED
    assert stand.request(made.id).words == "There are no forks."
    assert stand.shelf.things == {("plate", "ada")}
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])
    stand.work()
    assert not stand.shelf.things


def test_killed_in_step_two_goes_on_from_step_two(stand: Stand) -> None:
    """Step one is recorded before step two is sent."""
    stand.shelf.faults = ["", "killed_after"]
    with pytest.raises(Killed):
        stand.ask("ada", "set")
    other = stand.again("two")
    leases.sweep(other.house)
    other.work()
    assert stand.shelf.effects == {(thing, "ada"): 1 for thing in ("plate", "fork", "cup")}
    assert stand.shelf.calls["put"] == 3
    assert stand.grants("ada")[0].state == GrantState.ACTIVE


def test_a_connector_that_raises_loses_no_run(stand: Stand) -> None:
    """A bug in a connector is a failed try, told to staff after the patience, and the customer gets an answer."""
    stand.shelf.faults = ["raise"]
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED


def test_a_connector_that_raises_while_looking_is_no_refusal(stand: Stand) -> None:
    """The ask is stored all the same; the queue sees to it."""
    stand.shelf.looks = ["raise"]
    made = stand.ask("ada", "lamp")
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_a_secret_survives_a_look_that_raises(stand: Stand) -> None:
    """The password was made; that the look after it broke must not lose it."""
    stand.shelf.looks = ["", "raise"]
    made = stand.ask("ada", "password")
    assert stand.request(made.id).sealed is not None


def test_a_zombie_writes_nothing(stand: Stand) -> None:
    """Stopped in the middle, taken over, continued: the second finishes, the first loses its claim."""
    zombie = stand.again("zombie")
    other = stand.again("two")

    def taken_over() -> None:
        stand.shelf.before_apply = None
        with other.house.database.write() as session:
            session.execute(sa.delete(ExecutorLease))
        leases.sweep(other.house)
        other.work()

    stand.shelf.before_apply = taken_over
    made = zombie.ask("ada", "lamp")

    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1
    assert stand.kinds(f"request:{made.id}").count("request.fulfilled") == 1
    assert stand.event(f"request:{made.id}", "request.fulfilled").data["executor"] == "two"


def test_a_claim_that_was_lost_is_refused(stand: Stand) -> None:
    """Whoever holds an old claim may not write."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    run = stand.runs(made.id)[0]
    with stand.house.database.write() as session, pytest.raises(LosesClaim):
        hold(session, Claim(run.id, "an old token"))


def test_an_order_delivered_twice_works_once(stand: Stand) -> None:
    """The engine may start a task again at any moment."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    run = stand.runs(made.id)[-1]
    stand.clock.forward(minutes=1)
    fulfil(stand.house, run.id)
    fulfil(stand.house, run.id)
    assert stand.kinds(f"request:{made.id}").count("request.fulfilled") == 1
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_a_first_attempt_that_could_not_be_written_down_is_not_lost(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away for the last write, the process lives on: the run is taken up by the queue all the same."""
    from selfserve.fulfilment import fulfil as module

    def broken(*_: object) -> RequestState:
        raise RuntimeError("the store went away")

    with monkeypatch.context() as patch:
        patch.setattr(module, "conclude", broken)
        made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects[("lamp", "ada")] == 1


def test_a_first_attempt_that_stands_far_too_long_is_taken_over_from_the_living(stand: Stand) -> None:
    """Its process beats its lease, but the thread is gone: nothing waits for ever."""
    request = _killed(stand, "lamp", "killed_after")
    assert leases.sweep(stand.house) == 0
    stand.clock.forward(minutes=10)
    assert leases.sweep(stand.house) == 1
    stand.work()
    assert stand.request(request.id).state == RequestState.FULFILLED


def test_a_run_the_engine_lost_is_ordered_again(stand: Stand) -> None:
    """In our rows it is open, in the engine it failed: the hour finds it and it is finished."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    assert len(stand.runs(made.id)) == 2
    stand.house.engine.client.cancel_workflows([f"fulfil:{made.id}:2"])
    stand.clock.forward(minutes=6)
    found = reconcile(stand.house)
    assert found.lost_runs == [f"fulfil:{made.id}:2"]
    assert stand.runs(made.id)[1].state == RunState.STOPPED
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert not reconcile(stand.house).any


def test_the_circuit_being_open_sends_nothing_and_waits(stand: Stand) -> None:
    """A target that rests is left in peace; the ask is stored, and done when it is back."""
    stand.shelf.offline = True
    first = stand.ask("ada", "lamp")
    stand.pass_time(minutes=5)
    assert stand.house.connectors.resting() == ["shelf"]
    calls = stand.shelf.calls["put"]
    second = stand.ask("ben", "lamp")
    assert second.state is RequestState.FULFILLING
    assert stand.shelf.calls["put"] == calls
    stand.shelf.offline = False
    stand.pass_time(minutes=9)
    assert stand.request(first.id).state == RequestState.FULFILLED
    assert stand.request(second.id).state == RequestState.FULFILLED
    assert stand.shelf.effects == {("lamp", "ada"): 1, ("lamp", "ben"): 1}
