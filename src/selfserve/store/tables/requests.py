"""Requests, their approval, and what customers hold because of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base, one_of
from selfserve.store.states import OPEN_REQUEST, GrantState, RequestState, StageState
from selfserve.store.words import Words

_OPEN = ", ".join(f"'{state}'" for state in OPEN_REQUEST)


class ItemVersion(Base):
    """A catalog item as it was when somebody asked: requests are pinned to it."""

    __tablename__ = "item_version"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_seen_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("item_id", "digest"),)


class Request(Base):
    """One customer's ask for one item. At most one may be open per customer, item and answers."""

    __tablename__ = "request"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(12), unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    asked_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    item_id: Mapped[str] = mapped_column(String(100), index=True)
    item_version_id: Mapped[str] = mapped_column(ForeignKey("item_version.id"), index=True)
    item_name: Mapped[str] = mapped_column(Words)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    answers_shown: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """The words that stood for live choices when they were made, by field: the target may not know them any more."""
    answers_digest: Mapped[str] = mapped_column(String(64))
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    """Where the days in the answers were meant (IANA)."""
    device: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What the machine that it was asked from said about itself, as rules see it; None where none was known."""
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]
    promised_at: Mapped[datetime | None]
    """When the customer was told it would be done."""
    closed_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(Words, default="")
    """What a human said to the customer at the end (denied, cannot be done)."""
    question: Mapped[str] = mapped_column(Text, default="")
    """An approver's question that waits for the customer's answer; empty without one."""
    sealed: Mapped[bytes | None]
    """A secret result, sealed to the customer, until they say that they have kept it."""
    shown_at: Mapped[datetime | None]
    """When all that is sealed was first shown; None where something was not shown yet."""
    __table_args__ = (
        one_of("state", RequestState),
        Index(
            "uq_request_open",
            "customer_id",
            "item_id",
            "answers_digest",
            unique=True,
            sqlite_where=text(f"state IN ({_OPEN})"),
            postgresql_where=text(f"state IN ({_OPEN})"),
        ),
        Index(
            "ix_request_lately",
            "item_id",
            "id",
            sqlite_where=text("state = 'fulfilled'"),
            postgresql_where=text("state = 'fulfilled'"),
        ),
        Index(
            "ix_request_shown",
            "shown_at",
            sqlite_where=text("shown_at IS NOT NULL"),
            postgresql_where=text("shown_at IS NOT NULL"),
        ),
        Index(None, "customer_id", "asked_at"),
        Index(None, "state", "asked_at"),
        Index(None, "closed_at"),
    )


class AskKey(Base):
    """An Idempotency-Key that somebody sent, and the request they were told of, until that is long over: the one that
    was stored, or one that stood for the same ask already. `digest` tells what was sent."""

    __tablename__ = "ask_key"
    asked_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), index=True)


class Stage(Base):
    """A step of approval; `by` names who may decide, `approvers` are the people it came to."""

    __tablename__ = "stage"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=1)
    by: Mapped[list[str]] = mapped_column("decided_by", JSON)
    why: Mapped[str] = mapped_column(Words, default="")
    state: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    timers: Mapped[int] = mapped_column(default=0)
    """How many timers were set, so that each has an id of its own."""
    fallback: Mapped[bool] = mapped_column(Boolean, default=False)
    """True once those named could not decide and the fallback team was asked."""
    __table_args__ = (
        one_of("state", StageState),
        UniqueConstraint("request_id", "position"),
        Index(None, "state", "due_at"),
    )


class StageApprover(Base):
    """A person who may decide a stage."""

    __tablename__ = "stage_approver"
    stage_id: Mapped[str] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    because: Mapped[str] = mapped_column(String(100))
    """Why this person: `manager`, `team:design-tools`, `group:finance`."""


class Decision(Base):
    """What one approver said, once."""

    __tablename__ = "decision"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    stage_id: Mapped[str] = mapped_column(ForeignKey("stage.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("stage_id", "person_id"),
        CheckConstraint("decision IN ('approve', 'deny')", name="decision"),
    )


class Grant(Base):
    """What a customer holds, until when. One row per customer and holding while it lasts; reasons say because of
    what."""

    __tablename__ = "held_grant"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    item_id: Mapped[str] = mapped_column(String(100), index=True)
    item_name: Mapped[str] = mapped_column(Words)
    holding: Mapped[str] = mapped_column(String(64))
    """Digest of the effects in the targets: equal for equal effects."""
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    """The latest end of all open reasons; None for one without an end."""
    ended_at: Mapped[datetime | None]
    timers: Mapped[int] = mapped_column(default=0)
    revoke_attempts: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        one_of("state", GrantState),
        Index(
            "uq_held_grant_live",
            "customer_id",
            "holding",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        Index(None, "customer_id", "state"),
        Index(None, "state", "ends_at"),
    )


class GrantReason(Base):
    """A request because of which a grant lasts. A grant ends when its last reason ends."""

    __tablename__ = "grant_reason"
    grant_id: Mapped[str] = mapped_column(ForeignKey("held_grant.id", ondelete="CASCADE"), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True, index=True)
    lasts: Mapped[str] = mapped_column(String(64), default="")
    """A length that starts at delivery (`PT8H`), empty where the end is a moment of its own."""
    ends_at: Mapped[datetime | None]
    meant: Mapped[str] = mapped_column(String(64), default="")
    """What the customer meant, as they said it: `2027-07-31`."""
    zone: Mapped[str] = mapped_column(String(64), default="")
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(String(40), default="")
