"""A connector on a real slapd, built with whatever settings a test needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.connectors.clock import Clock
from tests.servers.slapd import Slapd

from selfserve.connectors.contract import Ports
from selfserve.connectors.ldap import LdapConnector, LdapSettings

Build = Callable[..., LdapConnector]


def settings_for(slapd: Slapd, **changes: Any) -> dict[str, Any]:
    """A section of the configuration for this directory over TLS, every group writable; `changes` win."""
    return {
        "urls": [slapd.tls_url],
        "ca_file": slapd.ca_file,
        "bind_dn": slapd.svc_dn,
        "bind_password": slapd.svc_password,
        "people_base": slapd.people,
        "groups_base": slapd.groups,
        "writable_groups": ["*"],
        "writable_attributes": ["description", "telephoneNumber"],
        **changes,
    }


def plain(port: int) -> dict[str, Any]:
    """Settings for a loopback port without TLS, so that a proxy between sees the operations."""
    return {"urls": [f"ldap://127.0.0.1:{port}"], "insecure_loopback": True}


@pytest.fixture
def build(slapd: Slapd, clock: Clock) -> Iterator[Build]:
    """A function that builds a connector on the shared directory, closed after the test."""
    built: list[LdapConnector] = []

    def one(**changes: Any) -> LdapConnector:
        settings = LdapSettings(**settings_for(slapd, **changes))
        built.append(LdapConnector("directory", settings, Ports(now=clock)))
        return built[-1]

    yield one
    for connector in built:
        connector.close()


@pytest.fixture
def directory(build: Build) -> LdapConnector:
    """The connector as most tests want it."""
    return build()
