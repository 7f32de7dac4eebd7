"""What a connector answers: typed outcomes, observations, plans, findings, choices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

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
