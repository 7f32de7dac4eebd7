"""Sections about who people are: sign-in, roles, the directory."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from selfserve.settings.durations import Duration
from selfserve.settings.filters import Filter
from selfserve.settings.references import SecretRef
from selfserve.settings.section import Section
from selfserve.settings.server import LOOPBACK, WebAddress

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures of ID tokens we may accept: asymmetric ones only, never `none` or a shared secret."""
PersonField = Literal["key", "login", "email"]


class Oidc(Section):
    """Sign-in by OpenID Connect."""

    issuer: WebAddress
    """The provider's issuer, such as `https://login.example.com/realms/company`; discovery is read below it."""
    client_id: str = Field(min_length=1)
    """The client id that the provider gave this installation."""
    client_secret: SecretRef | None = None
    """The client secret, by reference; none for a public client (PKCE is used always)."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    """What to ask the provider for; `openid` must be among them."""
    person_claim: str = Field(default="email", min_length=1)
    """The claim that says who signed in, at the first sign-in; afterwards issuer and subject decide."""
    person_attribute: PersonField = "email"
    """What that claim is compared with: `key`, `login` or `email` of a person in the directory."""
    groups_claim: str = ""
    """A claim that lists groups, counted beside the directory's; empty: the directory's only."""
    algorithms: tuple[Algorithm, ...] = Field(default=get_args(Algorithm), min_length=1)
    """Signature algorithms accepted for ID tokens."""
    session_idle: Duration = Field(default=timedelta(hours=8), gt=timedelta())
    """A session ends after this long without a sign of life."""
    session_absolute: Duration = Field(default=timedelta(hours=24), gt=timedelta())
    """A session ends this long after sign-in, whatever happens."""
    allow_http_loopback: bool = False
    """Accept a provider by plain http on this machine; for trials only."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes: a list that contains openid")
        if self.session_idle > self.session_absolute:
            raise ValueError("session_idle: a length of time not above session_absolute")
        if self.issuer.startswith("http:") and not self._loopback_allowed():
            raise ValueError("issuer: an https address; http only on this machine with allow_http_loopback = true")
        return self

    def _loopback_allowed(self) -> bool:
        host = self.issuer.removeprefix("http://").split("/")[0].rsplit(":", 1)[0].strip("[]")
        return self.allow_http_loopback and host in LOOPBACK


class Roles(Section):
    """Which directory groups give which role; everyone present is a customer."""

    staff: tuple[str, ...] = ()
    """Groups whose members work at the desk."""
    admin: tuple[str, ...] = ()
    """Groups whose members run the installation."""
    auditor: tuple[str, ...] = ()
    """Groups whose members read the trail."""


class Attributes(Section):
    """Which LDAP attribute says what about a person; an empty one is not read."""

    key: str = Field(default="entryUUID", min_length=1)
    """The entry's own id that never changes (`objectGUID` in Active Directory)."""
    login: str = Field(default="uid", min_length=1)
    """The name a person logs in with (`sAMAccountName` in Active Directory)."""
    email: str = Field(default="mail", min_length=1)
    """The mail address."""
    name: str = Field(default="cn", min_length=1)
    """The full name."""
    given_name: str = "givenName"
    """The first name."""
    department: str = "departmentNumber"
    """The department (`department` in Active Directory)."""
    title: str = "title"
    """The job title."""
    location: str = "l"
    """The place of work."""
    language: str = "preferredLanguage"
    """The preferred language."""
    manager: str = "manager"
    """The manager, as a DN."""
    employee_type: str = "employeeType"
    """The kind of employment."""
    human: str = "employeeNumber"
    """What all accounts of one human share: nobody decides their own request through a second account."""


class Disabled(Section):
    """How the directory marks a person who may not sign in any more: any of the rules that applies."""

    attribute: str = "pwdAccountLockedTime"
    """An attribute that marks it; empty: no such rule."""
    values: tuple[str, ...] = ("000001010000Z",)
    """Its values that mean disabled (`000001010000Z` is OpenLDAP's permanent lock)."""
    bits: int = Field(default=0, ge=0)
    """Bits of a number that mean disabled (2 of `userAccountControl` in Active Directory); 0: compare values."""


class Directory(Section):
    """The directory that people, managers and groups are read from."""

    connector: str = Field(default="directory", min_length=1)
    """The connector of kind `ldap` that is used for reading, by its name below `[connectors]`."""
    base: str = Field(min_length=1)
    """Where people are: a DN such as `ou=people,dc=example,dc=com`."""
    filter: Filter = "(objectClass=inetOrgPerson)"
    """Which entries there are people, as an LDAP filter (RFC 4515)."""
    attributes: Attributes = Attributes()
    """Which attribute says what."""
    group_base: str = ""
    """Where groups are; empty: no groups are read."""
    group_filter: Filter = "(objectClass=groupOfNames)"
    """Which entries there are groups."""
    group_name: str = Field(default="cn", min_length=1)
    """The attribute with a group's short name, used in rules and roles."""
    group_member: str = Field(default="member", min_length=1)
    """The attribute with a group's members, as DNs."""
    disabled: Disabled = Disabled()
    """How disabled people are marked."""
    every: Duration = Field(default=timedelta(minutes=5), ge=timedelta(seconds=10))
    """How often changes are read, and who is there no more."""
    full_every: Duration = Field(default=timedelta(hours=24), ge=timedelta(minutes=1))
    """How often everything is read again, whatever the entries say of when they changed."""
    page_size: int = Field(default=500, ge=10, le=1000)
    """Entries a page (RFC 2696); many servers refuse more than 1000."""
