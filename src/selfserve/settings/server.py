"""Sections about the installation itself: server, store, catalog, worker."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from selfserve.settings.durations import Duration
from selfserve.settings.references import SecretRef
from selfserve.settings.section import Section

DATABASES = "empty, sqlite:///FILE or postgresql+psycopg://ROLE@HOST/DATABASE"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def web_address(value: str) -> str:
    """`value` as an absolute http(s) address without a trailing slash; raises ValueError with what is allowed."""
    try:
        parts = urlsplit(value)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_fits = urlsplit(""), False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or not port_fits or " " in value:
        raise ValueError("an address such as https://help.example.com, without query, fragment or password")
    return value.rstrip("/")


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError("IP addresses or networks such as 10.0.0.5 or 10.0.0.0/24") from None


WebAddress = Annotated[str, AfterValidator(web_address)]


class Server(Section):
    """Where the server listens and under which address people reach it."""

    public_url: WebAddress
    """The address people type, such as `https://help.example.com`. Every link we write begins with it; nothing is
    taken from a request's Host header."""
    host: str = "127.0.0.1"
    """The address to listen on. Keep it on loopback behind a reverse proxy that ends TLS."""
    port: int = Field(default=8080, ge=1, le=65535)
    """The port to listen on."""
    allowed_hosts: tuple[str, ...] = ()
    """Host headers that are answered; others get 400. Empty: the host of `public_url` only."""
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ("127.0.0.1/32",)
    """Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    secret_key: SecretRef = SecretRef("file", "secrets/secret-key")
    """Signs short-lived browser state such as a sign-in under way; at least 32 characters."""
    sealing_key: SecretRef = SecretRef("file", "secrets/sealing-key")
    """Seals temporary passwords and licence keys at rest: 32 random bytes as base64 (`selfserve init` makes one)."""
    former_sealing_keys: tuple[SecretRef, ...] = ()
    """Keys that sealed earlier: still opened, never used again. Put the old key here when you change `sealing_key`."""
    metrics_from: tuple[Annotated[str, AfterValidator(_network)], ...] = ("127.0.0.0/8", "::1/128")
    """Networks whose callers may read the figures at `/metrics`: this machine only, unless you name your monitoring."""
    metrics_token: SecretRef | None = None
    """A secret that opens `/metrics` from anywhere, sent as `Authorization: Bearer …`; at least 32 characters."""

    @model_validator(mode="after")
    def _plain_http_stays_home(self) -> Self:
        if self.public_url.startswith("http:") and urlsplit(self.public_url).hostname not in LOOPBACK:
            raise ValueError("public_url: an https address; plain http only on this machine (http://127.0.0.1:8080)")
        return self

    @property
    def public_host(self) -> str:
        """The host name of `public_url`, without its port."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that are answered."""
        return self.allowed_hosts or (self.public_host,)

    @property
    def https(self) -> bool:
        """True where people come by TLS, so that cookies are `Secure` and HSTS is sent."""
        return self.public_url.startswith("https:")


class Store(Section):
    """Where the records are kept."""

    folder: Path = Path("data")
    """The data folder, relative to the configuration file: the SQLite store, exports, backups."""
    url: str = ""
    """The database: empty for SQLite in the data folder, or `postgresql+psycopg://selfserve@db.example.com/selfserve`."""
    password: SecretRef | None = None
    """The password of the PostgreSQL role, by reference; it never stands in `url`."""

    @field_validator("url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.password is not None:
            raise ValueError(f"{DATABASES}; the password stands apart, as a reference in store.password")
        if parts.scheme == "sqlite" and parts.path in ("", "/", "/:memory:"):
            raise ValueError(f"{DATABASES}; a store in memory would be forgotten")
        if parts.scheme not in ("sqlite", "postgresql+psycopg"):
            raise ValueError(DATABASES)
        return value

    @property
    def sqlite(self) -> bool:
        """True where the store is one file on this machine."""
        return not self.url or self.url.startswith("sqlite:")

    def address(self, password: str | None = None) -> str:
        """The URL to open, with `password` (the resolved secret) put in where given. Treat it as a secret."""
        if not self.url:
            return f"sqlite:///{self.folder / 'selfserve.db'}"
        if password is None:
            return self.url
        parts = urlsplit(self.url)
        role, _, host = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}"))


class Catalog(Section):
    """Where the catalog lies: items, teams, policy, runbooks."""

    folder: Path = Path("catalog")
    """The catalog's folder, relative to the configuration file."""
    reload_every: Duration = Field(default=timedelta(seconds=2), gt=timedelta())
    """How often the folder is looked at for edits; a broken edit keeps the last good version, also over a restart."""


class Worker(Section):
    """The process that does the work."""

    enabled: bool = True
    """Whether `selfserve serve` also works; false where `selfserve worker` runs apart."""
    concurrency: int = Field(default=16, ge=1, le=64)
    """How many runs of one target go on at once in one process."""
    poll: Duration = Field(default=timedelta(milliseconds=400))
    """How often the queue is looked at; it starts at most concurrency divided by this a second."""
    first_attempt_budget: Duration = Field(default=timedelta(seconds=2))
    """How long the first attempt, made at once while the customer waits, may take before the queue goes on."""


class Logs(Section):
    """What the processes write about themselves, on standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least weight of what is written."""
    format: Literal["auto", "text", "json"] = "auto"
    """`json` writes one JSON object a line, `text` lines for people; `auto` is text on a terminal, else JSON."""

    @property
    def json_lines(self) -> bool | None:
        """True for JSON, False for text, None where it depends on who reads."""
        return {"auto": None, "text": False, "json": True}[self.format]
