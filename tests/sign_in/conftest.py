"""A provider that can be bent, and an installation that trusts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.people.stores import db, empty_postgres, empty_sqlite, sqlite_store
from tests.sign_in.serving import served
from tests.sign_in.site import Site, site
from tests.sign_in.twisted import Twisted

from selfserve.store.database import Database

__all__ = ["db", "empty_postgres", "empty_sqlite", "sqlite_store"]


class Stage:
    """Where providers stand one after the other: one port for the whole session, since starting a server takes long."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.app: ASGIApp = Twisted(address).app()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A port on which a provider answers."""
    made: list[Stage] = []

    def make(address: str) -> Stage:
        made.append(Stage(address))
        return made[0]

    with served(make):
        yield made[0]


@pytest.fixture
def idp(stage: Stage) -> Twisted:
    """A provider that signs Ana in."""
    made = Twisted(stage.address)
    stage.app = made.app()
    return made


@pytest.fixture
def home(idp: Twisted, sqlite_store: Database) -> Iterator[Site]:
    """An installation that trusts `idp`, and a browser on it."""
    with site(sqlite_store, idp.issuer, groups_claim="groups") as made:
        yield made
