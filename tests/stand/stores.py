"""Fresh stores with every table, the engine's too: SQLite by copying one file, PostgreSQL by copying one database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from selfserve.fulfilment.engine import Engine
from selfserve.store import migrations
from selfserve.store.database import Database
from tests.servers.postgres import Postgres


def _fill(database: Database) -> None:
    migrations.upgrade(database.engine)
    engine = Engine(database, executor="template")
    engine.prepare()
    engine.stop()
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared SQLite file to copy."""
    return _sqlite(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def postgres_template(request: pytest.FixtureRequest) -> str:
    """The name of a prepared PostgreSQL database to copy."""
    return _postgres(request.getfixturevalue("postgres"))


# pytest would make the template of a session anew for each conftest that imports its fixture.
@cache
def _sqlite(folder: Path) -> Path:
    path = folder / "prepared.db"
    _fill(Database(f"sqlite:///{path}"))
    return path


@cache
def _postgres(server: Postgres) -> str:
    name = server.create_database()
    _fill(Database(server.url(name)))
    return name


def store_url(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The address of a fresh store of a kind, made from its template."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "house.db")
        return f"sqlite:///{folder / 'house.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url(server.create_database(request.getfixturevalue("postgres_template")))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh store, once of each kind; a database is dropped afterwards."""
    made = store_url(request, request.param, tmp_path)
    yield made
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        server.drop_database(made.rpartition("/")[2])


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A fresh store, once of each kind."""
    made = Database(url)
    yield made
    made.close()


def somebody_waits(database: Database) -> bool:
    """Somebody waits for a lock of the store; SQLite lets nobody begin to write before, so it never comes to that."""
    if database.sqlite:
        return True
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.read() as session:
        return bool(session.scalar(sa.text(waits)))
