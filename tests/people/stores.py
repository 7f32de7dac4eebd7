"""Fresh, migrated stores for tests: SQLite by copying one file, PostgreSQL by copying one database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.servers.postgres import Postgres

from selfserve.store import migrations
from selfserve.store.database import Database


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    return _sqlite(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def empty_postgres(request: pytest.FixtureRequest) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    return _postgres(request.getfixturevalue("postgres"))


# pytest would make the template of a session anew for each conftest that imports its fixture.
@cache
def _sqlite(folder: Path) -> Path:
    path = folder / "migrated.db"
    _migrate(Database(f"sqlite:///{path}"))
    return path


@cache
def _postgres(server: Postgres) -> str:
    name = server.create_database()
    _migrate(Database(server.url(name)))
    return name


def _migrate(database: Database) -> None:
    migrations.upgrade(database.engine)
    database.close()


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
    name = server.create_database(request.getfixturevalue("empty_postgres"))
    database = Database(server.url(name))
    yield database
    database.close()
    server.drop_database(name)
