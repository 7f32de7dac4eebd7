"""Where an installation meets certificates, by its settings."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import URL

from selfserve.connectors.ldap import LdapConnector
from selfserve.connectors.ldap.settings import Security
from selfserve.connectors.registry import Registry
from selfserve.insights.handshake import Place, Way
from selfserve.settings.company import Mail
from selfserve.settings.model import Settings

_BEGINS = {Security.TLS: Way.TLS, Security.START_TLS: Way.LDAP}
_MAILS = {"tls": Way.TLS, "starttls": Way.SMTP}


def places(settings: Settings, connectors: Registry, store: URL) -> Iterator[Place]:
    """The identity provider, our own address, the mail server, the database and every directory; not those that are
    spoken to without TLS on this very machine."""
    yield from _web("provider", settings.oidc.issuer)
    yield from _web("server", settings.server.public_url)
    yield from _mail(settings.mail)
    if store.host and store.get_backend_name() == "postgresql" and not store.host.startswith("/"):
        yield Place("database", store.host, store.port or 5432, Way.POSTGRES)
    for name in connectors.connectors:
        found = connectors.get(name)
        if isinstance(found, LdapConnector):
            for one in found.settings.endpoints:
                if one.security in _BEGINS:
                    yield Place(f"connector:{name}", one.host, one.port, _BEGINS[one.security])


def _web(of: str, address: str) -> Iterator[Place]:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        yield Place(of, parts.hostname, parts.port or 443)


def _mail(mail: Mail) -> Iterator[Place]:
    if mail.host and mail.tls in _MAILS:
        yield Place("mail", mail.host, mail.port, _MAILS[mail.tls])
