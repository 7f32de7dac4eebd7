"""People as the directory knows them, who they are at the identity provider, and how they come in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from selfserve.store.base import Base


class Person(Base):
    """One person of the company. `key` is the directory's own unchanging id (entryUUID, objectGUID)."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    dn: Mapped[str] = mapped_column(String(1024))
    login: Mapped[str] = mapped_column(String(255), index=True)
    email: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(255))
    given_name: Mapped[str] = mapped_column(String(255), default="")
    department: Mapped[str] = mapped_column(String(255), default="")
    title: Mapped[str] = mapped_column(String(255), default="")
    location: Mapped[str] = mapped_column(String(255), default="")
    employee_type: Mapped[str] = mapped_column(String(255), default="")
    human: Mapped[str] = mapped_column(String(255), default="", index=True)
    """What all accounts of one human share (an employee number); empty where the directory has none."""
    language: Mapped[str] = mapped_column(String(35), default="")
    zone: Mapped[str] = mapped_column(String(64), default="")
    """IANA time zone; empty means the company's."""
    manager_id: Mapped[str | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    gone_at: Mapped[datetime | None]
    """When the directory stopped showing the entry; None while it does."""
    seen_at: Mapped[datetime]

    @property
    def present(self) -> bool:
        """True for a person who may sign in, ask, decide and hold."""
        return not self.disabled and self.gone_at is None


class PersonGroup(Base):
    """A directory group a person is in, by the group's short name."""

    __tablename__ = "person_group"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    group: Mapped[str] = mapped_column("group_name", String(255), primary_key=True)
    __table_args__ = (Index(None, "group_name"),)


class SyncMark(Base):
    """How far a source was read: the greatest change stamp seen, and when the last full reading ended."""

    __tablename__ = "sync_mark"
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(255), default="")
    full_at: Mapped[datetime | None]
    ran_at: Mapped[datetime | None]
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Identity(Base):
    """An (issuer, subject) of an OpenID provider, linked once to a person."""

    __tablename__ = "identity"
    issuer: Mapped[str] = mapped_column(String(512), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]


class SignIn(Base):
    """A signed-in browser or app: our own server-side session. Only the hash of its secret is stored."""

    __tablename__ = "sign_in"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str] = mapped_column(String(255))
    provider_sid: Mapped[str] = mapped_column(String(255), default="", index=True)
    """The `sid` claim, for back-channel logout."""
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    agent: Mapped[str] = mapped_column(String(255), default="")
    sealed_hint: Mapped[str] = mapped_column(Text, default="")
    """The ID token that sign-out hands back to the provider, encrypted with a key only the browser's cookie gives."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    authenticated_at: Mapped[datetime]
    """The provider's `auth_time`: when the person last proved who they are."""
    ends_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    device_token_id: Mapped[str | None] = mapped_column(
        ForeignKey("device_token.id", ondelete="SET NULL"), index=True, default=None
    )
    """The app whose window this is; None for a browser."""


class ApiToken(Base):
    """A personal token for the REST API, hashed at rest, with scopes."""

    __tablename__ = "api_token"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("person_id", "label"),)
