"""Stores and a service client of the test directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from tests.people.branch import Branch, new_branch
from tests.people.stores import db, empty_postgres, empty_sqlite, sqlite_store
from tests.servers.slapd import Slapd

from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.settings import DirectorySettings

__all__ = ["branch", "client", "db", "empty_postgres", "empty_sqlite", "sqlite_store"]


@pytest.fixture
def client(slapd: Slapd) -> Iterator[DirectoryClient]:
    """The product's client, bound over TLS as the service account."""
    made = client_of(slapd)
    yield made
    made.close()


def client_of(slapd: Slapd) -> DirectoryClient:
    return DirectoryClient(
        DirectorySettings(
            urls=[slapd.tls_url],
            bind_dn=slapd.svc_dn,
            bind_password=SecretStr(slapd.svc_password),
            ca_file=slapd.ca_file,
            receive_timeout=20,
        )
    )


@pytest.fixture
def branch(slapd: Slapd) -> Branch:
    """A branch of the directory nobody else uses."""
    return new_branch(slapd)
