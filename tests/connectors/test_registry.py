"""The registry: from sections of the configuration to connectors, with a sentence for everything that does not fit."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr
from tests.connectors.clock import Clock

from selfserve.connectors import kinds as kinds_module
from selfserve.connectors.breaker import Circuit, Limits
from selfserve.connectors.contract import (
    Action,
    Connector,
    Context,
    Done,
    Failed,
    FailureKind,
    Finding,
    Observation,
    Outcome,
    Plan,
    Ports,
    Presence,
    State,
)
from selfserve.connectors.declared import DeclaredActions
from selfserve.connectors.registry import BadSection, Registry, UnknownAction, UnknownConnector, UnknownKind


class Inner(BaseModel):
    token: SecretStr | None = None


class LampSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    room: str
    password: SecretStr
    book: Path | None = None
    inner: Inner = Inner()
    many: dict[str, Inner] = {}
    listed: list[Inner] = []


class LampArgs(BaseModel):
    level: int = 1


class Lamp(Connector):
    """A connector of a foreign package."""

    kind = "lamp"
    Settings = LampSettings
    actions = {"switch_on": Action("switch_on", LampArgs, "Switch on")}  # noqa: RUF012
    closed: list[str] = []  # noqa: RUF012

    def check(self) -> list[Finding]:
        return []

    def plan(self, action: str, args: BaseModel) -> Plan:
        return Plan("", "")

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        return Done()

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        return Observation(Presence.PRESENT)

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        return Done()

    def close(self) -> None:
        self.closed.append(self.name)


def build(clock: Clock, sections: dict[str, dict[str, Any]], **more: Any) -> Registry:
    return Registry.build(sections, Ports(now=clock), extra=[Lamp], ticks=clock.ticks, **more)


GOOD = {"kind": "lamp", "room": "hall", "password": "env:LAMP"}


def test_connectors_are_found_by_the_names_of_their_sections(clock: Clock) -> None:
    """The name is the house's, the kind the package's; without a kind the name is the kind."""
    registry = build(clock, {"hall": GOOD, "lamp": {**GOOD, "kind": "lamp"}, "human": {}})
    assert registry.connectors == ["hall", "human", "lamp"]
    assert registry.names() == ["hall.switch_on", "human.checklist", "lamp.switch_on"]
    connector, action = registry.action("hall.switch_on")
    assert connector is registry.get("hall")
    assert (connector.name, action.args) == ("hall", LampArgs)
    assert registry.lookup("hall.nothing") is None


def test_unknown_names_come_with_the_nearest_ones(clock: Clock) -> None:
    """One sentence each, for whoever wrote the item."""
    registry = build(clock, {"hall": GOOD})
    with pytest.raises(UnknownConnector, match=r"There is no connector 'hal': did you mean hall\?"):
        registry.action("hal.switch_on")
    with pytest.raises(UnknownAction, match=r"has no action 'switchon': did you mean switch_on\?"):
        registry.action("hall.switchon")
    with pytest.raises(UnknownConnector, match="there is hall"):
        registry.closed("kitchen")
    with pytest.raises(UnknownKind, match=r"no kind of connector 'lampe': did you mean lamp"):
        build(clock, {"x": {**GOOD, "kind": "lampe"}})


def test_a_section_that_does_not_fit_names_section_key_and_trouble(clock: Clock) -> None:
    """One sentence for each key; a value that may be a secret is never repeated."""
    with pytest.raises(BadSection) as raised:
        build(clock, {"hall": {"kind": "lamp", "password": "hush", "colour": "red"}})
    text = str(raised.value)
    assert text == (
        "the settings: connectors.hall.room is missing.\n"
        "the settings: connectors.hall.colour is not a setting; known here: book, inner, listed, many, password, room."
    )
    with pytest.raises(BadSection) as raised:
        build(clock, {"hall": {**GOOD, "password": {"hush": 1}}})
    assert "hush" not in str(raised.value)


def test_secrets_are_resolved_where_the_model_wants_a_secret_and_nowhere_else(clock: Clock) -> None:
    """A reference in another field stays text, so that no field can pull a secret into the open."""
    asked: list[str] = []

    def resolve(reference: str) -> str:
        asked.append(reference)
        return f"the secret of {reference}"

    section = {
        **GOOD, "room": "env:ROOM", "inner": {"token": "env:A"},
        "many": {"one": {"token": "env:B"}}, "listed": [{"token": "env:C"}],
    }  # fmt: skip
    settings = build(clock, {"hall": section}, resolve=resolve).get("hall").settings
    assert sorted(asked) == ["env:A", "env:B", "env:C", "env:LAMP"]
    assert settings.room == "env:ROOM"
    assert settings.password.get_secret_value() == "the secret of env:LAMP"
    assert settings.many["one"].token.get_secret_value() == "the secret of env:B"
    assert "secret of" not in repr(settings)


def test_a_relative_path_starts_at_the_folder_of_the_configuration(clock: Clock, tmp_path: Path) -> None:
    """As every other path of that file: a service is started from anywhere. Other texts and full paths stay."""
    section = {**GOOD, "book": "books/lamps.txt", "room": "books"}
    settings = build(clock, {"hall": section}, folder=tmp_path).get("hall").settings
    assert settings.book == tmp_path / "books" / "lamps.txt"
    assert settings.room == "books"
    full = build(clock, {"hall": {**GOOD, "book": "/srv/lamps.txt"}}, folder=tmp_path).get("hall").settings
    assert full.book == Path("/srv/lamps.txt")


def test_a_secret_that_cannot_be_had_names_its_key(clock: Clock) -> None:
    """The sentence of whoever keeps the secrets, behind the place it was wanted at."""

    def resolve(reference: str) -> str:
        raise LookupError(f"{reference} is not set.")

    with pytest.raises(BadSection, match=r"connectors\.hall\.password: env:LAMP is not set\."):
        build(clock, {"hall": GOOD}, resolve=resolve)


def test_what_was_built_is_closed_when_a_later_section_fails(clock: Clock) -> None:
    """No connection is left behind by a start that did not succeed."""
    Lamp.closed.clear()
    with pytest.raises(BadSection):
        build(clock, {"first": GOOD, "second": {"kind": "lamp"}})
    assert Lamp.closed == ["first"]


def test_actions_are_known_without_any_configuration() -> None:
    """`catalog check` on a bare checkout: kinds for the configured names, no secret, no network."""
    assert {"ldap", "seats", "munki", "human", "lamp"} <= set(Registry.kinds([Lamp]))
    declared = DeclaredActions.of({"directory": "ldap", "hall": "lamp"}, [Lamp])
    assert declared.lookup("directory.add_member") is not None
    assert "directory.unlock" in declared.names()
    assert declared.connectors == ["directory", "hall"]
    with pytest.raises(UnknownAction, match="did you mean add_member"):
        declared.find("directory.add_members")


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([("broken", "tests.no_such_module:X")], "cannot be loaded"),
        ([("broken", "tests.connectors.clock:Clock")], "does not derive from"),
        ([("broken", "tests.connectors.test_registry:Lamp")], "calls its kind 'lamp'"),
        ([("broken", "a:X"), ("broken", "b:Y")], "offered more than once, by a:X and b:Y"),
        ([("human", "b:Y")], "offered more than once"),
    ],
)
def test_a_broken_foreign_package_is_told_and_spoils_nothing_else(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, points: list[tuple[str, str]], words: str
) -> None:
    """Only who names it hears of it; all other kinds are offered all the same."""
    found = tuple(EntryPoint(name, value, kinds_module.GROUP) for name, value in points)
    monkeypatch.setattr(kinds_module, "installed", lambda: found)
    with pytest.raises(UnknownKind, match=words):
        build(clock, {"x": {"kind": points[0][0]}})
    assert points[0][0] not in Registry.kinds()
    assert "ldap" in Registry.kinds()


def test_a_connectors_circuit_opens_for_its_targets_faults_only(clock: Clock) -> None:
    """An unknown person is one request's trouble; an outage is everybody's, but not the other connector's."""
    registry = build(clock, {"hall": GOOD, "cellar": GOOD}, limits=Limits(failures=3))
    for _ in range(9):
        registry.note("hall", Failed(FailureKind.NOT_FOUND, "nobody"))
    assert registry.closed("hall")
    for _ in range(3):
        registry.note("hall", Failed(FailureKind.TRANSIENT, "away"))
    assert not registry.closed("hall")
    assert registry.closed("cellar")
    assert registry.resting() == ["hall"]
    clock.forward(timedelta(seconds=15))
    assert registry.closed("hall")
    registry.note("hall", Done())
    assert registry.health()["hall"].circuit is Circuit.CLOSED


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.CONFIG])
def test_what_is_wrong_with_the_whole_connector_opens_its_circuit_at_once(clock: Clock, kind: FailureKind) -> None:
    """Nobody else would succeed either: they wait, and the reason stands where staff look."""
    registry = build(clock, {"hall": GOOD, "cellar": GOOD})
    registry.note("hall", Failed(kind, "The account expired."))
    assert registry.resting() == ["hall"]
    assert (registry.health()["hall"].reason, registry.health()["hall"].since) == ("The account expired.", clock())
    clock.forward(timedelta(minutes=1))
    assert registry.closed("hall")
    registry.note("hall", Done())
    assert (registry.health()["hall"].reason, registry.health()["hall"].since) == ("", None)


@pytest.mark.parametrize(
    "kind", [one for one in FailureKind if not Failed(one, "").again and not Failed(one, "").of_connector]
)
def test_what_is_wrong_with_one_request_never_opens_the_circuit(clock: Clock, kind: FailureKind) -> None:
    """However often it is met, and also right after an outage began."""
    registry = build(clock, {"hall": GOOD}, limits=Limits(failures=2))
    for _ in range(9):
        registry.note("hall", Failed(FailureKind.TRANSIENT, "away"))
        registry.note("hall", Failed(kind, "this one"))
    assert registry.resting() == []


def test_a_rate_limit_keeps_everybody_away_for_as_long_as_it_says(clock: Clock) -> None:
    """Hard case 12: no call before the time the target named."""
    registry = build(clock, {"hall": GOOD})
    registry.note("hall", Failed(FailureKind.RATE_LIMITED, "slow down", timedelta(seconds=41)))
    clock.forward(timedelta(seconds=40))
    assert not registry.closed("hall")
    clock.forward(timedelta(seconds=1))
    assert registry.closed("hall")


def test_closing_the_registry_closes_every_connector(clock: Clock) -> None:
    """Once, at shutdown."""
    Lamp.closed.clear()
    build(clock, {"one": GOOD, "two": GOOD}).close()
    assert sorted(Lamp.closed) == ["one", "two"]


POOLS: dict[str, Any] = {
    "kind": "seats",
    "pools": {"zoom": {"label": "Zoom", "total": 1}, "ide": {"label": "IDE", "keys": "env:KEYS"}},
}


def test_what_gives_a_secret_is_known_by_the_configuration_without_its_secrets(clock: Clock) -> None:
    """`catalog check` on an admin's machine knows a key pool from a count pool; a bare checkout does not guess."""
    checked = DeclaredActions.of({"seats": "seats"}, sections={"seats": POOLS})
    serving = build(clock, {"seats": POOLS}, resolve=lambda _: "KEY-1")
    bare = DeclaredActions.installed()
    for pool, secret in (("zoom", False), ("ide", True)):
        assert checked.gives_secret("seats.assign", {"pool": pool}) is secret
        assert serving.gives_secret("seats.assign", {"pool": pool}) is secret
        assert bare.gives_secret("seats.assign", {"pool": pool}) is None
    assert bare.gives_secret("seats.moon", {}) is None
    assert bare.gives_secret("ldap.reset_password", {}) is True
