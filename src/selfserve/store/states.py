"""The three linked state vocabularies of the design, and the smaller ones beside them. No second vocabulary exists."""

from __future__ import annotations

from enum import StrEnum


class RequestState(StrEnum):
    """Where a customer's request stands."""

    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    FULFILLING = "fulfilling"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    HANDED_OVER = "handed_over"
    FAILED = "failed"


OPEN_REQUEST = (
    RequestState.AWAITING_APPROVAL,
    RequestState.APPROVED,
    RequestState.FULFILLING,
    RequestState.HANDED_OVER,
)
"""States in which somebody or something is still to act."""


class StageState(StrEnum):
    """Where a stage of approval stands."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """Where one connector action of a request stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    ALREADY_DONE = "already_done"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    NEEDS_HUMAN = "needs_human"
    FAILED = "failed"
    UNDONE = "undone"


STEP_THERE = (StepState.DONE, StepState.ALREADY_DONE)


class GrantState(StrEnum):
    """Where what a customer holds stands."""

    PROMISED = "promised"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    REVOKE_FAILED = "revoke_failed"


HELD = (GrantState.ACTIVE, GrantState.ENDING, GrantState.REVOKE_FAILED)
"""States in which the target may still show the grant's effect."""
LIVING = (GrantState.PROMISED, GrantState.ACTIVE)
"""States in which the effect is to stay, or to come: nothing of it is being taken back."""
GOING = (GrantState.ENDING, GrantState.REVOKE_FAILED)
"""What is not to be held any more, though it may still be in its target."""


class RunState(StrEnum):
    """Where one attempt to fulfil (or to take back) stands."""

    CLAIMED = "claimed"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    FINISHED = "finished"
    ESCALATED = "escalated"
    STOPPED = "stopped"


OPEN_RUN = (RunState.CLAIMED, RunState.QUEUED, RunState.RUNNING, RunState.WAITING)


class Purpose(StrEnum):
    """What a run is for."""

    FULFIL = "fulfil"
    REVOKE = "revoke"


class EscalationState(StrEnum):
    """Where work handed to humans stands."""

    OPEN = "open"
    TAKEN = "taken"
    RETRYING = "retrying"
    CLOSED = "closed"


class Exit(StrEnum):
    """How an escalation was closed."""

    RETRIED = "retried"
    DONE_BY_HAND = "done_by_hand"
    CANNOT = "cannot"
    SOLVED_ITSELF = "solved_itself"
    WITHDRAWN = "withdrawn"
    """Whoever asked for it does not want it any more."""


class Face(StrEnum):
    """How it was for the customer."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class DeviceCodeKind(StrEnum):
    """What a one-time code of an app is good for."""

    GRANT = "grant"
    ENTRY = "entry"


class MailWish(StrEnum):
    """Which notices somebody wants by mail."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NEEDED = "needed"


class MailState(StrEnum):
    """Where the mail of a notice stands."""

    NONE = "none"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
