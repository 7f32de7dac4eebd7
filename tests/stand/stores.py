"""Fresh stores with every table, the engine's too: SQLite by copying one file, PostgreSQL by copying one database."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    path = tmp_path_factory.mktemp("template") / "empty.db"
    _fill(Database(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(request: pytest.FixtureRequest) -> str:
    """The name of a prepared PostgreSQL database to copy."""
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create_database()
    _fill(Database(server.url(name)))
    return name


def store_url(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The address of a fresh store of a kind, made from its template."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "house.db")
        return f"sqlite:///{folder / 'house.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    template, name = request.getfixturevalue("postgres_template"), f"t{uuid.uuid4().hex[:16]}"
    with server.connect() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return server.url(name)


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
