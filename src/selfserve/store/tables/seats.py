"""Licence pools in our own store: how many there are, who has one, who waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base


class SeatPool(Base):
    """A pool of seats; `total` None means that its keys are its size."""

    __tablename__ = "seat_pool"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    total: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class Seat(Base):
    """One seat of a pool; `holder` None means free, else it is a person's id, or the words for whoever is not known
    here. `sealed` is the licence key of a key pool."""

    __tablename__ = "seat"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    pool: Mapped[str] = mapped_column(ForeignKey("seat_pool.name", ondelete="CASCADE"))
    number: Mapped[int]
    sealed: Mapped[bytes | None]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """Keyed digest of the licence key, so that one key is never added twice; None where the pool does not list it (any
    more): then it is given to nobody again."""
    holder: Mapped[str | None] = mapped_column(String(320))
    taken_under: Mapped[str] = mapped_column(String(200), default="")
    taken_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("pool", "number"),
        UniqueConstraint("pool", "fingerprint"),
        Index(
            "uq_seat_holder",
            "pool",
            "holder",
            unique=True,
            sqlite_where=text("holder IS NOT NULL"),
            postgresql_where=text("holder IS NOT NULL"),
        ),
    )


class SeatWaiting(Base):
    """A place in the line for a pool."""

    __tablename__ = "seat_waiting"
    pool: Mapped[str] = mapped_column(ForeignKey("seat_pool.name", ondelete="CASCADE"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(320), primary_key=True)
    since: Mapped[datetime]
    wanted_under: Mapped[str] = mapped_column(String(200), default="")
    __table_args__ = (Index(None, "pool", "since"),)
