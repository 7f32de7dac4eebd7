"""How it was for the customer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base, one_of
from selfserve.store.states import Face


class Smile(Base):
    """What the customer said of one request once it was over; at most one per request."""

    __tablename__ = "smile"
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    face: Mapped[str] = mapped_column(String(10), index=True)
    words: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    __table_args__ = (one_of("face", Face),)
