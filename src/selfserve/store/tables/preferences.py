"""How people want it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base, one_of
from selfserve.store.states import MailWish


class Preference(Base):
    """What one person has chosen; nobody has a row before they choose something."""

    __tablename__ = "preference"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(35), default="")
    """A language the product speaks, `browser` for what the browser says, empty where they did not choose."""
    mail: Mapped[str] = mapped_column(String(10), default=MailWish.AT_ONCE)
    hint_closed_at: Mapped[datetime | None]
    """When they closed what is said to people who are here for the first time."""
    __table_args__ = (one_of("mail", MailWish),)
