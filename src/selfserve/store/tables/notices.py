"""What people are told: in the app, and by mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base, one_of
from selfserve.store.states import MailState
from selfserve.store.words import Words


class Notice(Base):
    """One message to one person or one team's mailbox. It holds no secret."""

    __tablename__ = "notice"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    mailbox: Mapped[str] = mapped_column(String(320), default="")
    """A team's address, for notices that belong to no one person."""
    event: Mapped[str] = mapped_column(String(200))
    """What it tells, unique per reader: the same event is told once."""
    title: Mapped[str] = mapped_column(Words)
    body: Mapped[str] = mapped_column(Words, default="")
    path: Mapped[str] = mapped_column(String(255), default="")
    """Where it leads, below the public address."""
    urgent: Mapped[bool] = mapped_column(default=False)
    """Mailed at once; the rest may wait for a digest."""
    needed: Mapped[bool] = mapped_column(default=False)
    """It waits for its reader to do something."""
    made_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail: Mapped[str] = mapped_column(String(10))
    mail_tries: Mapped[int] = mapped_column(default=0)
    mail_next_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    mail_error: Mapped[str] = mapped_column(Words, default="")
    __table_args__ = (
        one_of("mail", MailState),
        UniqueConstraint("event", "person_id", "mailbox"),
        Index(
            "uq_notice_mailbox",
            "event",
            "mailbox",
            unique=True,
            sqlite_where=text("person_id IS NULL"),
            postgresql_where=text("person_id IS NULL"),
        ),
        Index(None, "person_id", "made_at"),
        Index(
            "ix_notice_unread",
            "person_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_notice_to_mail",
            "mail_next_at",
            sqlite_where=text("mail IN ('waiting', 'sending')"),
            postgresql_where=text("mail IN ('waiting', 'sending')"),
        ),
    )
