"""What a step changes is called by its target: a name that is known is kept, and one that is not is waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import BaseModel
from tests.stand import invariants
from tests.stand.house import Stand

from selfserve.connectors.declared import DeclaredActions
from selfserve.fulfilment import naming
from selfserve.fulfilment.house import House
from selfserve.fulfilment.revoke import revoke
from selfserve.requests import acts, desk
from selfserve.requests.submit import Submitted
from selfserve.store.states import GrantState, RequestState

FORK = "thing:fork:ada"


def _gives_back(stand: Stand, made: Submitted) -> None:
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())


def _done_by_hand_while_away(stand: Stand, who: str = "ada") -> Submitted:
    """Another item brings the fork too; the shelf is away, and staff put it there and say that they are sure."""
    stand.edit("lamp", "thing: lamp", "thing: fork")
    return _lamp_by_hand(stand, who)


def _lamp_by_hand(stand: Stand, who: str) -> Submitted:
    stand.shelf.offline = True
    made = stand.ask(who, "lamp")
    stand.pass_time(minutes=30)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={}, on_my_word=True, not_there_before=True)
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.steps(made.id)[0].resource.startswith("?")
    return made


def test_what_was_done_by_hand_while_the_target_was_away_is_kept_for_who_holds_it(stand: Stand) -> None:
    """The fork that ends asks first what the other is called: it is the same, and stays until the other ends."""
    fork = stand.ask("ada", "fork")
    lamp = _done_by_hand_while_away(stand)
    stand.shelf.offline = False
    _gives_back(stand, fork)
    stand.pass_time(hours=1)
    assert stand.steps(lamp.id)[0].resource == FORK
    assert ("fork", "ada") in stand.shelf.things
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    _gives_back(stand, lamp)
    stand.pass_time(hours=1)
    assert not stand.shelf.things
    invariants.check(stand)


def test_what_is_done_by_hand_just_after_all_were_asked_is_asked_for_as_well(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff say it between the question for names and the taking back, while nobody can tell what it is."""
    fork = stand.ask("ada", "fork")
    stand.edit("lamp", "thing: lamp", "thing: fork")
    stand.shelf.offline = True
    lamp = stand.ask("ada", "lamp")
    stand.pass_time(minutes=30)
    learn = naming.learn

    def then_by_hand(house: House, run_id: str) -> naming.Names:
        names = learn(house, run_id)
        for case in stand.open_cases():
            desk.done(stand.house, case.id, stand.people["tess"], fields={}, on_my_word=True, not_there_before=True)
            stand.shelf.offline = False
        return names

    monkeypatch.setattr(naming, "learn", then_by_hand)
    _gives_back(stand, fork)
    stand.pass_time(hours=1)
    assert stand.request(lamp.id).state == RequestState.FULFILLED
    assert ("fork", "ada") in stand.shelf.things
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    invariants.check(stand)


def test_nothing_is_taken_back_before_it_is_known_who_else_holds_it(stand: Stand) -> None:
    """The shelf takes orders and cannot say what they change: the taking back waits, and a human hears of it."""
    fork = stand.ask("ada", "fork")
    lamp = _done_by_hand_while_away(stand)
    stand.shelf.offline, stand.shelf.nameless = False, True
    _gives_back(stand, fork)
    stand.pass_time(minutes=20)
    assert ("fork", "ada") in stand.shelf.things
    assert stand.shelf.calls["undo"] == 0
    case = stand.case()
    assert case.why == "revoke_failed"
    assert "cannot say at the moment what this changes" in case.reason
    stand.shelf.nameless = False
    stand.pass_time(hours=1)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    assert not stand.open_cases()
    assert ("fork", "ada") in stand.shelf.things
    _gives_back(stand, lamp)
    stand.pass_time(hours=1)
    assert not stand.shelf.things
    invariants.check(stand)


def test_what_another_customer_holds_of_the_same_is_kept_for_them(stand: Stand) -> None:
    """One pot for all: done by hand for Ben while the shelf was away, it stays when Ada's ends."""
    stand.edit("fork", "${customer.login}", "common")
    stand.edit("lamp", "${customer.login}", "common")
    fork = stand.ask("ada", "fork")
    lamp = _done_by_hand_while_away(stand, "ben")
    stand.shelf.offline = False
    _gives_back(stand, fork)
    stand.pass_time(hours=1)
    assert ("fork", "common") in stand.shelf.things
    assert [grant.state for who in ("ada", "ben") for grant in stand.grants(who)] == ["ended", "active"]
    stand.write(acts.give_back, stand.house, lamp.name, stand.people["ben"], stand.clock())
    stand.pass_time(hours=1)
    assert not stand.shelf.things
    invariants.check(stand)


class _OtherArgs(BaseModel):
    """What an update of the connector wants to be told."""

    board: int


@pytest.mark.parametrize("order", [None, _OtherArgs], ids=["no such action", "other arguments"])
def test_what_nobody_can_compare_is_a_human_s_at_once(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, order: type[BaseModel] | None
) -> None:
    """The lamp's action was given up by an update of the connector: nothing is taken from under it, Tess reads of which
    request it is, and once the connector is mended it goes on."""
    fork = stand.ask("ada", "fork")
    stand.edit("lamp", "shelf.put", "shelf.order")
    lamp = _done_by_hand_while_away(stand)
    stand.shelf.offline = False
    updated = {name: one for name, one in stand.shelf.actions.items() if name != "order"}
    if order is not None:
        updated["order"] = replace(stand.shelf.actions["order"], args=order)
    before = stand.house.connectors._declared
    monkeypatch.setattr(stand.house.connectors, "_declared", DeclaredActions({"shelf": updated}))
    _gives_back(stand, fork)
    stand.work()
    assert stand.shelf.calls["undo"] == 0
    case = stand.case()
    assert (case.why, case.step_id) == ("revoke_failed", stand.steps(fork.id)[0].id)
    assert f"What {lamp.name} brought (thing: shelf.order) may be the same" in case.reason
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    monkeypatch.setattr(stand.house.connectors, "_declared", before)
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    assert not stand.open_cases()
    assert stand.steps(lamp.id)[0].resource == FORK
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    assert ("fork", "ada") in stand.shelf.things
    invariants.check(stand)


def test_a_day_s_work_by_hand_is_named_bit_by_bit(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shelf that takes its time for each name: no taking back holds its worker for long, each goes on where the one
    before stopped and not where it began, and it is soon over."""
    fork = stand.ask("ada", "fork")
    others = [_lamp_by_hand(stand, who) for who in ("ben", "dora", "dan", "mara", "cora", "eli", "lea")]
    stand.shelf.offline = False
    name, asked = stand.shelf.resource, list[str]()

    def slowly(action: str, args: BaseModel) -> str:
        stand.clock.forward(seconds=25)
        asked.append(name(action, args))
        return asked[-1]

    monkeypatch.setattr(stand.shelf, "resource", slowly)
    _gives_back(stand, fork)
    (run,) = stand.runs(stand.grants("ada")[0].id)
    began = stand.clock()
    revoke(stand.house, run.id)
    assert stand.clock() - began < timedelta(minutes=2)
    assert 0 < len(asked) < len(others)
    assert stand.grants("ada")[0].state == GrantState.ENDING
    stand.pass_time(minutes=5)
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert sorted(asked) == sorted({*asked})
    assert {stand.steps(one.id)[0].resource for one in others} == {*asked}
    assert not stand.open_cases()


def test_a_name_that_is_known_is_never_given_up_for_none(stand: Stand) -> None:
    """The answer is lost, and the shelf goes away: what may be there keeps its name, and is left to whoever has it."""
    stand.edit("lamp", "thing: lamp", "thing: fork")
    stand.shelf.faults = ["answer_lost"]
    made = stand.ask("ada", "fork")
    stand.shelf.offline = True
    stand.pass_time(minutes=30)
    (step,) = stand.steps(made.id)
    assert (step.resource, stand.request(made.id).state) == (FORK, RequestState.HANDED_OVER)
    stand.shelf.offline = False
    lamp = stand.ask("ada", "lamp")
    stand.pass_time(minutes=5)
    assert stand.request(lamp.id).state == RequestState.FULFILLED
    stand.write(acts.cancel, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.pass_time(hours=1)
    assert ("fork", "ada") in stand.shelf.things
    _gives_back(stand, lamp)
    stand.pass_time(hours=1)
    assert not stand.shelf.things
    invariants.check(stand)


def test_nothing_is_sent_before_it_is_known_what_it_changes(stand: Stand) -> None:
    """A shelf that cannot say it is tried again, and is a human's in the end."""
    stand.shelf.nameless = True
    made = stand.ask("ada", "fork")
    stand.pass_time(minutes=1)
    assert stand.shelf.calls["put"] == 0
    assert stand.request(made.id).state == RequestState.FULFILLING
    stand.shelf.nameless = False
    stand.pass_time(minutes=5)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.steps(made.id)[0].resource == FORK


def test_what_was_ordered_where_no_target_is_known_is_extended_as_one_thing(stand: Stand) -> None:
    """Asked for at a process that knows no target, extended at one that does: one grant with two reasons."""
    elsewhere = stand.again("two")
    object.__setattr__(elsewhere.house, "works", False)
    made = elsewhere.ask("ada", "lamp")
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    stand.clock.forward(days=2)
    acts.extend(stand.house, made.name, stand.people["ada"], {})
    stand.work()
    (grant,) = stand.grants("ada")
    assert grant.state == GrantState.ACTIVE
    assert grant.item_id == "lamp"


def test_a_case_of_a_taking_back_is_about_nothing_else_that_is_held(stand: Stand) -> None:
    """The shelf is still away when the fork is to go: what Tess says about the fork says nothing of the lamp."""
    fork = stand.ask("ada", "fork")
    lamp = _done_by_hand_while_away(stand)
    _gives_back(stand, fork)
    stand.pass_time(minutes=20)
    case = stand.case()
    assert (case.why, case.step_id) == ("revoke_failed", stand.steps(fork.id)[0].id)
    desk.done(stand.house, case.id, stand.people["tess"], fields={}, on_my_word=True)
    stand.work()
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED, GrantState.ACTIVE]
    assert stand.steps(lamp.id)[0].ours


def test_the_same_words_for_another_thing_are_another_grant(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group got the name of another: what was asked for with the same words is not the same, and ends by itself."""
    lamp = stand.ask("ada", "lamp")
    monkeypatch.setattr(stand.shelf, "resource", lambda action, args: "thing:another")
    again = stand.ask("ada", "lamp", {"reason": "Another."})
    assert again.id != lamp.id
    assert len(stand.grants("ada")) == 2


def test_what_the_target_has_not_yet_is_asked_for_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody of that name at the first call, which fails; once there is, it is known by its name."""
    elsewhere = stand.again("two")
    object.__setattr__(elsewhere.house, "works", False)
    made = elsewhere.ask("ada", "fork")
    stand.shelf.faults = ["permanent"]
    with monkeypatch.context() as nobody:
        nobody.setattr(stand.shelf, "resource", lambda action, args: "?nobody")
        stand.work()
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.steps(made.id)[0].resource.startswith("?")
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    assert stand.steps(made.id)[0].resource == FORK


def test_words_that_mean_another_thing_today_take_nothing_away(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer was lost, so nothing but the words is known of what was given; another got that name since. Which
    of both is meant is a human's to say, and once the words mean the first again it goes on."""
    stand.shelf.faults = ["answer_lost"]
    fork = stand.ask("ada", "fork")
    stand.pass_time(minutes=5)
    (step,) = stand.steps(fork.id)
    assert (step.resource, step.target_state, step.ours) == (FORK, {}, True)
    with monkeypatch.context() as today:
        today.setattr(stand.shelf, "resource", lambda action, args: "thing:another")
        _gives_back(stand, fork)
        stand.work()
        assert stand.shelf.calls["undo"] == 0
        case = stand.case()
        assert case.why == "revoke_failed"
        assert f"they mean another thing today: {FORK} then, thing:another now" in case.reason
    stand.pass_time(hours=1)
    assert not stand.open_cases()
    assert not stand.shelf.things
    invariants.check(stand)
