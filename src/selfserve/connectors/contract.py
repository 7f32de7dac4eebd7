"""What every connector promises: actions, typed outcomes, observations.

A connector is the adapter to one target system. It knows nothing of requests, tables or pages. It never raises for what
the target does: it answers with an `Outcome`; only a programming error may leave as an exception.

All that a connector needs is imported from here; `outcomes` holds what it answers, `seat_store` what seats are kept in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from selfserve.connectors.outcomes import (
    Accepted,
    AlreadyDone,
    Blocked,
    ChoicesAway,
    Declined,
    Done,
    Failed,
    FailureKind,
    Finding,
    Level,
    NeedsHuman,
    Observation,
    Option,
    Options,
    Outcome,
    Plan,
    Presence,
    State,
    Todo,
)
from selfserve.connectors.seat_store import (
    SeatFigures,
    SeatHolder,
    SeatHolderError,
    SeatQueued,
    SeatStore,
    SeatStoreError,
    SeatTaken,
)

__all__ = [
    "Accepted",
    "Action",
    "AlreadyDone",
    "Beside",
    "Blocked",
    "ChoicesAway",
    "Connector",
    "Context",
    "Declined",
    "Done",
    "Failed",
    "FailureKind",
    "Finding",
    "Level",
    "NeedsHuman",
    "Observation",
    "Option",
    "Options",
    "Outcome",
    "Plan",
    "Ports",
    "Presence",
    "SeatFigures",
    "SeatHolder",
    "SeatHolderError",
    "SeatQueued",
    "SeatStore",
    "SeatStoreError",
    "SeatTaken",
    "Short",
    "State",
    "Todo",
]


@dataclass(frozen=True, slots=True)
class Beside:
    """Something else that the same action gave the same customer and that has not ended: with what arguments, and what
    `apply` returned. `ours`: it is there because of us. `lives`: it is there and nothing takes it back yet."""

    args: Mapping[str, Any]
    state: State
    ours: bool
    lives: bool


def _nowhere(state: State) -> None:
    """What is remembered where no store is."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an action gets beside its arguments.

    `key` is the domain's idempotency key (`{request}:{step}`): the same in every attempt. `deadline` is a UTC instant
    after which the caller no longer waits. `now` is the clock. `beside` tells what else the action gave the customer,
    what was asked for last first: for what has room for one only. It is read when it is called, from our store.

    `remember` stores a state with the step before anything is sent, for what only the target knew and will not know any
    more after the write: should the process die with the answer, `observe` and `undo` get what was remembered last. It
    replaces what was stored, and raises where the call is no longer ours to make: nothing may be sent then.
    `remembered` is what is stored so far.
    """

    key: str
    deadline: datetime
    now: Callable[[], datetime]
    beside: Callable[[], Sequence[Beside]] = tuple
    remember: Callable[[State], None] = _nowhere
    remembered: State = field(default_factory=dict)


ArgsT = TypeVar("ArgsT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Action(Generic[ArgsT]):
    """Something a connector can do, and what the caller may rely on.

    `quick`: answers within ~1 s, so it may be tried at once in the asking request. `undoable`: `undo` takes it back.
    `idempotent`: the target itself refuses to do it twice for one key. `destructive`: data or a device may be lost.
    `secret_result`: `Done.secret` carries a secret. `lasting`: leaves something a customer then holds (a membership, a
    seat), so that before/after can be told apart by `observe`; False for a one-off (unlock, reset). `title` says to the
    customer what happens ("You get a seat"), as long as no target was asked; without a full stop.
    """

    name: str
    args: type[ArgsT]
    title: str
    quick: bool = False
    idempotent: bool = False
    destructive: bool = False
    secret_result: bool = False
    undoable: bool = True
    lasting: bool = True
    human: bool = False
    """True where the action is by design done by a human (a checklist): handing over is its normal way, not an
    incident. What it leaves is the customer's for whom it is done, whatever its arguments name."""
    later: bool = False
    """True where the target is told and a device acts on it in its own time (a Mac at its next check): what is seen is
    the order, so the customer is never told that it is ready."""


Short = Callable[[str, Mapping[str, Any]], bool]
"""Whether an action with these arguments would have to wait; None stands for an argument that an expression gives."""


class Connector(ABC):
    """Adapter to one target system. One instance is shared by all worker threads, so it must be thread-safe."""

    kind: ClassVar[str]
    """Name of the entry point in the group `selfserve.connectors`."""
    Settings: ClassVar[type[BaseModel]]
    """Its section of the configuration; secrets arrive resolved as `pydantic.SecretStr`."""
    actions: ClassVar[Mapping[str, Action[Any]]]

    def __init__(self, name: str, settings: Any, ports: Ports) -> None:
        """`name` is the connector's name in the configuration, used in items as `name.action`."""
        self.name = name
        self.settings = settings
        self.ports = ports

    @classmethod
    def gives_secret(cls, action: str, args: Mapping[str, Any], settings: Any = None) -> bool | None:
        """Whether the action with these arguments gives the customer a secret; None where that is not known here.

        `args` are as an item writes them, with None where an expression gives the value; `settings` are None where the
        configuration is not at hand. Whoever asks for somebody else is refused what may give a secret.
        """
        return cls.actions[action].secret_result

    @classmethod
    def joins_group(cls, action: str, args: Mapping[str, Any], group: str, settings: Any = None) -> bool | None:
        """Whether the action with these arguments puts the customer into the group that people are known by as `group`;
        None where that is not known here.

        `args` and `settings` are those of `gives_secret`; nothing is asked over the network. An item that hands out the
        membership of those who own or approve items is refused, however the connector calls its arguments.
        """
        return False

    @classmethod
    def forbidden(cls, action: str, args: Mapping[str, Any], settings: Any = None) -> Mapping[str, str]:
        """What the section of the configuration never lets happen: a sentence by the name of the argument it is about.

        `args` and `settings` are those of `gives_secret`; nothing is asked over the network. Only what `plan` would
        block for good, whoever asks: where it depends on the target or on an answer, nothing is said.
        """
        return {}

    @abstractmethod
    def check(self) -> list[Finding]:
        """Configuration and reachability as named findings; never raises; may use the network; leaves nothing
        behind."""

    def options(self, action: str, field: str, query: str, cursor: str | None = None) -> Options:
        """Live choices for one form field; an empty page where nothing fits, or the connector offers none at all.

        Raises ChoicesAway where the target cannot be asked: nobody is told that there is nothing when nobody looked.
        """
        return Options(())

    def short(self) -> Short:
        """What would have to wait for something to come free, told for a whole catalog at once.

        Asked for each look at the catalog: at most one query of our own store, never a call to the target. Nothing is
        short where that is not known.
        """
        return lambda action, args: False

    def resource(self, action: str, args: BaseModel) -> str:
        """Name of the thing in the target that the action changes, equal for equal effects
        (`member:cn=vpn,…:uid=ana,…`).

        Two requests that lead to one resource share it, of two customers as well: it is taken back when the last of
        them ends. Where it is one customer's own, their name is part of it; of a `human` action the caller adds it.
        It is made of what stays when things are moved or renamed. It is "" while the target cannot be asked: what is
        known by then is kept, and what is known to nobody is waited for. It begins with "?" where the target has no
        such thing (yet): that is compared with nothing, and asked for again.
        """
        return f"{action}:{args.model_dump_json()}"

    def displaces(self, action: str, args: BaseModel, other: BaseModel) -> bool:
        """Whether what `args` bring takes the place of what `other` brought the same customer, as an attribute has one
        value: then that is not missing while this is there. Nothing is asked over the network. Left out, it never does.
        """
        return False

    @abstractmethod
    def plan(self, action: str, args: BaseModel) -> Plan:
        """What would be done, in one sentence for the customer and one for staff; finds what cannot work. No writes.

        Asked right before `apply` as well: what `observe` has just read need not be read anew."""

    @abstractmethod
    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        """Do it: idempotent by `ctx.key`, else look before acting."""

    @abstractmethod
    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        """Read the target: is the effect of the action there? `state` is what `apply` returned, or `{}` before it.

        What cannot exist (a name nobody could have) is ABSENT. Arguments alone never make a failure that passes by
        itself, nor one of the whole connector."""

    @abstractmethod
    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        """Take it back; already gone (the target itself too) is success."""

    def close(self) -> None:  # noqa: B027 (most connectors hold nothing open)
        """Let go of connections; called once at shutdown."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the house lends a connector, so that it needs no table: filled in `app.py`."""

    seats: SeatStore | None = None
    now: Callable[[], datetime] | None = None
