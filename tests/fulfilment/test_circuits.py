"""A target that is left in peace is seen: by staff, by monitoring, and by the customer who waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.stand.house import Stand

from selfserve import tasks
from selfserve.fulfilment import circuits, leases
from selfserve.fulfilment.circuits import Resting
from selfserve.languages.reader import Reader
from selfserve.requests import acts, story
from selfserve.store.states import StepState
from selfserve.store.tables import ConnectorHealth
from selfserve.telemetry import figures


def _beat(stand: Stand) -> None:
    with stand.house.database.write() as session:
        leases.beat(session, stand.house, "worker")


def _resting(stand: Stand) -> list[Resting]:
    with stand.house.database.read() as session:
        return circuits.resting(session, stand.house)


def _open(stand: Stand) -> None:
    stand.shelf.looks = ["auth", "auth"]
    stand.ask("ben", "lamp")


def _told(stand: Stand, name: str) -> list[tuple[str, str]]:
    with stand.house.database.read() as session:
        found = story.find(session, name)
        assert found is not None
        return [(line.title, line.note) for line in story.story(session, stand.house, found, stand.people["ada"]).lines]


def _gauge(stand: Stand, connector: str) -> float:
    tasks.measure(stand.house)
    for family in text_string_to_metric_families(figures.exposition()[0].decode()):
        for sample in family.samples:
            if sample.name == "selfserve_circuit_open" and sample.labels["connector"] == connector:
                return float(sample.value)
    raise AssertionError("no such gauge")


def test_an_open_circuit_is_told_with_its_reason_and_who_waits(stand: Stand) -> None:
    """Since when, why, when it is tried next, and how many requests stand there; gone when it closes."""
    _beat(stand)
    assert _resting(stand) == []
    _open(stand)
    since = stand.clock()
    stand.ask("ada", "lamp")
    stand.ask("ada", "set")
    _beat(stand)
    reason = "The shelf does not know us any more."
    assert _resting(stand) == [Resting("shelf", since, since + timedelta(seconds=15), reason, 2)]
    stand.pass_time(minutes=2)
    _beat(stand)
    assert _resting(stand) == []
    assert stand.kinds("connector:shelf") == ["connector.resting", "connector.back"]


@pytest.mark.parametrize(("level", "earlier"), [("error", True), ("warning", False), ("info", False)])
def test_it_is_down_since_it_was_first_found_to_be(stand: Stand, level: str, earlier: bool) -> None:
    """A look found it down before anybody asked for it: an ask that meets that moves nothing forward. Where the last
    look found it to work, it is down since it was asked for."""
    looked = stand.clock()
    with stand.house.database.write() as session:
        row = ConnectorHealth(connector="shelf", level=level, findings=[], checked_at=looked, changed_at=looked)
        session.add(row)
    stand.clock.forward(minutes=6)
    _open(stand)
    _beat(stand)
    assert [one.since for one in _resting(stand)] == [looked if earlier else stand.clock()]


def test_a_request_that_stands_elsewhere_does_not_wait_for_it(stand: Stand) -> None:
    """Only the first step that is not there yet is what a request waits for."""
    stand.shelf.faults = ["", "transient"]
    stand.ask("ada", "set")
    _open(stand)
    _beat(stand)
    assert [one.waiting for one in _resting(stand)] == [1]


def test_any_living_process_is_heard_and_no_dead_one(stand: Stand, second: Stand) -> None:
    """The circuit is open in a worker; the process that shows the desk reads it, until that worker is gone."""
    _open(stand)
    _beat(stand)
    assert [one.connector for one in _resting(second)] == ["shelf"]
    second.clock.forward(minutes=5)
    assert _resting(second) == []


def test_monitoring_sees_an_open_circuit(stand: Stand) -> None:
    """A gauge per connector, 1 while it is left in peace."""
    _beat(stand)
    assert (_gauge(stand, "shelf"), _gauge(stand, "human")) == (0, 0)
    _open(stand)
    _beat(stand)
    assert (_gauge(stand, "shelf"), _gauge(stand, "human")) == (1, 0)


@pytest.mark.parametrize("bring", [lambda stand: setattr(stand.shelf, "offline", True), _open])
def test_who_waits_reads_why_in_a_sentence_once(stand: Stand, bring: object) -> None:
    """The customer reads that it does not answer and that they need not do anything; no reasons of staff."""
    assert callable(bring)
    bring(stand)
    made = stand.ask("ada", "lamp")
    stand.work()
    told = [line for line in _told(stand, made.name) if "does not answer" in line[0]]
    assert told == [
        (
            "The system behind it does not answer at the moment",
            "We try again by ourselves, and a person takes over if it takes too long. You need not do anything.",
        )
    ]


def test_staff_read_in_plain_words_that_a_target_is_left_alone(stand: Stand) -> None:
    """No word of circuits, in neither language: that it did not answer, and what it said last."""
    _open(stand)
    made = stand.ask("ada", "lamp")
    stand.work()
    reason = stand.steps(made.id)[0].reason
    assert reason == (
        "We leave shelf alone for a while, as it did not answer several times: The shelf does not know us any more."
    )
    assert (
        Reader("de").tell(reason).startswith("Wir lassen shelf eine Weile in Ruhe; es hat mehrmals nicht geantwortet")
    )


def test_what_waits_tells_of_a_failing_target_after_a_restart(stand: Stand) -> None:
    """The new process knows of no open circuit; why, since when, the next try and who waits are in the store."""
    since = stand.clock()
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    stand.work()
    stand.clock.forward(seconds=1)
    (told,) = _resting(stand)
    (run,) = [one for one in stand.runs(made.id) if one.state == "waiting"]
    assert run.due_at is not None
    assert told == Resting("shelf", since, run.due_at, "The shelf does not answer.", 1, open=False)
    assert _gauge(stand, "shelf") == 0
    stand.shelf.offline = False
    stand.pass_time(minutes=10)
    assert _resting(stand) == []


def test_what_is_to_be_taken_back_tells_of_it_too(stand: Stand) -> None:
    """Nobody's request waits, but the target fails all the same."""
    made = stand.ask("ada", "lamp")
    stand.shelf.offline = True
    stand.clock.forward(minutes=1)
    stand.write(acts.give_back, stand.house, made.name, stand.people["ada"], stand.clock())
    stand.work()
    assert [(one.connector, one.waiting, one.open) for one in _resting(stand)] == [("shelf", 0, False)]


@pytest.mark.parametrize("way", ["a look", "somebody else's"])
def test_a_target_that_was_seen_to_work_since_is_not_said_to_fail(stand: Stand, way: str) -> None:
    """One failed try is no failing target once another went well; what a look finds wrong is no sign of life."""
    stand.shelf.faults = ["transient"]
    stand.ask("ada", "lamp")
    assert [one.connector for one in _resting(stand)] == ["shelf"]
    stand.clock.forward(seconds=1)
    if way == "a look":
        for level, failing in (("error", ["shelf"]), ("info", [])):
            now = stand.clock()
            with stand.house.database.write() as session:
                session.merge(
                    ConnectorHealth(connector="shelf", level=level, failures=0, checked_at=now, changed_at=now)
                )
            assert [one.connector for one in _resting(stand)] == failing
    else:
        stand.ask("ben", "lamp")
    assert _resting(stand) == []


def test_what_its_target_is_at_tells_of_no_failure(stand: Stand) -> None:
    """A device that fetches something in its own time has not failed."""
    made = stand.ask("ada", "chair")
    stand.work()
    assert [one.state for one in stand.steps(made.id)] == [StepState.ACCEPTED]
    assert _resting(stand) == []
