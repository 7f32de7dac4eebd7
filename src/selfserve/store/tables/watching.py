"""Who has which case open at this moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base


class Watcher(Base):
    """One open page of one of the staff upon one case, with its last sign of life."""

    __tablename__ = "watcher"
    tab: Mapped[str] = mapped_column(String(36), primary_key=True)
    escalation_id: Mapped[str] = mapped_column(ForeignKey("escalation.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime]
