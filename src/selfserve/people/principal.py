"""Who is asking: a person, what they may do, and how they proved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from selfserve.people.roles import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """A person behind a browser session. `authenticated_at` is when the provider last saw them prove who they are."""

    person_id: str
    login: str
    email: str
    name: str
    language: str
    roles: frozenset[Role]
    sign_in_id: str
    authenticated_at: datetime
    touch_due: bool = False
    """True where the last noted sign of life is a minute old: see `web.sessions.touch`."""
    device_token_id: str | None = None
    """The app whose window this is; None for a browser."""

    def has(self, role: Role) -> bool:
        """True where the person holds the role."""
        return role in self.roles

    def fresh(self, now: datetime, within: timedelta) -> bool:
        """True where the last proof is young enough for a destructive or secret-revealing act (step-up)."""
        return now - self.authenticated_at <= within


@dataclass(frozen=True, slots=True)
class TokenPrincipal:
    """A person behind a personal API token: never more than the token's scopes, never more than the person's roles."""

    person_id: str
    login: str
    email: str
    name: str
    language: str
    roles: frozenset[Role]
    token_id: str
    scopes: frozenset[str]
    touch_due: bool = False
    """True where the last noted use is a minute old: see `tokens.touch`."""

    def has(self, role: Role) -> bool:
        """True where the person holds the role."""
        return role in self.roles

    def may(self, scope: str) -> bool:
        """True where the token was given the scope."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class DevicePrincipal:
    """A person behind the app on one of their machines: it may open its window, tell facts, and hear notices."""

    person_id: str
    name: str
    language: str
    token_id: str
    settle_due: bool = False
    """True where a use is to be noted, or settles the newest secret: see `device_tokens.used`."""
