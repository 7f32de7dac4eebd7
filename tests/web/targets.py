"""Targets in memory for the catalog of the demo: they do what is asked, unless they are closed for changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from selfserve.connectors.contract import (
    Action,
    AlreadyDone,
    Blocked,
    Connector,
    Context,
    Done,
    Failed,
    FailureKind,
    Finding,
    Observation,
    Outcome,
    Plan,
    Presence,
    Short,
    State,
)
from selfserve.languages.messages import msg

SECRET = "amber-otter-42-lantern"


class Customer(BaseModel):
    """For whom."""

    model_config = ConfigDict(extra="forbid")
    customer: str


class Member(Customer):
    """Into which group."""

    group: str


class Seat(Customer):
    """Out of which pool."""

    pool: str


class Install(BaseModel):
    """What on which Mac."""

    model_config = ConfigDict(extra="forbid")
    device: str
    item: str


class NoSettings(BaseModel):
    """It needs none."""


class Target(Connector):
    """Remembers what was done; `away` makes it refuse every change for good; it can still be read, unless it is `dark`.

    `gone`: what is asked of it can never be done. `full`: whoever asks would wait.
    """

    Settings = NoSettings

    def __init__(self, name: str, settings: Any, ports: Any) -> None:
        super().__init__(name, settings, ports)
        self.there: set[str] = set()
        self.away = False
        self.gone = False
        self.dark = False
        self.full = False
        self.planned = 0

    def check(self) -> list[Finding]:
        return []

    def short(self) -> Short:
        return lambda action, args: self.full

    def plan(self, action: str, args: BaseModel) -> Plan:
        self.planned += 1
        if self.full:
            return Plan("All are taken. You would be number 4 in line.", f"{action} {args}", waits=True)
        blocked = Blocked("10.0.0.7:636 cannot be reached ([Errno 111]).", away=True) if self.away else None
        if self.gone:
            blocked = Blocked("The directory has no such group.", for_good=True)
        return Plan(f"{self.actions[action].title}.", f"{action} {args}", blocked)

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        if self.away:
            return Failed(FailureKind.PERMANENT, "The target refused the connection (10.0.0.7, port 636).")
        place = self.resource(action, args)
        if place in self.there:
            return AlreadyDone({})
        self.there.add(place)
        secret = SECRET if self.actions[action].secret_result else None
        return Done({}, secret=secret)

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        if self.dark:
            return Observation.failed(Failed(FailureKind.PERMANENT, "The target cannot be read (10.0.0.7, port 636)."))
        there = self.resource(action, args) in self.there
        return Observation(Presence.PRESENT if there else Presence.ABSENT, {"looked_at": self.resource(action, args)})

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        self.there.discard(self.resource(action, args))
        return Done({})


class DirectoryTarget(Target):
    """A directory."""

    kind = "directory"
    actions: ClassVar[Mapping[str, Action[Any]]] = {
        "add_member": Action("add_member", Member, "You are added to the group", quick=True),
        "unlock": Action("unlock", Customer, "Your account is unlocked", quick=True, undoable=False, lasting=False),
        "reset_password": Action(
            "reset_password", Customer, "You get a temporary password", quick=True, undoable=False, lasting=False,
            secret_result=True,
        ),
    }  # fmt: skip


class SeatsTarget(Target):
    """A pool of licences."""

    kind = "pool"
    actions: ClassVar[Mapping[str, Action[Any]]] = {"assign": Action("assign", Seat, msg("You get a seat"), quick=True)}


class MacsTarget(Target):
    """A fleet of Macs."""

    kind = "macs"
    actions: ClassVar[Mapping[str, Action[Any]]] = {
        "install": Action("install", Install, "Your Mac installs it", later=True)
    }


SECTIONS = {
    "directory": {"kind": "directory"}, "legacy": {"kind": "directory"}, "seats": {"kind": "pool"},
    "munki": {"kind": "macs"}, "human": {"kind": "human"},
}  # fmt: skip
KINDS = (DirectoryTarget, SeatsTarget, MacsTarget)
