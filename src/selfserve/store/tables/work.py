"""The doing: attempts, their steps, what was handed to humans, and who is alive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base, one_of
from selfserve.store.states import OPEN_RUN, EscalationState, Exit, Purpose, RunState, StepState
from selfserve.store.words import Words

NAMELESS = text("substr(resource, 1, 1) = '?'")
"""A step whose target has not said yet what it changes; the condition of an index, so written in one way only."""
_OPEN_RUN = ", ".join(f"'{state}'" for state in OPEN_RUN)


class Run(Base):
    """One attempt to fulfil a request or to take a grant back. At most one may be open per request and purpose."""

    __tablename__ = "run"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    request_id: Mapped[str | None] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("held_grant.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(10))
    attempt: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    executor: Mapped[str] = mapped_column(String(100), default="")
    claim: Mapped[str] = mapped_column(String(36), default="")
    """A run is finished only by whoever holds its claim."""
    began_at: Mapped[datetime]
    first_at: Mapped[datetime]
    """When the first attempt of this row of attempts began: patience is counted from here."""
    due_at: Mapped[datetime | None]
    """When the next look is due, for a waiting run."""
    ended_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        one_of("state", RunState),
        one_of("purpose", Purpose),
        UniqueConstraint("request_id", "purpose", "attempt"),
        UniqueConstraint("grant_id", "purpose", "attempt"),
        Index(
            "uq_run_open",
            "request_id",
            unique=True,
            sqlite_where=text(f"state IN ({_OPEN_RUN}) AND purpose = 'fulfil'"),
            postgresql_where=text(f"state IN ({_OPEN_RUN}) AND purpose = 'fulfil'"),
        ),
        Index(
            "uq_run_open_revoke",
            "grant_id",
            unique=True,
            sqlite_where=text(f"state IN ({_OPEN_RUN}) AND purpose = 'revoke'"),
            postgresql_where=text(f"state IN ({_OPEN_RUN}) AND purpose = 'revoke'"),
        ),
        Index(None, "state", "due_at"),
        Index(None, "executor", "state"),
    )


class Step(Base):
    """One connector action of a request: the intent is stored before the call, with the key under which it is done."""

    __tablename__ = "step"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column("effect_key", String(200), unique=True)
    """The domain's idempotency key, `{request}:{step}`: the same in every attempt."""
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    connector: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    resource: Mapped[str] = mapped_column(String(512))
    """The thing in the target, equal for equal effects."""
    state: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(String(12), default="")
    """What the target showed before our first call: `present` is access that existed before us."""
    calls: Mapped[int] = mapped_column(default=0)
    """How many times the action may have been sent."""
    ours: Mapped[bool] = mapped_column(Boolean, default=False)
    """True where the effect is there because of us, so that it is ours to take back."""
    target_state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    failure: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Words, default="")
    tell: Mapped[str] = mapped_column(Words, default="")
    accepted_until: Mapped[datetime | None]
    poll_seconds: Mapped[int | None]
    """How long the target that is at it asked to be left before it is looked at again."""
    verified_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    """When the hourly look last compared it with its target, whatever that showed."""
    undone_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("state", StepState),
        UniqueConstraint("request_id", "position"),
        Index(None, "resource", "state"),
        Index(None, "connector", "state"),
        Index("ix_step_nameless", "connector", "state", sqlite_where=NAMELESS, postgresql_where=NAMELESS),
    )


class Escalation(Base):
    """Work handed to humans: why, to which team, due when. At most one is open per request or grant."""

    __tablename__ = "escalation"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    request_id: Mapped[str | None] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), index=True)
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("held_grant.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[str | None] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    step_id: Mapped[str | None] = mapped_column(ForeignKey("step.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(100))
    """What it is about, unique while open: `request:…`, `grant:…`, `connector:legacy`."""
    why: Mapped[str] = mapped_column(String(20))
    """A stable word: `needs_human`, `declined`, `failed`, `retries_spent`, `accepted_too_long`, `no_approver`,
    `revoke_failed`, `drift`."""
    reason: Mapped[str] = mapped_column(Words)
    todo: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    team: Mapped[str] = mapped_column(String(100))
    runbook: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)
    level: Mapped[int] = mapped_column(default=0)
    """How often it came to another team: it rose because nobody took it, or was handed on."""
    taken_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    taken_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    rises_at: Mapped[datetime]
    """When it comes to the team above where nobody deals with it: when it is due, or as long again after its holder was
    reminded."""
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    closed_how: Mapped[str | None] = mapped_column("exit", String(20))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    words: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        one_of("state", EscalationState),
        one_of("exit", Exit, nullable=True),
        Index(
            "uq_escalation_open",
            "subject",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(None, "state", "due_at"),
        Index(None, "state", "rises_at"),
        Index(None, "team", "state"),
    )


class ExecutorLease(Base):
    """A living process: written before it works, beaten while it lives."""

    __tablename__ = "executor_lease"
    executor: Mapped[str] = mapped_column(String(100), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    began_at: Mapped[datetime]
    beaten_at: Mapped[datetime] = mapped_column(index=True)
    circuits: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """The connectors it leaves in peace: `connector`, `since`, `until`, `reason`."""


class Takeover(Base):
    """How often an order, or the first attempt that became it, was left by a dead worker and taken up by another; the
    engine itself forgets that."""

    __tablename__ = "takeover"
    order: Mapped[str] = mapped_column("order_id", String(255), primary_key=True)
    times: Mapped[int]
    at: Mapped[datetime]


class ConnectorHealth(Base):
    """How a connector is: what its last check found, and whether its circuit is open."""

    __tablename__ = "connector_health"
    connector: Mapped[str] = mapped_column(String(60), primary_key=True)
    level: Mapped[str] = mapped_column(String(10))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    failures: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime]
    changed_at: Mapped[datetime]
