"""How to reach a directory, and what the connector may do in it."""

from __future__ import annotations

import fnmatch
import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from selfserve.connectors.ldap import names
from selfserve.settings.filters import check_filter

PLACE = "{customer}"
_ADDRESS = "a list of addresses of the form ldaps://host[:port] or ldap://host[:port]"
_NEVER_WRITABLE = frozenset(
    (
        "userpassword", "unicodepwd", "objectclass", "member", "memberof", "uniquemember", "memberuid", "uid",
        "manager", "useraccountcontrol", "lockouttime", "nsaccountlock", "logindisabled", "shadowexpire",
        "shadowlastchange", "entryuuid", "entrydn",
    )
)  # fmt: skip


class Security(StrEnum):
    """How bytes are protected on the way."""

    TLS = "ldaps"
    START_TLS = "starttls"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server of a directory."""

    host: str
    port: int
    security: Security

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """True where the name is `localhost` or an address of the loopback network."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class DirectorySettings(BaseModel):
    """How to reach a directory: enough for `DirectoryClient`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urls: Annotated[list[str], Field(min_length=1)]
    """Servers in order of preference, `ldaps://host[:port]` or `ldap://host[:port]`."""
    bind_dn: Annotated[str, Field(min_length=3)]
    bind_password: SecretStr
    start_tls: bool = False
    """StartTLS on `ldap://` addresses (RFC 4511, section 4.14)."""
    ca_file: Path | None = None
    """PEM file of the authority to trust; the system's authorities where absent."""
    allow_legacy_ca: bool = False
    """Accept authorities that break RFC 5280 in form (Samba's own does); certificates are verified all the same."""
    insecure_loopback: bool = False
    """Allow `ldap://` without TLS, to this very machine only."""
    connect_timeout: Annotated[int, Field(ge=1, le=30)] = 3
    receive_timeout: Annotated[int, Field(ge=1, le=60)] = 5
    idle_connections: Annotated[int, Field(ge=0, le=64)] = 8
    page_size: Annotated[int, Field(ge=10, le=5000)] = 500

    @field_validator("bind_password")
    @classmethod
    def _not_empty(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            raise ValueError("text; a bind without a password is anonymous and would only seem to work")
        return value

    @field_validator("ca_file")
    @classmethod
    def _exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("the path of a file that is there")
        return value

    @model_validator(mode="after")
    def _reachable_safely(self) -> DirectorySettings:
        _ = self.endpoints
        return self

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The servers, in order; raises ValueError for an address that is malformed or would send secrets in clear."""
        return tuple(self._endpoint(url) for url in self.urls)

    def _endpoint(self, url: str) -> Endpoint:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"urls: {_ADDRESS}") from error
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"urls: {_ADDRESS}")
        if parts.scheme == "ldaps":
            return Endpoint(parts.hostname, port or 636, Security.TLS)
        if self.start_tls:
            return Endpoint(parts.hostname, port or 389, Security.START_TLS)
        plain = Endpoint(parts.hostname, port or 389, Security.PLAIN)
        if self.insecure_loopback and plain.loopback:
            return plain
        raise ValueError("urls: ldaps://, or start_tls = true; ldap:// alone would send passwords in clear")


class LdapSettings(DirectorySettings):
    """A directory, where its people and groups are, and what may be written there."""

    people_base: str
    groups_base: str
    person_filter: str = "(|(uid={customer})(mail={customer}))"
    """Finds one person; `{customer}` stands for the login or mail address, escaped."""
    person_class: str = "inetOrgPerson"
    group_class: str = "groupOfNames"
    member_attribute: str = "member"
    disabled_filter: str | None = None
    """A person this filter fits is disabled by the house's own rule, e.g. `(employeeType=left)`."""
    writable_groups: list[str] = []
    """Groups a catalog item may write into: `cn` patterns (`vpn-*`), or DNs of a group or of a branch. None by
    default."""
    writable_attributes: list[str] = []
    """Attributes of a person a catalog item may set. None by default."""
    placeholder_member: str | None = None
    """DN put into a group whose last member leaves, since groupOfNames may not be empty."""
    look_up_seconds: Annotated[int, Field(ge=0, le=600)] = 60
    """How long a name once found stays known."""

    @field_validator("people_base", "groups_base", "placeholder_member")
    @classmethod
    def _a_dn(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = names.parse(value)
        except ValueError:
            parts = ()
        if not parts:
            raise ValueError("a distinguished name like ou=people,dc=example,dc=org")
        return value

    @field_validator("person_filter")
    @classmethod
    def _has_place(cls, value: str) -> str:
        if PLACE not in value:
            raise ValueError(f"a filter that contains {PLACE}")
        return value

    @field_validator("person_filter", "disabled_filter")
    @classmethod
    def _a_filter(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            check_filter(value.replace(PLACE, "c" * len(PLACE)))
        except ValueError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("writable_attributes")
    @classmethod
    def _harmless(cls, value: list[str]) -> list[str]:
        for attribute in value:
            lower = attribute.lower().split(";")[0]
            if lower in _NEVER_WRITABLE or lower.startswith("pwd"):
                words = "which decides over access and is never set by a catalog item"
                raise ValueError(f"a list without {attribute!r}, {words}")
        return value

    def may_write_group(self, dn: str) -> bool:
        """True where a catalog item may change the group `dn`."""
        return any(self._fits(allowed, dn) for allowed in self.writable_groups)

    def could_write_group(self, group: str) -> bool:
        """Whether a group of this name (or DN) could be one that an item may change, without asking the directory: a
        name may stand for an entry of any branch."""
        if names.is_dn(group):
            return self.may_write_group(group)
        return any(
            names.is_dn(allowed) or fnmatch.fnmatchcase(names.fold(group), names.fold(allowed))
            for allowed in self.writable_groups
        )

    def may_write_attribute(self, attribute: str) -> bool:
        """True where a catalog item may set `attribute` of a person."""
        return attribute.lower() in {allowed.lower() for allowed in self.writable_attributes}

    def _fits(self, allowed: str, dn: str) -> bool:
        if names.is_dn(allowed):
            return names.within(dn, allowed)
        return names.within(dn, self.groups_base) and fnmatch.fnmatchcase(
            names.fold(names.leaf(dn)), names.fold(allowed)
        )
