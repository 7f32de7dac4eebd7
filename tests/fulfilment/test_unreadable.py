"""What cannot be looked at: whose trouble it is decides whether one request, or everybody, has to wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.munki.repo import MANIFEST, SERIAL, make_repo
from tests.stand.clock import Clock
from tests.stand.house import Stand

from selfserve.connectors.breaker import Circuit
from selfserve.connectors.contract import Failed, FailureKind, Observation, Ports, Presence
from selfserve.connectors.registry import Registry
from selfserve.fulfilment.attempt import Attempt
from selfserve.fulfilment.steps import StepWork
from selfserve.requests import desk
from selfserve.store.states import RequestState, StepState

MANY = 7
"""More than open a circuit."""


def test_one_request_that_can_never_be_read_keeps_nobody_out(stand: Stand) -> None:
    """Tried by its customer and by staff more often than a circuit bears: it stays closed, all others are served."""
    stand.shelf.torn.add("ada")
    made = stand.ask("ada", "lamp")
    for _ in range(MANY):
        desk.retry(stand.house, stand.case().id, stand.people["tess"])
        stand.work()
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.house.connectors.health()["shelf"].circuit is Circuit.CLOSED
    assert stand.ask("ben", "lamp").state is RequestState.FULFILLED


@pytest.mark.parametrize("kind", ["permanent", "forbidden"])
def test_what_will_not_pass_is_a_humans_at_once_with_its_true_reason(stand: Stand, kind: str) -> None:
    """No hour of trying: step and desk say why, nothing was sent."""
    stand.shelf.looks = [kind, kind]
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.HANDED_OVER
    step = stand.steps(made.id)[0]
    assert (step.state, step.failure, step.calls) == (StepState.FAILED, kind, 0)
    assert stand.case().reason == step.reason
    assert step.reason in ("The label of this board is torn.", "This board is behind glass.")
    assert stand.shelf.calls["put"] == 0


def test_an_account_the_target_refuses_opens_the_circuit_at_once(stand: Stand) -> None:
    """The first to meet it goes to a human with the reason; the next waits, and goes on once it is mended."""
    stand.shelf.looks = ["auth", "auth"]
    first = stand.ask("ada", "lamp")
    assert first.state is RequestState.HANDED_OVER
    assert stand.case().reason == "The shelf does not know us any more."
    health = stand.house.connectors.health()["shelf"]
    assert (health.circuit, health.reason) == (Circuit.OPEN, "The shelf does not know us any more.")
    second = stand.ask("ben", "lamp")
    assert second.state is RequestState.FULFILLING
    stand.work()
    assert stand.shelf.calls["put"] == 0
    assert "does not know us" in stand.steps(second.id)[0].reason
    stand.pass_time(minutes=2)
    assert stand.request(second.id).state == RequestState.FULFILLED
    assert [case.request_id for case in stand.open_cases()] == [first.id]


def test_an_outage_is_waited_for_in_its_own_words(stand: Stand) -> None:
    """What passes by itself is no case; staff read the target's own reason meanwhile."""
    stand.shelf.blind = True
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.FULFILLING
    step = stand.steps(made.id)[0]
    assert (step.state, step.failure, step.reason) == (StepState.PLANNED, "transient", "The shelf is in the dark.")
    stand.shelf.blind = False
    stand.pass_time(minutes=2)
    assert stand.request(made.id).state == RequestState.FULFILLED
    assert not stand.cases()


def test_a_connector_that_breaks_on_one_request_opens_no_circuit(stand: Stand) -> None:
    """A bug of ours met by one request says nothing of the target."""
    stand.shelf.looks = ["raise"] * 40
    made = stand.ask("ada", "lamp")
    stand.pass_time(minutes=10)
    assert stand.request(made.id).state == RequestState.FULFILLING
    assert "RuntimeError" in stand.steps(made.id)[0].reason
    assert stand.house.connectors.resting() == []


def test_what_was_sent_and_can_never_be_read_again_is_a_humans(stand: Stand) -> None:
    """An answer was lost, then the board could not be read for good: no hour is waited, nothing is sent twice."""
    stand.shelf.faults = ["answer_lost"]
    made = stand.ask("ada", "lamp")
    stand.shelf.torn.add("ada")
    stand.pass_time(minutes=1)
    assert stand.request(made.id).state == RequestState.HANDED_OVER
    assert stand.case().reason == "The label of this board is torn."
    assert stand.shelf.calls["put"] == 1


def test_a_lasting_action_that_nothing_ever_shows_is_not_given_blindly(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a connector is wrong: told to a human at once, and not waited for."""
    monkeypatch.setattr(stand.shelf, "observe", lambda *_: Observation(Presence.INVISIBLE))
    made = stand.ask("ada", "lamp")
    assert made.state is RequestState.HANDED_OVER
    assert "never shows" in stand.case().reason
    assert stand.shelf.calls["put"] == 0


def test_a_corrupt_manifest_is_one_requests_trouble(tmp_path: Path) -> None:
    """One Mac's manifest is broken: that request goes to a human with the sentence, the other Macs are served."""
    clock, repo = Clock(), make_repo(tmp_path / "repo")
    (repo / "manifests" / "BROKEN123").write_bytes(b"garbage")
    (repo / "manifests" / "C02OTHER").write_text(MANIFEST)
    registry = Registry.build({"munki": {"kind": "munki", "repo": str(repo)}}, Ports(now=clock))
    attempt = Attempt(registry, clock, clock() + timedelta(minutes=1), None)
    for _ in range(MANY):
        result = attempt.bring(_install("BROKEN123"), _nothing)
        assert (result.state, result.failure, result.look_again) == (StepState.FAILED, FailureKind.PERMANENT, None)
        assert "BROKEN123 is no readable property list" in result.reason
    for device in (SERIAL, "C02OTHER"):
        assert attempt.bring(_install(device), _nothing).state is StepState.DONE
    assert registry.resting() == []


def test_a_mac_whose_name_can_be_no_file_name_is_one_requests_trouble(tmp_path: Path) -> None:
    """It is simply not there, and cannot be made: a human at once, the circuit stays closed."""
    clock, repo = Clock(), make_repo(tmp_path / "repo")
    registry = Registry.build({"munki": {"kind": "munki", "repo": str(repo)}}, Ports(now=clock))
    attempt = Attempt(registry, clock, clock() + timedelta(minutes=1), None)
    for _ in range(MANY):
        result = attempt.bring(_install("../../etc"), _nothing)
        assert (result.state, result.failure, result.look_again) == (StepState.FAILED, FailureKind.PERMANENT, None)
        assert "cannot be the serial of a device" in result.reason
    assert registry.resting() == []


def _install(device: str) -> StepWork:
    return StepWork(
        id="s",
        key="r:s",
        name="s",
        connector="munki",
        action="install",
        args={"device": device, "item": "Slack"},
        resource="",
        state=StepState.PLANNED,
    )


def _nothing(*_: Any) -> None:
    """Nothing has to be stored."""


def test_an_observation_has_a_failure_exactly_where_nothing_could_be_read() -> None:
    """The one without the other would lose the reason, or hide what was seen."""
    with pytest.raises(ValueError, match="UNKNOWABLE"):
        Observation(Presence.UNKNOWABLE)
    with pytest.raises(ValueError, match="UNKNOWABLE"):
        Observation(Presence.PRESENT, failure=Failed(FailureKind.TRANSIENT, "Why."))
    assert Observation.failed(Failed(FailureKind.TRANSIENT, "Why.")).evidence == {"error": "Why."}
