"""How the installation is: certificates as a background look last saw them, the pulse of its queues, and the catalog
that was last found good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base


class Certificate(Base):
    """The certificate that one address showed; `ends_at` is None where none was seen, with why in `problem`."""

    __tablename__ = "certificate"
    of: Mapped[str] = mapped_column("belongs_to", String(60), primary_key=True)
    """Whose: `provider`, `database`, `server`, `mail`, or `connector:NAME`."""
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    """`host:port`."""
    subject: Mapped[str] = mapped_column(String(255), default="")
    ends_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text, default="")
    looked_at: Mapped[datetime]


class Pulse(Base):
    """How much work waited and ran at one minute, and for how many seconds the oldest of it had waited."""

    __tablename__ = "pulse"
    at: Mapped[datetime] = mapped_column(primary_key=True)
    waiting: Mapped[int]
    running: Mapped[int]
    oldest: Mapped[int]


class GoodCatalog(Base):
    """The files of the catalog that was last found good, in one row: what is served after a restart where the folder is
    broken."""

    __tablename__ = "good_catalog"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    files: Mapped[dict[str, str]] = mapped_column(JSON)
    """Texts by their paths in the folder."""
    since: Mapped[datetime]
