"""A target in memory: things on a shelf, with every way a real one can let us down."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from selfserve.connectors.contract import (
    Accepted,
    Action,
    AlreadyDone,
    Blocked,
    Connector,
    Context,
    Declined,
    Done,
    Failed,
    FailureKind,
    Finding,
    NeedsHuman,
    Observation,
    Outcome,
    Plan,
    Presence,
    State,
)


class Killed(BaseException):
    """The process dies here: nothing that handles exceptions sees it."""


class ThingArgs(BaseModel):
    """What to put on the shelf for whom."""

    model_config = ConfigDict(extra="forbid")
    thing: str
    customer: str


class ShelfSettings(BaseModel):
    """It needs none."""


_ANSWERS: Mapping[str, Outcome] = {
    "transient": Failed(FailureKind.TRANSIENT, "The shelf is busy."),
    "declined": Declined("Full.", "The shelf is full."),
    "permanent": Failed(FailureKind.PERMANENT, "The shelf has no such board."),
    "lost": Failed(FailureKind.UNKNOWN, "Sent, but no answer came."),
    "lies": Done({"n": 1}),
}


_AWAY = Failed(FailureKind.TRANSIENT, "The shelf does not answer.")
_FAILED_LOOKS: Mapping[str, Failed] = {
    "blind": Failed(FailureKind.TRANSIENT, "The shelf is in the dark."),
    "permanent": Failed(FailureKind.PERMANENT, "The label of this board is torn."),
    "forbidden": Failed(FailureKind.FORBIDDEN, "This board is behind glass."),
    "auth": Failed(FailureKind.AUTH, "The shelf does not know us any more."),
}


class Shelf(Connector):
    """Keeps what was put on it; `faults` are taken one per call of `apply` or `undo`."""

    kind = "shelf"
    Settings = ShelfSettings
    actions: ClassVar[Mapping[str, Action[Any]]] = {
        "put": Action("put", ThingArgs, "Put it on the shelf", quick=True, idempotent=True),
        "order": Action("order", ThingArgs, "Order it", quick=False),
        "ring": Action("ring", ThingArgs, "Ring a bell", quick=True, lasting=False, undoable=False, idempotent=True),
        "word": Action(
            "word", ThingArgs, "Make a password", quick=True, lasting=False, undoable=False, secret_result=True
        ),
        "wipe": Action("wipe", ThingArgs, "Wipe it", quick=True, destructive=True, lasting=False, undoable=False),
    }

    def __init__(self, name: str, settings: Any, ports: Any) -> None:
        super().__init__(name, settings, ports)
        self.things: set[tuple[str, str]] = set()
        self.orders: set[tuple[str, str]] = set()
        self.calls: Counter[str] = Counter()
        self.effects: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []
        self.looks: list[str] = []
        """Faults of `observe`, taken one per look: `raise`, `blind`, `permanent`, `forbidden`, `auth`, or empty."""
        self.held: set[str] = set()
        """Customers whose account is held: nothing is put there for them, a person has to look."""
        self.torn: set[str] = set()
        """Customers whose board can never be read."""
        self.missing: set[str] = set()
        """Things there is no board for: the plan says that asking is useless."""
        self.offline = False
        self.nameless = False
        """True: it takes orders and can be read, but cannot say what they change."""
        self.blind = False
        """True: it takes orders, but cannot be read."""
        self.before_apply: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def check(self) -> list[Finding]:
        return []

    def resource(self, action: str, args: BaseModel) -> str:
        assert isinstance(args, ThingArgs)
        return "" if self.offline or self.nameless else f"thing:{args.thing}:{args.customer}"

    def plan(self, action: str, args: BaseModel) -> Plan:
        assert isinstance(args, ThingArgs)
        blocked = Blocked("10.0.0.7:636 cannot be reached ([Errno 111]).", away=True) if self.offline else None
        if args.thing in self.missing:
            blocked = Blocked(f"There is no board for a {args.thing}.", for_good=True)
        return Plan(f"You get {args.thing}.", f"put {args.thing}", blocked)

    def _fault(self) -> str:
        return self.faults.pop(0) if self.faults else ""

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        assert isinstance(args, ThingArgs)
        if self.before_apply is not None:
            self.before_apply()
        with self._lock:
            self.calls[action] += 1
            if args.customer in self.held:
                return NeedsHuman("The account is held; nothing was put there.")
            return self._apply(action, (args.thing, args.customer))

    def _apply(self, action: str, place: tuple[str, str]) -> Outcome:
        if self.offline:
            return Failed(FailureKind.TRANSIENT, "The shelf does not answer.")
        fault = self._fault()
        if fault in _ANSWERS:
            return _ANSWERS[fault]
        match fault:
            case "raise":
                raise RuntimeError("a bug in the connector")
            case "answer_lost":
                self._put(place)
                return _ANSWERS["lost"]
            case "killed_before":
                raise Killed
            case "killed_after":
                self._do(action, place)
                raise Killed
            case _:
                return self._do(action, place)

    def _do(self, action: str, place: tuple[str, str]) -> Outcome:
        if action == "order":
            self.orders.add(place)
            return Accepted({"order": 1}, timedelta(minutes=5), timedelta(hours=1), "It is ordered.")
        if action == "word":
            return Done({}, "Your new password is ready.", secret="s3cret-word")
        if action in ("ring", "wipe"):
            self.effects[place] += 1
            return Done({}, "It rang.")
        if place in self.things:
            return AlreadyDone({"n": 1})
        self._put(place)
        return Done({"n": 1}, f"{place[0]} is on your shelf.")

    def _put(self, place: tuple[str, str]) -> None:
        self.things.add(place)
        self.effects[place] += 1

    def deliver(self) -> None:
        """What was ordered arrives."""
        for place in self.orders:
            self._put(place)
        self.orders.clear()

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        assert isinstance(args, ThingArgs)
        self.calls["observe"] += 1
        fault = self.looks.pop(0) if self.looks else ""
        if fault == "raise":
            raise RuntimeError("a bug in the connector's eyes")
        if self.offline or fault in _FAILED_LOOKS:
            return Observation.failed(_FAILED_LOOKS.get(fault, _AWAY))
        if self.blind:
            return Observation.failed(_FAILED_LOOKS["blind"])
        if action in ("ring", "word", "wipe"):
            return Observation(Presence.INVISIBLE)
        if args.customer in self.torn:
            return Observation.failed(_FAILED_LOOKS["permanent"])
        place = (args.thing, args.customer)
        if place in self.orders:
            return Observation(Presence.PENDING)
        return Observation(Presence.PRESENT if place in self.things else Presence.ABSENT, {"shelf": self.name})

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        assert isinstance(args, ThingArgs)
        self.calls["undo"] += 1
        if self.offline:
            return Failed(FailureKind.TRANSIENT, "The shelf does not answer.")
        match self._fault():
            case "transient":
                return Failed(FailureKind.TRANSIENT, "The shelf is busy.")
            case "permanent":
                return Failed(FailureKind.PERMANENT, "It is glued on.")
            case "lies":
                return Done({})
            case "raise":
                raise RuntimeError("a bug in the connector")
            case "killed_after":
                self.things.discard((args.thing, args.customer))
                raise Killed
            case _:
                place = (args.thing, args.customer)
                gone = place not in self.things
                self.things.discard(place)
                return AlreadyDone({}) if gone else Done({})
