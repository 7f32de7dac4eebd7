"""The desk: one person at a time, three exits, each looked at before it is believed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.stand.house import Stand

from selfserve.fulfilment import escalation
from selfserve.requests import acts, desk, story
from selfserve.requests.case_rows import desk as listed
from selfserve.requests.reconcile import find_lost, reconcile
from selfserve.requests.refusals import NotAllowed, NotFound, NotPossible, Refusal, Unfit
from selfserve.requests.submit import submit
from selfserve.store.states import EscalationState, Exit, GrantState, RequestState, StepState

FIELDS = {"serial": "SN-1", "word": "first-word-77"}


def _broken(stand: Stand) -> str:
    """A lamp that needs a person; returns the request's id."""
    stand.shelf.faults = ["permanent"]
    return stand.ask("ada", "lamp").id


def test_the_second_to_take_a_case_is_told_who_has_it(stand: Stand) -> None:
    """Taking it again oneself is fine; the customer reads that somebody is at it."""
    made = _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    desk.take(stand.house, case.id, stand.people["tess"])
    with pytest.raises(NotPossible, match="Tess Fern"):
        desk.take(stand.house, case.id, stand.people["theo"])
    assert stand.kinds(f"request:{made}").count("request.taken") == 1


def test_nobody_acts_on_what_a_colleague_is_at(stand: Stand) -> None:
    """Retry, done and cannot name who is at it, since when, and what to do; nothing changes by them."""
    made = _broken(stand)
    case, theo = stand.case(), stand.people["theo"]
    desk.take(stand.house, case.id, stand.people["tess"])
    stand.clock.forward(minutes=5)
    tries: tuple[Callable[[], None], ...] = (
        lambda: desk.take(stand.house, case.id, theo),
        lambda: desk.retry(stand.house, case.id, theo),
        lambda: desk.done(stand.house, case.id, theo, fields={}, on_my_word=True),
        lambda: desk.cannot(stand.house, case.id, theo, words="No."),
        lambda: desk.hand_on(stand.house, case.id, theo, team="leads", words="Yours?"),
    )
    for act in tries:
        with pytest.raises(NotPossible) as refused:
            act()
        assert str(refused.value) == "Tess Fern has been at it since Monday 1 March, 09:00 UTC. Take it over first."
    assert stand.case().taken_by_id == stand.people["tess"]
    assert stand.request(made).state == RequestState.HANDED_OVER


def test_a_case_is_taken_over_by_saying_so(stand: Stand) -> None:
    """Theo has it then and may close it; Tess is told, the customer reads who looks after it."""
    made = _broken(stand)
    case, theo = stand.case(), stand.people["theo"]
    desk.take(stand.house, case.id, stand.people["tess"])
    desk.take_over(stand.house, case.id, theo)
    assert stand.case().taken_by_id == theo
    assert "Theo Fern took over a case of yours" in stand.notices("tess")
    assert stand.event(f"request:{made}", "request.taken").data["by"] == "Theo"
    assert stand.event(f"escalation:{case.id}", "escalation.taken").data == {"from": stand.people["tess"]}
    with pytest.raises(NotPossible, match="Theo Fern"):
        desk.cannot(stand.house, case.id, stand.people["tess"], words="No.")
    desk.cannot(stand.house, case.id, theo, words="There are none.")
    assert not stand.open_cases()


def test_whoever_acts_on_a_free_case_has_it(stand: Stand) -> None:
    """No press of "take" is needed: who closes it is who had it."""
    _broken(stand)
    case = stand.case()
    desk.cannot(stand.house, case.id, stand.people["theo"], words="There are none.")
    (closed,) = stand.cases()
    assert (closed.taken_by_id, closed.closed_by_id) == (stand.people["theo"],) * 2
    assert closed.taken_at == stand.clock()
    assert stand.kinds(f"escalation:{case.id}") == ["escalation.opened", "escalation.taken", "escalation.cannot"]


def test_a_colleague_s_case_comes_free_when_they_leave(stand: Stand) -> None:
    """Tess left: Theo may act at once, without taking over."""
    _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    stand.change("tess", disabled=True)
    desk.cannot(stand.house, case.id, stand.people["theo"], words="There are none.")
    assert not stand.open_cases()


def test_a_case_goes_to_another_team_with_a_word(stand: Stand) -> None:
    """Nobody's and due by that team's promise; its members and mailbox are told, colleagues read the word, the customer
    where it waits."""
    made = _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    stand.clock.forward(hours=1)
    desk.hand_on(stand.house, case.id, stand.people["tess"], team="designers", words="It is a design lamp.")
    moved = stand.case()
    assert (moved.team, moved.state, moved.taken_by_id) == ("designers", EscalationState.OPEN, None)
    assert moved.due_at == stand.clock() + timedelta(hours=1)
    assert moved.reason.endswith("Tess Fern: It is a design lamp.")
    for who in ("dora", "dan"):
        assert "Tess Fern hands you a case" in stand.notices(who)
    with stand.house.database.read() as session:
        request = stand.request(made)
        told = [line.title for line in story.story(session, stand.house, request, stand.people["ada"]).lines]
    assert "It waits with Design tools now" in told
    assert request.promised_at == moved.due_at
    assert "design lamp" not in repr(told)
    stand.clock.forward(hours=1)
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "void"
    assert stand.write(escalation.rise, stand.house, case.id, 1, stand.clock()) == "rose"
    assert stand.case().team == "techops"


WORDLESS = "Tell the other team in a sentence why it comes to them."


@pytest.mark.parametrize(
    ("team", "words", "told"),
    [
        ("moon", "x", {"_team": "There is no such team."}),
        ("techops", "x", {"_team": "TechOps has this case already."}),
        ("leads", " ", {"_words": WORDLESS}),
        ("", "", {"_team": "Choose a team.", "_words": WORDLESS}),
    ],
)
def test_a_case_is_not_handed_to_nowhere_nor_without_a_word(
    stand: Stand, team: str, words: str, told: dict[str, str]
) -> None:
    """Refused beside the field that is wrong; the case stays where it is."""
    _broken(stand)
    with pytest.raises(Unfit) as refused:
        desk.hand_on(stand.house, stand.case().id, stand.people["tess"], team=team, words=words)
    assert refused.value.errors == told
    assert (stand.case().team, stand.case().level) == ("techops", 0)


def test_nobody_looks_after_their_own_request(stand: Stand) -> None:
    """Not as customer, not as who asked for them, not by a second account; having it tried again is fine."""
    stand.change("tess", manager_id=stand.people["lea"])
    stand.change("ben", human="42")
    stand.change("theo", human="42")
    stand.shelf.faults = ["permanent"] * 2
    submit(stand.house, customer_id=stand.people["tess"], asked_by_id=stand.people["lea"], item_id="lamp", answers={})
    stand.ask("ben", "lamp")
    first, second = stand.open_cases()
    for case, who in ((first, "tess"), (first, "lea"), (second, "theo")):
        me = stand.people[who]
        tries: tuple[Callable[[], None], ...] = (
            lambda case=case, me=me: desk.take(stand.house, case.id, me),  # type: ignore[misc]
            lambda case=case, me=me: desk.take_over(stand.house, case.id, me),  # type: ignore[misc]
            lambda case=case, me=me: desk.done(stand.house, case.id, me, fields={}, on_my_word=True),  # type: ignore[misc]
            lambda case=case, me=me: desk.cannot(stand.house, case.id, me, words="No."),  # type: ignore[misc]
            lambda case=case, me=me: desk.hand_on(stand.house, case.id, me, team="leads", words="x"),  # type: ignore[misc]
        )
        for act in tries:
            with pytest.raises(NotPossible, match="your own"):
                act()
    desk.retry(stand.house, first.id, stand.people["tess"])
    assert [case.taken_by_id for case in stand.cases()] == [None, None]
    stand.work()
    assert [case.id for case in stand.open_cases()] == [second.id]


def test_nobody_says_that_their_own_access_is_gone(stand: Stand) -> None:
    """A taking back that fails is a case about Tess's own grant: only a colleague may say that it was done by hand."""
    made = stand.ask("tess", "lamp")
    stand.write(acts.give_back, stand.house, made.name, stand.people["tess"], stand.clock())
    stand.shelf.faults = ["permanent"]
    stand.work(1)
    case = stand.case()
    assert case.grant_id is not None
    with pytest.raises(NotPossible, match="your own"):
        desk.done(stand.house, case.id, stand.people["tess"], fields={}, on_my_word=True)
    assert stand.shelf.things == {("lamp", "tess")}
    stand.shelf.things.clear()
    desk.done(stand.house, case.id, stand.people["theo"], fields={})
    stand.work()
    assert stand.grants("tess")[0].state == GrantState.ENDED


def test_nobody_gives_up_their_own_undecidable_request(stand: Stand) -> None:
    """Nobody can decide Tess's request: she may have somebody looked for, and leaves the rest to a colleague."""
    stand.change("tess", department="Design", manager_id=None)
    for who in ("theo", "lea"):
        stand.change(who, human="tess-too")
    stand.change("tess", human="tess-too")
    made = stand.ask("tess", "desk")
    case = stand.case()
    assert case.why == "no_approver"
    with pytest.raises(NotPossible, match="your own"):
        desk.cannot(stand.house, case.id, stand.people["tess"], words="Never mind.")
    with pytest.raises(NotPossible, match="still nobody"):
        desk.retry(stand.house, case.id, stand.people["tess"])
    desk.cannot(stand.house, case.id, stand.people["dora"], words="Nobody can decide it.")
    assert stand.request(made.id).state == RequestState.FAILED


def test_two_who_take_at_once_are_one(stand: Stand, second: Stand) -> None:
    """Two processes, two people: one has it."""
    _broken(stand)
    case, gate = stand.case(), threading.Barrier(2)

    def take(pair: tuple[Stand, str]) -> bool:
        gate.wait()
        try:
            desk.take(pair[0].house, case.id, pair[0].people[pair[1]])
        except NotPossible:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(take, [(stand, "tess"), (second, "theo")])) == [False, True]


@pytest.mark.parametrize("turn", range(4))
def test_staff_and_customer_at_once_do_not_stand_in_each_other_s_way(stand: Stand, second: Stand, turn: int) -> None:
    """Taken and cancelled in the same moment, in two processes: no deadlock, both told the truth."""
    made = _broken(stand)
    case, gate = stand.case(), threading.Barrier(3)

    def go(act: object) -> object:
        gate.wait()
        try:
            return act()  # type: ignore[operator]
        except Refusal as refused:
            return refused

    name, me, now = stand.request(made).name, stand.people["ada"], stand.clock()
    with ThreadPoolExecutor(3) as threads:
        list(
            threads.map(
                go,
                [
                    lambda: desk.take(stand.house, case.id, stand.people["tess"]),
                    lambda: second.write(acts.cancel, second.house, name, me, now),
                    lambda: desk.retry(second.house, case.id, stand.people["theo"]),
                ],
            )
        )
    assert stand.request(made).state in (RequestState.CANCELLED, RequestState.FULFILLING)
    left = [case.state for case in stand.open_cases()]
    assert left == ([] if stand.request(made).state == RequestState.CANCELLED else [EscalationState.RETRYING])


def test_a_case_of_somebody_who_left_is_free_again(stand: Stand) -> None:
    """Taken by Tess, who is gone: another may take it, and past its time it rises."""
    _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    stand.change("tess", disabled=True)
    stand.clock.forward(hours=5)
    assert reconcile(stand.house).unattended == [case.id]
    risen = stand.case()
    assert (risen.state, risen.taken_by_id, risen.team, risen.level) == (EscalationState.OPEN, None, "leads", 1)
    desk.take(stand.house, case.id, stand.people["lea"])
    stand.change("lea", disabled=True)
    desk.take(stand.house, case.id, stand.people["theo"])
    assert stand.case().taken_by_id == stand.people["theo"]


def test_an_unattended_case_rises_each_time_and_one_just_taken_does_not(stand: Stand) -> None:
    """After its time to the team above, told; an old timer does nothing."""
    _broken(stand)
    case = stand.case()
    stand.clock.forward(hours=4)
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "rose"
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "void"
    assert stand.case().team == "leads"
    assert "Nobody has taken this yet" in stand.notices("lea")
    desk.take(stand.house, case.id, stand.people["lea"])
    assert stand.write(escalation.rise, stand.house, case.id, 1, stand.clock()) == "void"


def test_a_timer_that_fires_a_little_early_waits_for_the_rest(stand: Stand) -> None:
    """On a machine whose clock is behind that of the one which set it: the case rises when it is time, and not at the
    next look for what was lost. It may be early more than once."""
    _broken(stand)
    case = stand.case()

    def timers() -> list[str]:
        found = stand.house.engine.client.list_workflows(status="DELAYED", name=escalation.RISE)
        return [one.workflow_id for one in found if case.id in one.workflow_id]

    for early, ordered in ((30, 2), (12, 3), (0.5, 4)):
        stand.clock.time = case.rises_at - timedelta(seconds=early)
        assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "early"
        assert len(timers()) == ordered
        assert stand.case().team == case.team
    stand.clock.time = case.rises_at
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "rose"
    for _ in range(3):
        assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "void"
    assert stand.notices("lea").count("Nobody has taken this yet") == 1


def test_a_timer_of_before_a_case_was_put_off_is_not_set_anew(stand: Stand) -> None:
    """What fires long before its time is about another one."""
    _broken(stand)
    case = stand.case()
    stand.clock.time = case.rises_at - timedelta(seconds=31)
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "void"


def test_a_case_that_was_taken_and_forgotten_reminds_its_holder_and_then_rises(stand: Stand) -> None:
    """When it is due, and as long again afterwards; the time that was promised stays as it was said."""
    _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    due = case.due_at
    stand.clock.time = due
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "reminded"
    assert stand.notices("tess").count("A case of yours is due") == 1
    assert "A case of yours is due" not in stand.notices("theo")
    held = stand.case()
    assert (held.taken_by_id, held.due_at) == (stand.people["tess"], due)
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "void"
    stand.clock.time = held.rises_at
    assert held.rises_at - due == due - case.opened_at
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "rose"
    risen = stand.case()
    assert (risen.team, risen.state, risen.taken_by_id) == ("leads", EscalationState.OPEN, None)
    assert "This was taken long ago and is still open" in stand.notices("lea")


def test_who_takes_over_after_a_reminder_has_time_of_their_own(stand: Stand) -> None:
    """They are reminded themselves before it rises."""
    _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    stand.clock.time = case.due_at
    stand.write(escalation.rise, stand.house, case.id, 0, stand.clock())
    stand.clock.forward(minutes=1)
    desk.take_over(stand.house, case.id, stand.people["theo"])
    stand.clock.time = stand.case().rises_at
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "reminded"
    assert "A case of yours is due" in stand.notices("theo")
    stand.clock.time = stand.case().rises_at
    assert stand.write(escalation.rise, stand.house, case.id, 0, stand.clock()) == "rose"


def test_a_forgotten_case_whose_timer_was_lost_is_found(stand: Stand) -> None:
    """By the look of every minute: first its holder hears of it, then the team above."""
    _broken(stand)
    case = stand.case()
    desk.take(stand.house, case.id, stand.people["tess"])
    stand.clock.forward(hours=4, minutes=6)
    assert find_lost(stand.house).unattended == [case.id]
    assert not find_lost(stand.house).unattended
    assert stand.case().taken_by_id == stand.people["tess"]
    stand.clock.forward(hours=4, minutes=6)
    assert find_lost(stand.house).unattended == [case.id]
    assert stand.case().team == "leads"


def test_done_by_hand_is_looked_at_first(stand: Stand) -> None:
    """The shelf does not show it: refused; then it does: done, ours, held with an end."""
    made = _broken(stand)
    case = stand.case()
    with pytest.raises(NotPossible, match="does not show"):
        desk.done(stand.house, case.id, stand.people["tess"], fields={})
    stand.shelf.things.add(("lamp", "ada"))
    desk.done(stand.house, case.id, stand.people["tess"], fields={}, words="I walked there.")
    stand.work()

    assert stand.request(made).state == RequestState.FULFILLED
    assert stand.steps(made)[0].ours
    assert stand.grants("ada")[0].state == GrantState.ACTIVE
    assert stand.event(f"request:{made}", "step.done_by_hand").tell == "I walked there."


def test_on_my_word_is_written_down_as_such(stand: Stand) -> None:
    """Staff insist: believed, with their name and what the target showed."""
    made = _broken(stand)
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={}, on_my_word=True)
    (step,) = stand.steps(made)
    assert (step.state, step.evidence["by"], step.evidence["target"]) == (StepState.DONE, "Tess Fern", "absent")


def test_done_by_hand_is_not_believed_where_we_could_not_look(stand: Stand) -> None:
    """A target that is down shows nothing: refused with why, until staff are sure; then it is on their word, not
    seen."""
    made = _broken(stand)
    case, tess = stand.case(), stand.people["tess"]
    stand.shelf.blind = True
    with pytest.raises(NotPossible) as refused:
        desk.done(stand.house, case.id, tess, fields={})
    assert str(refused.value) == (
        "We could not look. Try again when the target answers, or say that you are sure. "
        "It said: The shelf is in the dark."
    )
    assert stand.case().state == EscalationState.OPEN
    desk.done(stand.house, case.id, tess, fields={}, on_my_word=True)
    (seen,) = _steps_told(stand, made)
    assert (seen.state, seen.verified_at, seen.word_of) == (StepState.DONE, None, "Tess Fern")
    assert seen.word_at == stand.clock()
    assert seen.evidence["target"] == "unknowable"


def _steps_told(stand: Stand, made: str) -> list[story.StepSeen]:
    with stand.house.database.read() as session:
        return story.story(session, stand.house, stand.request(made), stand.people["ada"]).steps


def test_done_by_hand_waits_for_a_target_that_is_still_at_it(stand: Stand) -> None:
    """Pending is not there; refused in a sentence of its own."""
    _broken(stand)
    stand.shelf.orders.add(("lamp", "ada"))
    with pytest.raises(NotPossible, match="still at it"):
        desk.done(stand.house, stand.case().id, stand.people["tess"], fields={})


def test_what_stands_on_a_word_is_looked_at_when_the_target_answers(stand: Stand) -> None:
    """The hourly look sees it, and it is on nobody's word any more."""
    made = _broken(stand)
    stand.shelf.blind = True
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={}, on_my_word=True)
    stand.work()
    stand.clock.forward(hours=1)
    assert not reconcile(stand.house).drifted
    assert _steps_told(stand, made)[0].word_of == "Tess Fern"
    stand.shelf.blind = False
    stand.shelf.things.add(("lamp", "ada"))
    stand.clock.forward(hours=1)
    assert not reconcile(stand.house).drifted
    (seen,) = _steps_told(stand, made)
    assert (seen.verified_at, seen.word_of) == (stand.clock(), "")


def test_a_word_that_the_target_does_not_bear_out_comes_back_to_the_desk(stand: Stand) -> None:
    """Given on Tess's word, and not there: the case says whose word it was, and nothing is shown as seen."""
    made = _broken(stand)
    stand.shelf.blind = True
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={}, on_my_word=True)
    stand.work()
    stand.shelf.blind = False
    stand.clock.forward(hours=1)
    assert reconcile(stand.house).drifted
    assert "on Tess Fern's word" in stand.case().reason
    assert _steps_told(stand, made)[0].verified_at is None


def test_a_person_s_work_is_on_their_word_by_design(stand: Stand) -> None:
    """No target shows a checklist: believed at once, and never called seen, not after the hourly look either."""
    made = stand.ask("ada", "laptop")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields=dict(FIELDS))
    stand.work()
    stand.clock.forward(hours=1)
    reconcile(stand.house)
    (seen,) = _steps_told(stand, made.id)
    assert (seen.verified_at, seen.word_of) == (None, "Tess Fern")


def test_what_only_a_person_takes_back_has_not_failed(stand: Stand) -> None:
    """It is asked of them, ends once they have done it, and is nowhere told as a failure of the machine."""
    made = stand.ask("ada", "key")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={"number": "7"})
    stand.work()
    stand.write(acts.give_back, stand.house, stand.request(made.id).name, stand.people["ada"], stand.clock())
    stand.work()
    (grant,) = stand.grants("ada")
    case = stand.case()
    assert (grant.state, case.why, case.grant_id) == (GrantState.ENDING, "needs_human", grant.id)
    assert stand.kinds(f"grant:{grant.id}")[-1] == "grant.by_hand"
    assert not reconcile(stand.house).any
    desk.done(stand.house, case.id, stand.people["tess"], fields={"returned": "yes"})
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_taken_back_by_hand_is_not_believed_where_we_could_not_look(stand: Stand) -> None:
    """What may still be there is not written down as gone."""
    stand.ask("ada", "lamp")
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])
    stand.shelf.faults = ["permanent"] * 9
    stand.pass_time(minutes=5)
    case, tess = stand.case(), stand.people["tess"]
    stand.shelf.blind = True
    with pytest.raises(NotPossible, match=r"could not look.*The shelf is in the dark"):
        desk.done(stand.house, case.id, tess, fields={})
    assert stand.grants("ada")[0].state == GrantState.REVOKE_FAILED
    desk.done(stand.house, case.id, tess, fields={}, on_my_word=True)
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED


def test_the_rest_goes_on_by_machine(stand: Stand) -> None:
    """Step two by hand, step three by machine."""
    stand.shelf.faults = ["", "permanent"]
    made = stand.ask("ada", "set")
    stand.shelf.things.add(("fork", "ada"))
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={})
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert stand.shelf.effects == {("plate", "ada"): 1, ("cup", "ada"): 1}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"serial", "word"}),
        ({"serial": "SN-1"}, {"word"}),
        ({"serial": " ", "word": "x"}, {"serial"}),
        ({**FIELDS, "serial": "x" * 2001}, {"serial"}),
        ({**FIELDS, "serial": "a\x00b"}, {"serial"}),
    ],
)
def test_a_checklist_s_fields_are_checked(stand: Stand, fields: dict[str, str], wrong: set[str]) -> None:
    """Missing, empty, endless and unprintable ones are refused, each beside its field, and the case stays open."""
    stand.ask("ada", "laptop")
    with pytest.raises(Unfit) as refused:
        desk.done(stand.house, stand.case().id, stand.people["tess"], fields=fields)
    assert set(refused.value.errors) == wrong
    assert stand.case().state == EscalationState.OPEN


def test_a_checklist_takes_no_field_that_it_does_not_have(stand: Stand) -> None:
    """Whoever calls the API learns which; the case stays open."""
    stand.ask("ada", "laptop")
    with pytest.raises(NotPossible, match="no field called colour"):
        desk.done(stand.house, stand.case().id, stand.people["tess"], fields={**FIELDS, "colour": "red"})
    assert stand.case().state == EscalationState.OPEN


def test_secret_fields_are_sealed_and_the_rest_is_recorded(stand: Stand) -> None:
    """The serial number stands in the case, the first password only in the customer's seal."""
    made = stand.ask("ada", "laptop")
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields=dict(FIELDS))
    stand.work()
    assert stand.request(made.id).state == RequestState.FULFILLED
    (case,) = stand.cases()
    assert case.fields["serial"] == "SN-1"
    assert case.fields["word"] != FIELDS["word"]
    told = stand.write(acts.reveal, stand.house, made.name, stand.people["ada"], stand.clock())
    assert told == {"word": FIELDS["word"]}


def test_a_closed_case_says_who_closed_it(stand: Stand) -> None:
    """Retried by Tess; Theo's page is old."""
    _broken(stand)
    case = stand.case()
    desk.retry(stand.house, case.id, stand.people["tess"])
    stand.work()
    acts_: tuple[Callable[[], None], ...] = (
        lambda: desk.retry(stand.house, case.id, stand.people["theo"]),
        lambda: desk.take(stand.house, case.id, stand.people["theo"]),
        lambda: desk.cannot(stand.house, case.id, stand.people["theo"], words="No."),
    )
    for act in acts_:
        with pytest.raises(NotPossible, match="Tess Fern closed this already"):
            act()


def test_a_retry_that_fails_again_comes_back(stand: Stand) -> None:
    """The same case, at once; whoever tried has it still, and the customer's promise stands."""
    made = _broken(stand)
    first = stand.case()
    promised = stand.request(made).promised_at
    stand.clock.forward(minutes=20)
    stand.shelf.faults = ["permanent"]
    desk.retry(stand.house, first.id, stand.people["tess"])
    stand.work()
    second = stand.case()
    assert second.id == first.id
    assert stand.request(made).state == RequestState.HANDED_OVER
    assert (second.state, second.taken_by_id) == (EscalationState.TAKEN, stand.people["tess"])
    assert second.due_at == first.due_at
    assert stand.request(made).promised_at == promised
    assert "“Lamp” needs a person" in stand.notices("tess")


def test_what_was_mended_and_breaks_anew_is_nobody_s(stand: Stand) -> None:
    """The case that ended by trying again is over: what vanishes from the target later has its own time."""
    _broken(stand)
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    stand.clock.forward(hours=3)
    stand.shelf.things.clear()
    reconcile(stand.house)
    assert stand.case().taken_by_id is None
    assert stand.case().due_at > stand.clock()


def test_cannot_needs_words_and_tells_them(stand: Stand) -> None:
    """The customer reads why; nothing was there, so it did not work out."""
    made = _broken(stand)
    for words in ("", "  ", "a\x00b"):
        with pytest.raises(Unfit):
            desk.cannot(stand.house, stand.case().id, stand.people["tess"], words=words)
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="The lamps are gone.")
    stand.work()
    assert (stand.request(made).state, stand.request(made).words) == (RequestState.FAILED, "The lamps are gone.")
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert not stand.open_cases()


def test_who_is_not_active_does_nothing_on_the_desk(stand: Stand) -> None:
    """A case that is not there is not found; a person who left may not act."""
    _broken(stand)
    stand.change("tess", disabled=True)
    with pytest.raises(NotAllowed):
        desk.take(stand.house, stand.case().id, stand.people["tess"])
    with pytest.raises(NotFound):
        desk.take(stand.house, "no such case", stand.people["theo"])


def test_the_list_shows_the_most_urgent_first(stand: Stand) -> None:
    """By due time; closed ones are not shown; by team and by holder."""
    stand.shelf.faults = ["permanent"] * 2
    first, second = stand.ask("ada", "lamp"), None
    stand.clock.forward(minutes=1)
    second = stand.ask("ben", "lamp")
    with stand.house.database.read() as session:
        assert [row.request_name for row in listed(session)] == [first.name, second.name]
        assert [row.customer for row in listed(session, team="techops")] == ["Ada Fern", "Ben Fern"]
        assert listed(session, team="leads") == []
        assert listed(session, taken_by=stand.people["tess"]) == []


def _drifted(stand: Stand) -> str:
    """Ada's lamp vanished from the shelf; returns the request's id."""
    made = stand.ask("ada", "lamp")
    stand.shelf.things.clear()
    assert reconcile(stand.house).drifted == [made.name]
    assert stand.case().why == "drift"
    return made.id


def test_drift_is_told_once_and_never_mended_silently(stand: Stand) -> None:
    """Somebody removed it there: the owners decide."""
    _drifted(stand)
    calls = stand.shelf.calls["put"]
    reconcile(stand.house)
    assert len(stand.open_cases()) == 1
    assert stand.shelf.calls["put"] == calls


def test_drift_can_be_given_again(stand: Stand) -> None:
    """Retry: put back, verified, still with its end."""
    made = _drifted(stand)
    desk.retry(stand.house, stand.case().id, stand.people["tess"])
    stand.work()
    assert stand.request(made).state == RequestState.FULFILLED
    assert stand.shelf.things == {("lamp", "ada")}
    assert not stand.open_cases()
    stand.clock.forward(hours=8)
    assert stand.tick_grant(stand.grants("ada")[0]) == "ended"
    stand.work()
    assert not stand.shelf.things


def test_drift_can_be_mended_by_hand(stand: Stand) -> None:
    """Put back there: looked at, closed."""
    made = _drifted(stand)
    with pytest.raises(NotPossible):
        desk.done(stand.house, stand.case().id, stand.people["tess"], fields={})
    stand.shelf.things.add(("lamp", "ada"))
    desk.done(stand.house, stand.case().id, stand.people["tess"], fields={})
    assert not stand.open_cases()
    assert stand.request(made).state == RequestState.FULFILLED


def test_drift_can_be_accepted(stand: Stand) -> None:
    """It stays away: the customer reads why, the grant ends."""
    made = _drifted(stand)
    desk.cannot(stand.house, stand.case().id, stand.people["tess"], words="It was taken on purpose.")
    stand.work()
    assert stand.grants("ada")[0].state == GrantState.ENDED
    assert stand.request(made).words == "It was taken on purpose."
    assert not stand.open_cases()


def test_drift_that_comes_back_closes_itself(stand: Stand) -> None:
    """Seen again at the next look."""
    _drifted(stand)
    stand.shelf.things.add(("lamp", "ada"))
    stand.clock.forward(hours=1)
    reconcile(stand.house)
    assert not stand.open_cases()


def test_drift_of_a_grant_that_ends_closes_itself(stand: Stand) -> None:
    """Its time is over: nobody needs to look any more."""
    _drifted(stand)
    stand.clock.forward(hours=8)
    stand.tick_grant(stand.grants("ada")[0])
    stand.work()
    assert not stand.open_cases()


def test_who_acts_on_a_case_whose_customer_cancelled_reads_that(stand: Stand) -> None:
    """Not that a machine closed it: the customer does not want it any more, and it counts as nobody's help."""
    stand.shelf.faults = ["permanent"]
    name = stand.ask("ada", "lamp").name
    case = stand.case()
    stand.write(acts.cancel, stand.house, name, stand.people["ada"], stand.clock())
    assert [one.closed_how for one in stand.cases()] == [Exit.WITHDRAWN]
    with pytest.raises(NotPossible, match="Ada Fern does not want it any more"):
        desk.take(stand.house, case.id, stand.people["tess"])
