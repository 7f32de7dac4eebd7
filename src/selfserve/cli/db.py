"""`selfserve db`: bring the store up to date, back it up, put a backup back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from selfserve.cli.brought import BROUGHT, brought
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings, say, surroundings, warn
from selfserve.cli.working import working_on
from selfserve.store import migrations

commands = typer.Typer(help="The store: versions and backups.", no_args_is_help=True)


@commands.command("upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Bring the store to the version this build needs, and make one where there is none; back up before.

    A store that is one file has to rest meanwhile. One that is already there is left alone.
    """
    from selfserve import app, schema
    from selfserve.cli.house import refused

    around = surroundings(ctx)
    with around.any_database() as database:
        before = migrations.current(database.engine)
        try:
            schema.bring_up_unused(database, app.engine_of(around.settings, database))
        except schema.CannotStart as refusal:
            raise refused(refusal) from None
        after = migrations.current(database.engine)
        former = [] if before in (None, after) else working_on(database, around.now())
    if before == after:
        say(f"The store is at version {after}.")
        return
    say(f"The store went from {before or 'empty'} to {after}.")
    if former:
        warn(f"{', '.join(former)} still works on it with the build of before; start every process again.")


@commands.command("backup")
def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="The file to write; must not exist yet.")]
) -> None:
    """Copy an SQLite store into one file while everything goes on working."""
    around = surroundings(ctx)
    store = _sqlite_file(around, f"pg_dump --format=custom --file={file} {_postgres_words(around)}")
    if file.exists():
        raise Stop(f"{file} exists already; a backup overwrites nothing.", WRONG)
    if missing := around.store_missing:
        raise Stop(missing, WRONG)
    _copy(store, file)
    say(f"Wrote {file} ({file.stat().st_size // 1024} KiB). It holds personal data; keys and passwords lie elsewhere.")


@commands.command("restore")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote; `-` reads it from standard input.")],
) -> None:
    """Put a backup in place of the SQLite store; the store as it was is kept beside it."""
    around = surroundings(ctx)
    store = _sqlite_file(around, f"pg_restore --clean --if-exists {file} --dbname {_postgres_words(around)}")
    named = "standard input" if file == BROUGHT else str(file)
    with brought(file, store) as backup_file:
        version = _version_of(backup_file, named)
        _put_in_place(around, backup_file, store)
    behind = "" if version == migrations.head() else " Run `selfserve db upgrade` next."
    say(f"The store is what it was in {named}, at version {version}.{behind}")


def _put_in_place(around: Surroundings, file: Path, store: Path) -> None:
    if store.exists():
        _refuse_while_working(around)
        old = store.with_name(f"{store.name}.before-{around.now():%Y%m%dT%H%M%S.%fZ}")
        _copy(store, old)
        say(f"The store as it was is kept in {old}.")
    store.parent.mkdir(parents=True, exist_ok=True)
    fresh = store.with_name(f"{store.name}.restoring")
    fresh.unlink(missing_ok=True)
    _copy(file, fresh)
    for left in (f"{store.name}-wal", f"{store.name}-shm"):
        store.with_name(left).unlink(missing_ok=True)
    fresh.replace(store)


def _sqlite_file(around: Surroundings, otherwise: str) -> Path:
    if not around.settings.store.sqlite:
        raise Stop(f"PostgreSQL has its own tool for this; run: {otherwise}", WRONG)
    return Path(sa.make_url(around.store_address).database or "")


def _postgres_words(around: Surroundings) -> str:
    return f"'{around.settings.store.url.replace('postgresql+psycopg:', 'postgresql:', 1)}'"


def _copy(source: Path, target: Path) -> None:
    """By SQLite's online backup: a consistent copy, whoever writes meanwhile (sqlite.org/backup.html)."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(handle)
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")


def _version_of(file: Path, named: str) -> str:
    """The schema version in a backup; raises Stop where it is none, is damaged, or is newer than this build."""
    if not file.is_file():
        raise Stop(f"There is no file {named}.", WRONG)
    file.open("rb").close()  # the system says whose permission is missing, SQLite only that it cannot open it
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reading:
            sound = reading.execute("PRAGMA integrity_check").fetchone()[0]
            version = str(reading.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError):
        raise Stop(f"{named} is not a backup of a selfserve store.", WRONG) from None
    if sound != "ok":
        raise Stop(f"{named} is damaged: {sound}.", WRONG)
    if not migrations.knows(version):
        raise Stop(f"{named} is at version {version}, which this build does not know. {migrations.OTHER_BUILD}", WRONG)
    return version


def _refuse_while_working(around: Surroundings) -> None:
    with around.any_database() as database:
        alive = working_on(database, around.now())
    if alive:
        raise Stop(f"{', '.join(alive)} still works on this store; stop it first.", WRONG)
