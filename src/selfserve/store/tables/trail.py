"""The trail: what happened, chained by hash within its stream; seals chain all streams."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base
from selfserve.store.words import Words


class AuditSeal(Base):
    """A durable link over all events written since the seal before it."""

    __tablename__ = "audit_seal"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    events: Mapped[int]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditEvent(Base):
    """One thing that happened, told in the same transaction as the change itself."""

    __tablename__ = "audit_event"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    stream: Mapped[str] = mapped_column(String(100))
    """What it belongs to: `request:…`, `person:…`, `connector:…`."""
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(100))
    """`person:…`, `machine`, or `cli`."""
    kind: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    tell: Mapped[str] = mapped_column(Words, default="")
    """The line in the customer's timeline; empty for what only staff sees."""
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("audit_seal.id"))
    __table_args__ = (
        UniqueConstraint("stream", "number"),
        Index(None, "seal_id", "id"),
        Index(
            "ix_audit_event_unsealed",
            "id",
            sqlite_where=text("seal_id IS NULL"),
            postgresql_where=text("seal_id IS NULL"),
        ),
    )
