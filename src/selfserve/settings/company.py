"""Sections about the company: what it is called, how it looks, how it writes mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from selfserve.languages.messages import Spoken
from selfserve.settings.durations import Duration
from selfserve.settings.references import SecretRef
from selfserve.settings.section import Section

_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def mail_address(value: str) -> str:
    """`value` as a bare mail address (`team@example.com`); raises ValueError with what is allowed."""
    if len(value) > 254 or not _ADDRESS.fullmatch(value):
        raise ValueError("a mail address such as help@example.com")
    return value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, KeyError):
        raise ValueError("an IANA time zone such as Europe/Berlin or America/New_York") from None


def _language(value: str) -> str:
    try:
        return str(Locale.parse(value.replace("-", "_"))).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        raise ValueError("a language such as en, en-GB or de") from None


def _colour(value: str) -> str:
    if not _COLOUR.fullmatch(value):
        raise ValueError("a colour such as #1f4fd8")
    return value.lower()


def _link(value: str) -> str:
    scheme, _, rest = value.partition(":")
    place = urlsplit(value)
    if scheme in ("mailto", "tel") and rest and not re.search(r"[\s<>\"]", rest):
        return value
    if scheme in ("https", "http") and place.hostname and not re.search(r"[\s<>\"\\]", rest):
        return value
    raise ValueError("an address such as https://help.example.com, mailto:help@example.com or tel:+4930123456")


MailAddress = Annotated[str, AfterValidator(mail_address)]
Link = Annotated[str, AfterValidator(_link)]
Words = Annotated[str, Field(min_length=1, max_length=40)]
Support = Annotated[str, Field(min_length=1, max_length=300)]
Code = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""A language by its code of ISO 639: `de`."""


class Company(Section):
    """Whose TechOps team this is."""

    name: str = Field(default="Your company", min_length=1, max_length=80)
    """The company's name, as customers say it."""
    support: Support = "Ask the TechOps team."
    """How to reach a human when nothing else works; shown on error pages and in mails."""
    support_in: dict[Code, Support] = Field(default_factory=dict)
    """The same in further languages, such as `{ de = "Frag das TechOps-Team." }`; whoever reads another one reads
    `support`."""
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The company's IANA time zone: "until 31 July" means the end of that day there."""
    language: Annotated[str, AfterValidator(_language)] = "en"
    """The language for people whose own is not known."""

    @property
    def help(self) -> str:
        """`support` in all its languages, to be told."""
        return Spoken.of(self.support, self.support_in)


class Brand(Section):
    """How the pages and mails look."""

    name: str = Field(default="Self-service", min_length=1, max_length=40)
    """The product's name on screen."""
    logo: Path | None = None
    """An SVG or PNG file, relative to the configuration file; none shows the name."""
    logo_dark: Path | None = None
    """The same for dark pages, where a dark logo would not be seen; left out, `logo` stands there too."""
    accent: Annotated[str, AfterValidator(_colour)] = "#1f4fd8"
    """The colour of focus, links and counts."""
    links: dict[Words, Link] = Field(default_factory=dict)
    """Ways to reach a human beside `company.support`, such as `{ "Call 4357" = "tel:4357" }`: in the menu of each
    page, on error pages and in mails."""
    links_in: dict[Code, dict[Words, Words]] = Field(default_factory=dict)
    """What these are called in further languages, such as `{ de = { "Call 4357" = "Ruf 4357 an" } }`; what is left out
    is called there as it is in `links`."""

    @field_validator("links_in")
    @classmethod
    def _of_links(cls, value: dict[str, dict[str, str]], info: ValidationInfo) -> dict[str, dict[str, str]]:
        links = info.data.get("links", {})
        for names in value.values():
            for name in names:
                if name not in links:
                    raise ValueError(f"names of `links` only; there is none called {name}")
        return value

    @property
    def ways(self) -> Mapping[str, str]:
        """`links`, with their names in all their languages, to be told."""
        return {self._named(name): url for name, url in self.links.items()}

    def _named(self, name: str) -> str:
        return Spoken.of(name, {code: names[name] for code, names in self.links_in.items() if name in names})


class Mail(Section):
    """The mail server that carries notices. Without a host nothing is mailed; notices still show in the app."""

    host: str = ""
    """The mail server's name."""
    port: int = Field(default=587, ge=1, le=65535)
    """Its port: 587 with starttls, 465 with tls, 25 with none."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected; `none` only for a relay on this machine or a trusted network."""
    login: str = ""
    """The name to log in with; empty sends without logging in."""
    password: SecretRef | None = None
    """The password for `login`, by reference."""
    sender: MailAddress = "selfserve@localhost.localdomain"
    """The address mails come from."""
    timeout: Duration = Field(default=timedelta(seconds=20), gt=timedelta())
    """How long the mail server may take to answer."""
    digest_every: Duration = Field(default=timedelta(minutes=30), gt=timedelta())
    """A person gets at most one mail in this time; what comes meanwhile is sent together, urgent notices at once."""


class Notices(Section):
    """What people are told in the app."""

    keep: Duration = Field(default=timedelta(days=180), ge=timedelta(days=1))
    """How long a notice stays that was read, or went to a mailbox; one that nobody read stays a year at least."""


def _version(value: str) -> str:
    if value and not re.fullmatch(r"\d{1,5}(\.\d{1,5}){0,3}", value, re.ASCII):
        raise ValueError("empty, or a version such as 1.4 or 1.4.2")
    return value


class Desktop(Section):
    """The app on customers' machines."""

    enabled: bool = True
    """Whether apps may sign in here; false also puts an end to those that are signed in, at their next word."""
    minimum_version: Annotated[str, AfterValidator(_version)] = ""
    """The oldest version of the app that is served; older ones show how to update. Empty: all are."""
    update_url: Link | None = None
    """Where customers get the newest app, such as `https://intranet.example.com/selfserve`; shown to those whose app is
    too old."""
    session_idle: Duration = Field(default=timedelta(days=30), gt=timedelta())
    """An app that was not used for this long is signed out."""
    session_absolute: Duration = Field(default=timedelta(days=180), gt=timedelta())
    """An app is signed out this long after sign-in, whatever happens."""
    ask_every: Duration = Field(default=timedelta(seconds=30), ge=timedelta(seconds=1))
    """How often an app asks whether there is something to tell its customer."""
