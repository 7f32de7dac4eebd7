"""A connector that answers what no connector may answer: nothing is lost, nothing hangs, a human hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.stand.house import Stand

from selfserve.connectors.contract import (
    Accepted,
    Declined,
    Done,
    Failed,
    FailureKind,
    Finding,
    NeedsHuman,
    Observation,
    Option,
    Options,
    Plan,
    Presence,
    Todo,
)
from selfserve.connectors.guarded import Guarded
from selfserve.fulfilment import queueing, revoke
from selfserve.requests import acts, offers, reconcile
from selfserve.store.states import OPEN_RUN, GrantState, RequestState, RunState

HALF = "\ud800"
WRONG: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "a text": lambda: "done",
    "a dict": lambda: {"state": {}},
    "another object": object,
    "no reason": lambda: Failed(FailureKind.PERMANENT, None),  # type: ignore[arg-type]
    "no kind": lambda: Failed("permanent", "why"),  # type: ignore[arg-type]
    "no state": lambda: Done(None),  # type: ignore[arg-type]
    "a state of things": lambda: Done({"made": {1, 2}}),
    "a state that is no number": lambda: Done({"n": float("nan")}),
    "a state with a NUL": lambda: Done({"name": "a\x00b"}),
    "half a sign in the state": lambda: Done({"name": HALF}),
    "a huge state": lambda: Done({"name": "x" * 2_000_000}),
    "no time": lambda: Accepted({}, 5, timedelta(hours=1)),  # type: ignore[arg-type]
    "todo of texts": lambda: NeedsHuman("Look.", ("first",)),  # type: ignore[arg-type]
    "the end of the program": lambda: _raise(SystemExit(3)),
    "a key pressed": lambda: _raise(KeyboardInterrupt()),
    "the end of a task": lambda: _raise(asyncio.CancelledError()),
}


def _raise(problem: BaseException) -> None:
    raise problem


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_to_an_act_reaches_a_human_in_its_time(
    stand: Stand, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once it is tried on; when its time is over it stands on the desk with what was wrong, and is run by nobody."""
    monkeypatch.setattr(stand.shelf, "apply", lambda *_: answer())
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    stand.pass_time(hours=1)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert "The connector itself failed: it" in stand.case().reason
    assert not {run.state for run in stand.runs(made.id)} & {RunState.RUNNING, RunState.CLAIMED, RunState.QUEUED}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_to_a_taking_back_is_told_and_tried_on(
    stand: Stand, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never shown as taken back; a human is alarmed; once the connector is mended it is gone."""
    made = stand.ask("ada", "lamp")
    undo = stand.shelf.undo
    monkeypatch.setattr(stand.shelf, "undo", lambda *_: answer())
    stand.write(acts.give_back, stand.house, stand.request(made.id).name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=30)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.REVOKE_FAILED]
    assert "The connector itself failed: it" in stand.case().reason
    monkeypatch.setattr(stand.shelf, "undo", undo)
    stand.pass_time(hours=2)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]
    assert not stand.shelf.things


@pytest.mark.parametrize("answer", [None, "there", Presence.PRESENT, Observation], ids=repr)
def test_a_wrong_answer_to_a_look_is_no_sight(stand: Stand, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done is not said to be there."""
    monkeypatch.setattr(stand.shelf, "observe", lambda *_: answer)
    made = stand.ask("ada", "lamp")
    stand.pass_time(hours=1)
    assert stand.request(made.id).state == RequestState.HANDED_OVER


@pytest.mark.parametrize("name", [None, "", 7], ids=repr)
def test_a_thing_without_a_name_is_given_to_nobody(stand: Stand, name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ask is stored and answered; what is wrong reaches a human."""
    monkeypatch.setattr(stand.shelf, "resource", lambda *_: name)
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    stand.pass_time(hours=1)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.shelf.calls["put"] == 0


def test_a_text_that_no_store_keeps_is_kept_as_far_as_it_goes(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's name with a NUL and half a sign in a reason; megabytes are cut."""
    monkeypatch.setattr(stand.shelf, "apply", lambda *_: Declined(f"bad \x00 byte {HALF} " + "x" * 3_000_000, HALF))
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.HANDED_OVER
    reason = stand.case().reason
    assert reason.startswith("bad \ufffd byte \ufffd xxx")
    assert len(reason) == 4_000
    assert reason.endswith("…")


@pytest.mark.parametrize(
    ("evidence", "kept"),
    [
        ({"file": f"a\x00b{HALF}"}, {"file": "a\ufffdb\ufffd"}),
        ({"of": {1, 2}}, {"evidence": "It could not be kept."}),
        (None, {"evidence": "It could not be kept."}),
        ({"of": "x" * 20_000}, {"evidence": "It was too much to be kept."}),
        ({"name": "Łódź 👩\u200d💻"}, {"name": "Łódź 👩\u200d💻"}),
    ],
    ids=["signs", "things", "none", "much", "good"],
)
def test_evidence_that_cannot_be_kept_makes_nothing_less_there(
    stand: Stand, evidence: Any, kept: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is for people to read; the effect was seen all the same."""
    look = stand.shelf.observe

    def seen(*given: Any) -> Observation:
        found = look(*given)
        return Observation(found.presence, evidence, found.tell)

    monkeypatch.setattr(stand.shelf, "observe", seen)
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLED
    assert stand.steps(made.id)[0].evidence == kept


@pytest.mark.parametrize("answer", [None, "fine", [None], ["fine"], 7], ids=repr)
def test_a_wrong_answer_to_a_check_is_a_finding(stand: Stand, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told beside the others', which are not lost by it."""
    monkeypatch.setattr(stand.shelf, "check", lambda: answer)
    (found,) = Guarded(stand.shelf, timedelta(seconds=30)).check()
    assert found.level == "error"
    assert found.text.startswith("Its check failed: its check ") or "it answered" in found.text
    monkeypatch.setattr(stand.shelf, "check", lambda: [Finding(found.level, "tls", f"a\x00{HALF}")])
    assert [one.text for one in Guarded(stand.shelf, None).check()] == ["a\ufffd\ufffd"]


@pytest.mark.parametrize("answer", [None, lambda: None, lambda action, args: 1 / 0], ids=["none", "no room", "breaks"])
def test_what_cannot_be_told_to_be_short_is_not(stand: Stand, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connector takes no catalog down."""
    monkeypatch.setattr(stand.shelf, "short", lambda: answer)
    assert not offers.short(stand.house)(stand.house.catalog.current.items["lamp"])


def test_plans_and_choices_are_looked_at_as_well(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they say is shown to people."""
    guarded, args = Guarded(stand.shelf, None), stand.shelf.actions["put"].args(thing="a", customer="b")
    monkeypatch.setattr(stand.shelf, "plan", lambda *_: Plan(f"a{HALF}", "b\x00"))
    assert guarded.plan("put", args) == Plan("a\ufffd", "b\ufffd")
    monkeypatch.setattr(stand.shelf, "options", lambda *_: Options([Option("1", "x\x00")]))  # type: ignore[arg-type]
    assert guarded.options("put", "thing", "") == Options((Option("1", "x\ufffd"),))
    good = NeedsHuman("Look.", (Todo("Look there."),))
    monkeypatch.setattr(stand.shelf, "apply", lambda *_: good)
    assert guarded.apply("put", args, None) is good  # type: ignore[arg-type]


def test_a_walk_that_breaks_in_our_own_hands_reaches_a_human_too(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in writing down what was done: tried again with pauses, then the desk, with where to look."""
    stand.shelf.faults = ["transient"]
    made = stand.ask("ada", "lamp")
    monkeypatch.setattr("selfserve.fulfilment.fulfil.walk", lambda *_: 1 / 0)
    stand.pass_time(hours=1)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert "Working on it broke: ZeroDivisionError" in stand.case().reason


def test_a_taking_back_that_breaks_in_our_own_hands_alarms(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for what is taken back, which goes on being tried."""
    made = stand.ask("ada", "lamp")
    note = revoke.note_taken_back
    monkeypatch.setattr(revoke, "note_taken_back", lambda *_: 1 / 0)
    stand.write(acts.give_back, stand.house, stand.request(made.id).name, stand.people["ada"], stand.clock())
    stand.pass_time(minutes=40)
    assert "Working on it broke: ZeroDivisionError" in stand.case().reason
    monkeypatch.setattr(revoke, "note_taken_back", note)
    stand.pass_time(hours=2)
    assert [grant.state for grant in stand.grants("ada")] == [GrantState.ENDED]


def test_what_is_lost_again_and_again_is_no_longer_ordered_but_told(stand: Stand) -> None:
    """The engine gives the work up each time: once its time is over a human has it."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    for minutes, state in ((6, RequestState.FULFILLING), (60, RequestState.HANDED_OVER)):
        (order,) = [queueing.order_id(run) for run in stand.runs(made.id) if run.state in OPEN_RUN]
        stand.house.engine.client.cancel_workflows([order])
        stand.clock.forward(minutes=minutes)
        assert reconcile.reconcile(stand.house).lost_runs == [order]
        assert stand.request(made.id).state == state
    assert "broke off again and again" in stand.case().reason
