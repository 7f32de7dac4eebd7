"""What people have begun to fill in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base


class Draft(Base):
    """What one person has filled into one item's form and not sent. It holds no secret."""

    __tablename__ = "draft"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kinds: Mapped[dict[str, str]] = mapped_column(JSON)
    """What kind of question each answer was given to; those too whose answer was taken back."""
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(index=True)
