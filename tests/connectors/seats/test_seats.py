"""The seat connector: last seats, waiting lines, licence keys."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.connectors.clock import Clock
from tests.connectors.seats.memory import MemorySeatStore

from selfserve.connectors.contract import (
    Accepted,
    AlreadyDone,
    Context,
    Done,
    Failed,
    FailureKind,
    Level,
    Ports,
    Presence,
    SeatHolder,
)
from selfserve.connectors.seats import SeatArgs, SeatsConnector, SeatsSettings

POOLS: dict[str, Any] = {
    "figma": {"label": "Figma editor", "total": 2, "team": "design-tools"},
    "ide": {"label": "IDE", "keys": "KEY-1\n\n  KEY-2  \n"},
}


@pytest.fixture
def store() -> MemorySeatStore:
    return MemorySeatStore()


@pytest.fixture
def seats(store: MemorySeatStore) -> SeatsConnector:
    """Two seats of Figma, two keys of an IDE."""
    return SeatsConnector("seats", SeatsSettings.model_validate({"pools": POOLS}), Ports(seats=store))


def ask(customer: str, pool: str = "figma") -> SeatArgs:
    return SeatArgs(pool=pool, customer=customer)


def context(clock: Clock, key: str) -> Context:
    return Context(key, clock() + timedelta(minutes=1), clock)


def test_a_seat_is_given_seen_and_freed(seats: SeatsConnector, ctx: Context) -> None:
    """And the second request of the same customer finds it there, whatever the case of the address."""
    done = seats.apply("assign", ask("ana@example.test"), ctx)
    assert isinstance(done, Done)
    assert done.secret is None
    assert seats.observe("assign", ask("ana@example.test"), done.state).presence is Presence.PRESENT
    other = Context("another", ctx.deadline, ctx.now)
    assert isinstance(seats.apply("assign", ask(" ANA@Example.test "), other), AlreadyDone)
    assert seats.resource("assign", ask(" ANA@Example.test ")) == seats.resource("assign", ask("ana@example.test"))
    assert isinstance(seats.undo("assign", ask("ana@example.test"), done.state, ctx), Done)
    assert isinstance(seats.undo("assign", ask("ana@example.test"), done.state, ctx), AlreadyDone)
    assert seats.observe("assign", ask("ana@example.test"), done.state).presence is Presence.ABSENT


@pytest.mark.parametrize("action", ["assign", "release"])
def test_a_seat_is_who_s_it_is_however_they_are_called(
    seats: SeatsConnector, store: MemorySeatStore, clock: Clock, action: str
) -> None:
    """Ana takes another login, and a colleague gets hers: what was recorded is looked at and undone at Ana, staff read
    her new login, and what is asked for under it is the same thing."""
    store.people = {"ana": SeatHolder("p-1", "ana"), "p-1": SeatHolder("p-1", "ana")}
    if action == "release":
        seats.apply("assign", ask("ana"), context(clock, "before"))
    named = seats.resource(action, ask("ana"))
    done = seats.apply(action, ask("ana"), context(clock, "first"))
    assert isinstance(done, Done)
    ana = SeatHolder("p-1", "ana-berg")
    store.people = {"ana": SeatHolder("p-2", "ana"), "p-2": SeatHolder("p-2", "ana"), "ana-berg": ana, "p-1": ana}
    assert seats.resource(action, ask("ana-berg")) == named != seats.resource(action, ask("ana"))
    assert "for ana-berg" in seats.plan(action, ask("ana-berg")).staff
    assert isinstance(seats.apply(action, ask("ana-berg"), context(clock, "again")), AlreadyDone)
    seen = seats.observe(action, ask("ana"), done.state)
    assert (seen.presence, seen.evidence["holder"]) == (Presence.PRESENT, "ana-berg")
    assert isinstance(seats.undo(action, ask("ana"), done.state, context(clock, "first")), Done)
    assert seats.observe(action, ask("ana"), done.state).presence is Presence.ABSENT
    assert (store.look("figma", "p-1") is None) is (action == "assign")
    assert store.look("figma", "p-2") is None


@pytest.mark.parametrize("people", [["nova"], ["nova", "nova@fern.example"]])
def test_what_was_recorded_stands_whatever_the_words_come_to_mean(
    seats: SeatsConnector, store: MemorySeatStore, clock: Clock, people: list[str]
) -> None:
    """Taken under words that meant nobody, it is seen and given back as recorded; whom they name later has it by them,
    and no second one."""
    done = seats.apply("assign", ask("Nova"), context(clock, "first"))
    assert isinstance(done, Done)
    named = seats.resource("assign", ask("nova"))
    store.people = {words: SeatHolder("p-1", "nova") for words in [*people, "p-1"]}
    assert seats.resource("assign", ask("p-1")) == seats.resource("assign", ask("NOVA")) == named
    assert isinstance(seats.apply("assign", ask("p-1"), context(clock, "own")), AlreadyDone)
    assert seats.observe("assign", ask("nova"), done.state).presence is Presence.PRESENT
    store.several = {"nova"}
    assert seats.observe("assign", ask("nova"), done.state).presence is Presence.PRESENT
    assert isinstance(seats.undo("assign", ask("nova"), done.state, context(clock, "first")), Done)
    figures = store.figures("figma")
    assert figures is not None
    assert figures.taken == 0


@pytest.mark.parametrize("action", ["assign", "release"])
def test_words_that_mean_several_are_nobody_s(
    seats: SeatsConnector, store: MemorySeatStore, ctx: Context, action: str
) -> None:
    """None is guessed: the thing has no name, the plan says why, and it is a human's."""
    store.several = {"twin"}
    assert seats.resource(action, ask("Twin")).startswith("?")
    blocked = seats.plan(action, ask("Twin")).blocked
    assert blocked is not None
    assert (blocked.for_good, blocked.away) == (True, False)
    failed = seats.apply(action, ask("Twin"), ctx)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.again) == (FailureKind.AMBIGUOUS, False)
    assert failed.reason == blocked.reason
    assert seats.observe(action, ask("Twin"), {}).failure == failed


def test_while_nobody_can_say_who_is_meant_a_seat_has_no_name(seats: SeatsConnector, store: MemorySeatStore) -> None:
    """One made up of words would be another's; so it is in a process without a store."""
    store.away = True
    assert seats.resource("assign", ask("ana")) == ""
    bare = SeatsConnector("seats", SeatsSettings.model_validate({"pools": POOLS}), Ports())
    assert bare.resource("assign", ask("ana")) == ""


def test_who_loses_the_last_seat_gets_a_place_in_line(seats: SeatsConnector, clock: Clock) -> None:
    """Hard case 11: accepted with a place, pending while waiting, present as soon as somebody gives one back."""
    for who in ("ana", "bob"):
        assert isinstance(seats.apply("assign", ask(who), context(clock, who)), Done)
    waiting = seats.apply("assign", ask("cleo"), context(clock, "cleo"))
    assert isinstance(waiting, Accepted)
    assert waiting.handle["place"] == 1
    assert "You are in line" in waiting.tell
    assert waiting.expires == timedelta(days=30)
    behind = seats.apply("assign", ask("dan"), context(clock, "dan"))
    assert isinstance(behind, Accepted)
    assert behind.handle["place"] == 2
    assert behind.tell == waiting.tell
    seen = seats.observe("assign", ask("dan"), behind.handle)
    assert (seen.presence, seen.evidence["place"]) == (Presence.PENDING, 2)
    assert isinstance(seats.apply("release", ask("ana"), context(clock, "r")), Done)
    assert seats.observe("assign", ask("cleo"), waiting.handle).presence is Presence.PRESENT
    assert seats.observe("assign", ask("dan"), behind.handle).evidence["place"] == 1


def test_a_key_is_handed_out_once_as_a_secret(seats: SeatsConnector, clock: Clock) -> None:
    """In the outcome's secret and nowhere else; again under the same key after a crash, never under another."""
    done = seats.apply("assign", ask("ana", "ide"), context(clock, "first"))
    assert isinstance(done, Done)
    assert done.secret == "KEY-1"
    seen = seats.observe("assign", ask("ana", "ide"), done.state)
    assert seen.secret is None
    assert "KEY-1" not in json.dumps([done.state, done.tell, seen.evidence, seen.tell]) + repr(done)
    again = seats.apply("assign", ask("ana", "ide"), context(clock, "first"))
    assert isinstance(again, Done)
    assert again.secret == "KEY-1"
    other = seats.apply("assign", ask("ana", "ide"), context(clock, "second"))
    assert isinstance(other, AlreadyDone)
    assert "KEY-1" not in repr(other)


def test_a_key_that_comes_while_waiting_reaches_who_waited(seats: SeatsConnector, clock: Clock) -> None:
    """No outcome could carry it, so the observation does, once the place has become a seat."""
    for who in ("ana", "bob"):
        seats.apply("assign", ask(who, "ide"), context(clock, who))
    waiting = seats.apply("assign", ask("cleo", "ide"), context(clock, "cleo"))
    assert isinstance(waiting, Accepted)
    assert seats.observe("assign", ask("cleo", "ide"), waiting.handle).secret is None
    seats.apply("release", ask("bob", "ide"), context(clock, "r"))
    seen = seats.observe("assign", ask("cleo", "ide"), waiting.handle)
    assert (seen.presence, seen.secret) == (Presence.PRESENT, "KEY-2")
    assert "KEY-2" not in repr(seen)


def test_the_plan_says_what_will_happen(seats: SeatsConnector, ctx: Context) -> None:
    """A seat, a place in line, or a pool that is not there."""
    assert seats.plan("assign", ask("ana")).customer == "You get a seat of Figma editor."
    for who in ("ana", "bob"):
        seats.apply("assign", ask(who), ctx)
    assert "next in line" in seats.plan("assign", ask("cleo")).customer
    assert seats.plan("assign", ask("ana")).customer == "You get a seat of Figma editor."
    blocked = seats.plan("assign", ask("ana", "figmaa")).blocked
    assert blocked is not None
    assert blocked.for_good
    assert "did you mean figma?" in blocked.reason
    refused = seats.apply("assign", ask("ana", "figmaa"), ctx)
    assert isinstance(refused, Failed)
    assert refused.kind is FailureKind.NOT_FOUND
    seen = seats.observe("assign", ask("ana", "figmaa"), {}).failure
    assert seen == refused


def test_options_and_check_tell_what_is_left(seats: SeatsConnector, ctx: Context) -> None:
    """Shortage is a warning that names who buys; half of a small pool is none."""
    seats.apply("assign", ask("ana"), ctx)
    assert [(one.value, one.note) for one in seats.options("assign", "pool", "").options] == [
        ("figma", "1 of 2 left"),
        ("ide", "2 of 2 left"),
    ]
    assert [one.value for one in seats.options("assign", "pool", "FIG").options] == ["figma"]
    assert seats.options("assign", "customer", "").options == ()
    assert [one.level for one in seats.check()] == [Level.INFO, Level.INFO]
    seats.apply("assign", ask("ben"), ctx)
    short = seats.check()[0]
    assert short.level is Level.WARNING
    assert "design-tools buys more" in short.text


def test_check_tells_what_is_held_and_not_given_again(store: MemorySeatStore, ctx: Context) -> None:
    """Staff hear of a key that was taken out of the list while somebody has it, until it has come back."""
    settings = {"ide": {"label": "IDE", "keys": "KEY-1\nKEY-2", "short_at": 0}}
    SeatsConnector("seats", SeatsSettings.model_validate({"pools": settings}), Ports(seats=store)).apply(
        "assign", ask("ana", "ide"), ctx
    )
    settings["ide"]["keys"] = "KEY-2"
    later = SeatsConnector("seats", SeatsSettings.model_validate({"pools": settings}), Ports(seats=store))
    left, leaving = later.check()
    assert left.text == "IDE: 1 of 2 left."
    assert leaving.level is Level.WARNING
    assert "one seat that the settings no longer list is held" in leaving.text
    later.apply("release", ask("ana", "ide"), ctx)
    assert [one.text for one in later.check()] == ["IDE: 1 of 1 left."]


def test_check_says_that_a_former_sealing_key_is_missing(store: MemorySeatStore, ctx: Context) -> None:
    """And looks anew until it is not: no restart is needed once the last of those who have such a key gave it back."""
    unread = [2, 1, 0]
    declare = store.declare
    store.declare = lambda *args: declare(*args) or unread.pop(0)  # type: ignore[method-assign]
    seats = SeatsConnector("seats", SeatsSettings.model_validate({"pools": {"ide": POOLS["ide"]}}), Ports(seats=store))
    for told in (["2 held licence keys"], ["one held licence key"], []):
        errors = [one.text for one in seats.check() if one.level is Level.ERROR]
        assert all("server.former_sealing_keys" in one for one in errors)
        assert [one for one, words in zip(errors, told, strict=True) if words in one] == errors
    seats.check()
    assert unread == []


def test_without_a_store_nothing_is_given_and_nothing_raised(ctx: Context) -> None:
    """A process that only takes orders has none."""
    seats = SeatsConnector("seats", SeatsSettings.model_validate({"pools": POOLS}), Ports())
    outcome = seats.apply("assign", ask("ana"), ctx)
    assert isinstance(outcome, Failed)
    assert outcome.again
    assert seats.observe("assign", ask("ana"), {}).presence is Presence.UNKNOWABLE
    assert all(one.level is Level.ERROR for one in seats.check())
    blocked = seats.plan("assign", ask("ana")).blocked
    assert blocked is not None
    assert (blocked.away, blocked.for_good) == (True, False)


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ({"label": "X", "total": 1, "keys": "K"}, "counted or has keys, not both"),
        ({"label": "X", "total": -1}, "greater than"),
    ],
)
def test_a_pool_is_a_count_or_keys(pool: dict[str, Any], words: str) -> None:
    """Never both, never less than none."""
    with pytest.raises(ValidationError, match=words):
        SeatsSettings.model_validate({"pools": {"x": pool}})


@pytest.mark.parametrize(
    ("action", "pool", "secret"),
    [("assign", "figma", False), ("assign", "ide", True), ("assign", None, None), ("assign", "moon", None),
     ("release", "ide", False)],
)  # fmt: skip
def test_only_a_pool_of_keys_gives_a_secret(action: str, pool: str | None, secret: bool | None) -> None:
    """Told by the configuration; a pool that is chosen by an expression, or not there, is not known."""
    settings = SeatsSettings.model_validate({"pools": POOLS})
    assert SeatsConnector.gives_secret(action, {"pool": pool, "customer": None}, settings) is secret


def test_without_its_configuration_nobody_knows_whether_a_pool_holds_keys() -> None:
    """On a bare checkout; and where all pools are alike it does not matter which one an expression chooses."""
    assert SeatsConnector.gives_secret("assign", {"pool": "figma"}) is None
    alike = SeatsSettings.model_validate({"pools": {"figma": POOLS["figma"]}})
    assert SeatsConnector.gives_secret("assign", {"pool": None}, alike) is False
