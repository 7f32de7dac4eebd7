"""Migrations run up and down on both databases, and lead exactly to the tables the code knows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from selfserve.store import migrations, tables  # noqa: F401  (fills the metadata)
from selfserve.store.base import Base
from selfserve.store.database import Database
from tests.servers.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty store, once of each kind."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        made = Database(server.url(server.create_database()))
    yield made
    made.close()


def _tables(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(empty: Database) -> None:
    """Each way leaves nothing behind and nothing out."""
    assert migrations.current(empty.engine) is None
    migrations.upgrade(empty.engine)
    assert migrations.current(empty.engine) == migrations.head()
    assert _tables(empty) == set(Base.metadata.tables)
    migrations.downgrade(empty.engine, "base")
    assert _tables(empty) == set()
    migrations.upgrade(empty.engine)
    migrations.upgrade(empty.engine)
    assert _tables(empty) == set(Base.metadata.tables)


def test_the_migrated_schema_is_the_one_in_the_code(empty: Database) -> None:
    """A column, index or unique rule that only one of both knows is found here, not by a customer."""
    migrations.upgrade(empty.engine)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_rules_on_states_are_migrated_too(empty: Database) -> None:
    """Check constraints, which the comparison does not see, are all there by name."""
    migrations.upgrade(empty.engine)
    inspector = sa.inspect(empty.engine)
    for table in Base.metadata.sorted_tables:
        wanted = {str(one.name) for one in table.constraints if isinstance(one, sa.CheckConstraint)}
        assert {one["name"] for one in inspector.get_check_constraints(table.name)} == wanted, table.name


def test_partial_unique_rules_are_migrated_with_their_condition(empty: Database) -> None:
    """`one open request per customer, item and answers` must not become `one request ever`."""
    migrations.upgrade(empty.engine)
    inspector = sa.inspect(empty.engine)
    for table in Base.metadata.sorted_tables:
        there = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            where = index.dialect_options[empty.engine.dialect.name]["where"]
            assert (where is not None) == bool(
                there[index.name].get("dialect_options", {}).get(f"{empty.engine.dialect.name}_where") is not None
            ), index.name


FIRST_SCHEMA = {"0001e": "1ff5265bb0b373fe"}
"""What each revision leads to. While nothing is released the first one is edited; under its old name a store of before
would be called right, and break later."""


def test_no_schema_changes_under_the_name_of_another() -> None:
    """Where the tables or their rules change, the migration gets another revision, and its digest stands here."""
    made = ""
    for table in Base.metadata.sorted_tables:
        made += str(CreateTable(table).compile(dialect=sqlite.dialect()))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            made += str(CreateIndex(index).compile(dialect=sqlite.dialect()))
    assert FIRST_SCHEMA[migrations.head()] == hashlib.sha256(made.encode()).hexdigest()[:16]


def test_a_store_of_another_build_is_told_apart_and_left_alone(empty: Database) -> None:
    """Of a newer one, or of one from before the first release: nothing is tried on it."""
    migrations.upgrade(empty.engine)
    assert migrations.wrong(empty.engine) == ""
    with empty.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert migrations.wrong(empty.engine).startswith("The store is at version 0001, which this build does not know.")
    with pytest.raises(migrations.UnknownVersionError, match="begin with a new store"):
        migrations.upgrade(empty.engine)
