"""What every connector promises: actions, typed outcomes, observations.

A connector is the adapter to one target system. It knows nothing of requests, tables or pages. It never raises for what
the target does: it answers with an `Outcome`; only a programming error may leave as an exception.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

State = dict[str, Any]
"""Small JSON that `apply` returns, stored with the step and handed back to `observe` and `undo`."""


class FailureKind(StrEnum):
    """Why an action or a look failed; decides between trying again, looking first, and calling a human.

    What is wrong with the target or the whole connector is told apart from what is wrong with one request (a name, a
    file, a right on one entry): the first opens the connector's circuit, the second must never keep others out.
    """

    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    FORBIDDEN = "forbidden"
    """The target knows the connector, but refuses it this one thing (HTTP 403, LDAP result 50)."""
    AUTH = "auth"
    """The target does not accept the connector itself, whatever it asks (HTTP 401, LDAP result 49)."""
    CONFIG = "config"
    """The connector's own section, or its trust in the target, is wrong, whatever it asks."""
    PERMANENT = "permanent"
    UNKNOWN = "unknown"
    """Sent, but no answer came: the caller observes before anything else and never blindly sends again."""


@dataclass(frozen=True, slots=True)
class Done:
    """The action had its effect now. `tell` is one sentence for the customer. `secret` is sealed by the caller, never
    stored in clear."""

    state: State = field(default_factory=dict)
    tell: str = ""
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """The target already was as wanted; nothing was written."""

    state: State = field(default_factory=dict)
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The target took the order and is at it: look again after `poll_after`, give up (to a human) after `expires`."""

    handle: State
    poll_after: timedelta
    expires: timedelta
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """The target, by its own rule, will not do it; trying again is useless. `reason` is for staff, `tell` for the
    customer."""

    reason: str
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """One line of a checklist for a human; `field` names an answer to fill in (its value is recorded), None for a
    tick. `required`: it cannot be left empty."""

    text: str
    field: str | None = None
    secret: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class NeedsHuman:
    """Only a human can go on. `todo` is the checklist shown at the desk."""

    reason: str
    todo: tuple[Todo, ...] = ()
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The action did not (or may not) have happened. `reason` is for staff and holds no secret."""

    kind: FailureKind
    reason: str
    retry_after: timedelta | None = None

    @property
    def again(self) -> bool:
        """True where a later attempt can succeed without a human."""
        return self.kind in (FailureKind.TRANSIENT, FailureKind.RATE_LIMITED, FailureKind.UNKNOWN)

    @property
    def of_connector(self) -> bool:
        """True where nobody's next call can succeed before somebody mends the connector's account or section."""
        return self.kind in (FailureKind.AUTH, FailureKind.CONFIG)


class ChoicesAway(Exception):  # noqa: N818 (a fact told in a sentence)
    """What is on offer cannot be looked up; `failure` says why, as that of an action would."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.reason)
        self.failure = failure


Outcome = Done | AlreadyDone | Accepted | Declined | NeedsHuman | Failed


class Presence(StrEnum):
    """What was read in the target about the effect of one action."""

    PRESENT = "present"
    ABSENT = "absent"
    PENDING = "pending"
    INVISIBLE = "invisible"
    """The target was not asked, or cannot show it by its nature: a password, a bell that rang, a colleague's work."""
    UNKNOWABLE = "unknowable"
    """It could not be read; the observation's `failure` says why."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the target showed. `evidence` is small JSON for staff (never a secret); `tell` one sentence, may be empty.

    `secret` is one that became known only now (the licence key of a seat that came free while waiting); the caller
    seals it as it seals `Done.secret`. `failure` is there exactly where it could not be read (`Observation.failed`):
    a kind that passes by itself is looked at again, any other goes to a human with its reason.
    """

    presence: Presence
    evidence: State = field(default_factory=dict)
    tell: str = ""
    secret: str | None = field(default=None, repr=False)
    failure: Failed | None = None

    def __post_init__(self) -> None:
        if (self.presence is Presence.UNKNOWABLE) is not (self.failure is not None):
            raise ValueError("an observation is UNKNOWABLE where it has a failure, and only there")

    @classmethod
    def failed(cls, failure: Failed) -> Observation:
        """The target could not be read, because of `failure`."""
        return cls(Presence.UNKNOWABLE, {"error": failure.reason}, failure=failure)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why an action cannot work, in one sentence.

    `for_good`: waiting changes nothing, and a human could not do it either as it was asked (no such pool, no such
    device), so the ask is refused instead of stored. `away`: the target cannot be used at the moment, and the reason is
    an error that only staff read; customers read that it does not answer.
    """

    reason: str
    for_good: bool = False
    away: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, without doing it; `blocked` where it cannot work (None: it can). `waits`: it works, but only
    once something comes free, and nobody knows when."""

    customer: str
    staff: str
    blocked: Blocked | None = None
    waits: bool = False


class Level(StrEnum):
    """Weight of a finding of `check`."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of `Connector.check`: `name` is stable (`tls`, `bind`, `write-right`), `text` one sentence."""

    level: Level
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """One live choice for a form: what is stored, and what is shown."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """One page of choices; `cursor` is handed back for the next page, None on the last."""

    options: tuple[Option, ...]
    cursor: str | None = None


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


class SeatStoreError(Exception):
    """The store of seats cannot answer now (its database is away); nothing was changed, or it is not known to be."""


class SeatHolderError(Exception):
    """The words mean several people, and none is guessed; nothing was changed. It says so to customer and staff."""


class SeatStore(ABC):
    """The memory a seat connector is given: durable, shared by all workers, each method one transaction of its own.
    A `holder` is the `key` of a `SeatHolder`."""

    @abstractmethod
    def holder(self, pool: str, customer: str) -> SeatHolder:
        """Whom an id, a login or a mail address means today, or meant last. Words that mean nobody we know stand for
        themselves, in any letter case; whoever they mean later holds by them what was taken under them, and nothing
        else beside it. Raises SeatHolderError where they mean several people.

        What was given is looked at and given back by the `key` it was given to: the same words may lead to another one
        later."""

    @abstractmethod
    def shown(self, holder: str) -> str:
        """What staff know a holder by today."""

    @abstractmethod
    def declare(self, pool: str, total: int | None, keys: Iterable[str] = ()) -> int:
        """Make the pool, or bring it to `total` seats; None where the licence `keys`, sealed at rest, are its seats.

        What the pool does not give any more is withdrawn, what somebody has only when they give it back; who waits gets
        what is new. Returns how many held keys cannot be read: while there are any, no key is added, for one of them
        may be the same.
        """

    @abstractmethod
    def take(self, pool: str, holder: str, key: str, now: datetime) -> SeatTaken | SeatQueued:
        """Give `holder` a seat, or a place in the waiting line; the same answer for a holder who already has one.

        `fresh` is True where the holder has the seat because of this very `key`, so that a call repeated after a crash
        gets the answer of the first.
        """

    @abstractmethod
    def give_back(self, pool: str, holder: str, now: datetime) -> bool:
        """Free the holder's seat or place in line; the first in line gets the seat at once. False if they had
        neither."""

    @abstractmethod
    def look(self, pool: str, holder: str) -> SeatTaken | SeatQueued | None:
        """What the holder has in the pool."""

    @abstractmethod
    def figures(self, pool: str) -> SeatFigures | None:
        """Sizes of the pool; None for a pool never declared."""

    @abstractmethod
    def full(self) -> frozenset[str]:
        """The pools in which whoever asks now would have to wait."""


@dataclass(frozen=True, slots=True)
class SeatHolder:
    """Who has a seat: `key` is what never changes about them, `shown` what staff know them by today."""

    key: str
    shown: str


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """A seat held; `licence` is the unsealed key of a key pool (None in a count pool); `fresh` False where it was held
    before."""

    seat: str
    licence: str | None = field(default=None, repr=False)
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class SeatQueued:
    """In the waiting line; `place` counts from 1."""

    place: int


@dataclass(frozen=True, slots=True)
class SeatFigures:
    """`total` seats, `taken` of them, `waiting` people in line; `leaving` of those taken are given to nobody again."""

    total: int
    taken: int
    waiting: int
    leaving: int = 0


@dataclass(frozen=True, slots=True)
class Ports:
    """What the house lends a connector, so that it needs no table: filled in `app.py`."""

    seats: SeatStore | None = None
    now: Callable[[], datetime] | None = None
