"""Fresh, migrated stores for tests: SQLite by copying one file, PostgreSQL by copying one database."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.postgres import Postgres

from selfserve.store import migrations
from selfserve.store.database import Database


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database.engine)
    database.close()
    return path


@pytest.fixture(scope="session")
def empty_postgres(request: pytest.FixtureRequest) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create_database()
    database = Database(server.url(name))
    migrations.upgrade(database.engine)
    database.close()
    return name


@pytest.fixture
def sqlite_store(empty_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty store on SQLite."""
    path = tmp_path / "store.db"
    shutil.copy(empty_sqlite, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    server: Postgres = request.getfixturevalue("postgres")
    template, name = request.getfixturevalue("empty_postgres"), f"t{uuid.uuid4().hex[:16]}"
    with server.connect() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    database = Database(server.url(name))
    yield database
    database.close()
    server.drop_database(name)
