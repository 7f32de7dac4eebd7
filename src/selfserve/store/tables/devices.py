"""Apps on customers' machines: the token each keeps, the codes it came by, and what a machine said about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base, one_of
from selfserve.store.states import DeviceCodeKind


class DeviceToken(Base):
    """An app that is signed in on one machine. Its secret changes at each start; only hashes are stored."""

    __tablename__ = "device_token"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    """What the machine calls itself."""
    secret_hash: Mapped[str] = mapped_column(String(64))
    former_hash: Mapped[str] = mapped_column(String(64), default="")
    """The secret before: good until the new one is used, since the answer that brought it may be lost."""
    settled: Mapped[bool] = mapped_column(Boolean, default=True)
    """True once the newest secret was used: from then on the former one is shown by a thief, or by who was robbed."""
    replaced_at: Mapped[datetime | None]
    """When the newest secret came in the place of the former one."""
    family: Mapped[str] = mapped_column(String(43), default="")
    """The key that marks all secrets of this app, so that one which was replaced long ago is known when it is shown."""
    issuer: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str] = mapped_column(String(255))
    authenticated_at: Mapped[datetime]
    """When the person proved who they are at the provider, before they let the app in."""
    agent: Mapped[str] = mapped_column(String(100), default="")
    """The app's version and system, as it tells them."""
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the machine said about itself, while its customer lets it; a claim."""
    facts_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(String(20), default="")
    """The trail's word for it, as the app asks when it is refused."""
    __table_args__ = (Index(None, "issuer", "subject"),)


class DeviceCode(Base):
    """A one-time code, hashed: one a browser hands to an app, or one an app hands to its own window."""

    __tablename__ = "device_code"
    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_id: Mapped[str | None] = mapped_column(ForeignKey("device_token.id", ondelete="CASCADE"), index=True)
    """The app it opens a window for, or has let in by an exchange that may be repeated; else None."""
    sign_in_id: Mapped[str | None] = mapped_column(ForeignKey("sign_in.id", ondelete="CASCADE"), index=True)
    """The browser's session in which a new app was agreed to: the code is worth nothing once that has ended."""
    challenge: Mapped[str] = mapped_column(String(43), default="")
    """What the app's verifier has to hash to (PKCE S256, RFC 7636)."""
    name: Mapped[str] = mapped_column(String(100), default="")
    issuer: Mapped[str] = mapped_column(String(512), default="")
    subject: Mapped[str] = mapped_column(String(255), default="")
    authenticated_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    __table_args__ = (one_of("kind", DeviceCodeKind),)
