"""What can never be done as it was asked is refused at once, and what only has to wait is not."""

from __future__ import annotations

import pytest
from tests.stand.house import Stand

from selfserve.languages.messages import Message
from selfserve.requests.plan import plan
from selfserve.requests.refusals import CannotWork
from selfserve.store.states import RequestState


@pytest.mark.parametrize("item", ["lamp", "screen"])
def test_an_ask_that_can_never_be_done_is_refused_and_nothing_is_stored(stand: Stand, item: str) -> None:
    """Neither a case nor an approver is troubled: the customer reads the plan's own sentence."""
    stand.shelf.missing.add(item)
    with pytest.raises(CannotWork, match=f"^There is no board for a {item}\\.$"):
        stand.ask("ada", item)
    assert not stand.cases()
    assert not stand.grants("ada")
    (act,) = plan(stand.house, customer_id=stand.people["ada"], item_id=item, answers={}).acts
    assert (act.blocked, act.for_good) == (f"There is no board for a {item}.", True)


def test_an_ask_that_has_to_wait_for_its_target_is_stored(stand: Stand) -> None:
    """The target is down: it waits as designed, and is done later."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    (act,) = plan(stand.house, customer_id=stand.people["ada"], item_id="lamp", answers={}).acts
    assert (act.blocked, act.for_good) == ("The system behind it does not answer at the moment.", False)
    stand.shelf.offline = False
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED


def test_the_same_ask_again_finds_what_was_stored_before_it_became_impossible(stand: Stand) -> None:
    """A program that repeats its call under the same key gets its request, whatever happened to the target since."""
    first = stand.ask("ada", "lamp", key="once")
    stand.shelf.things.clear()
    stand.shelf.missing.add("lamp")
    assert stand.ask("ada", "lamp", key="once").id == first.id


def test_what_became_impossible_before_the_decision_goes_to_a_human(stand: Stand) -> None:
    """An approver can still decide: it is not their doing, and a person tells the customer."""
    made = stand.ask("ada", "screen")
    stand.shelf.missing.add("screen")
    stand.shelf.faults = ["permanent"]
    assert stand.decide("dora", made.id) is RequestState.HANDED_OVER


def test_a_connector_that_breaks_while_it_plans_refuses_nothing(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is no reason to turn somebody away."""

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(stand.shelf, "plan", broken)
    assert stand.ask("ada", "lamp").state is RequestState.FULFILLING
    stand.work()
    assert stand.shelf.things == {("lamp", "ada")}


def test_the_error_of_a_target_is_for_staff_and_never_for_customers(stand: Stand) -> None:
    """Its address and what the machine said stand in the words for staff; the customer reads that it does not
    answer, in words that are told in their language."""
    stand.shelf.offline = True
    (act,) = plan(stand.house, customer_id=stand.people["ada"], item_id="lamp", answers={}).acts
    assert "Errno" not in f"{act.customer} {act.blocked}"
    assert isinstance(act.blocked, Message)
    assert act.staff.endswith("10.0.0.7:636 cannot be reached ([Errno 111]).")
