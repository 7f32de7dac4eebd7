"""Bring the schema up or down with Alembic, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

_FOLDER = Path(__file__).parent


OTHER_BUILD = (
    "A newer build made it, or one from before the first release. "
    "Use the build that made it, or begin with a new store."
)


class UnknownVersionError(Exception):
    """The store is at a version that this build cannot bring anywhere; the words say so."""


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision this build knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def current(engine: sa.Engine) -> str | None:
    """The revision the store is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def missing(url: str) -> str:
    """That a store which is one file is not there, in a sentence; "" where it is. Opening would make the file."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite" or Path(str(address.database)).exists():
        return ""
    return (
        f"There is no store at {address.database}; run `selfserve db upgrade` to make one. "
        "Where there was one, see first that its disk is mounted."
    )


def wrong(engine: sa.Engine) -> str:
    """What is wrong with the store's version, in a sentence; "" for the one that this build needs."""
    found, known = current(engine), head()
    if found == known:
        return ""
    if found is None:
        return "The store is empty; run `selfserve db upgrade`."
    if not knows(found):
        return f"The store is at version {found}, which this build does not know. {OTHER_BUILD}"
    return f"The store is at version {found}, this build needs {known}; run `selfserve db upgrade`."


def knows(revision: str) -> bool:
    """True for a version that this build can bring to its own."""
    return any(one.revision == revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the store up to `revision`; a store already there is left alone. Raises UnknownVersionError."""
    found = current(engine)
    if found is not None and not knows(found):
        raise UnknownVersionError(wrong(engine))
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Bring the store down to `revision` (`base` empties it)."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)
