"""`selfserve db`: bring the store up to date, back it up, put a backup back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from selfserve.cli.brought import BROUGHT, brought
from selfserve.cli.restored import KeepTokens, end_all, tell
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings, say, surroundings
from selfserve.people.restored import Ended
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.tables import ExecutorLease

commands = typer.Typer(help="The store: versions and backups.", no_args_is_help=True)

ALIVE = timedelta(minutes=2)
"""A process that wrote its lease within this time still works."""


@commands.command("upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Bring the store to the version this build needs; a store already there is left alone."""
    with surroundings(ctx).any_database() as database:
        before = migrations.current(database.engine)
        try:
            migrations.upgrade(database.engine)
        except migrations.UnknownVersionError as unknown:
            raise Stop(str(unknown), WRONG) from unknown
        after = migrations.current(database.engine)
    say(
        f"The store is at version {after}."
        if before == after
        else f"The store went from {before or 'empty'} to {after}."
    )


@commands.command("backup")
def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="The file to write; must not exist yet.")]
) -> None:
    """Copy an SQLite store into one file while everything goes on working."""
    around = surroundings(ctx)
    store = _sqlite_file(around, f"pg_dump --format=custom --file={file} {_postgres_words(around)}")
    if file.exists():
        raise Stop(f"{file} exists already; a backup overwrites nothing.", WRONG)
    if not store.exists():
        raise Stop(f"There is no store at {store} yet.", WRONG)
    _copy(store, file)
    say(f"Wrote {file} ({file.stat().st_size // 1024} KiB). It holds personal data; keys and passwords lie elsewhere.")


@commands.command("restore")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote; `-` reads it from standard input.")],
    keep_tokens: KeepTokens = False,
) -> None:
    """Put a backup in place of the SQLite store, and sign everybody out; the store as it was is kept beside it."""
    around = surroundings(ctx)
    store = _sqlite_file(
        around,
        f"pg_restore --clean --if-exists {file} --dbname {_postgres_words(around)} "
        "&& selfserve db upgrade && selfserve db restored",
    )
    named = "standard input" if file == BROUGHT else str(file)
    with brought(file, store) as backup_file:
        version = _version_of(backup_file, named)
        _put_in_place(around, backup_file, store, keep_tokens=keep_tokens)
    newest = migrations.head()
    since = "" if version == newest else f", and was brought to {newest}"
    say(f"The store is what it was in {named}, at version {version}{since}.")


@commands.command("restored")
def restored(ctx: typer.Context, keep_tokens: KeepTokens = False) -> None:
    """After a backup was put back by other tools than `restore`: sign everybody out, as the store knows not who was."""
    around = surroundings(ctx)
    with around.database() as database:
        ended = end_all(database, around.now(), keep_tokens=keep_tokens)
    tell(ended, keep_tokens=keep_tokens)


def _put_in_place(around: Surroundings, file: Path, store: Path, *, keep_tokens: bool) -> None:
    if store.exists():
        _refuse_while_working(around)
        old = store.with_name(f"{store.name}.before-{around.now():%Y%m%dT%H%M%S.%fZ}")
        _copy(store, old)
        say(f"The store as it was is kept in {old}.")
    store.parent.mkdir(parents=True, exist_ok=True)
    fresh = store.with_name(f"{store.name}.restoring")
    fresh.unlink(missing_ok=True)
    _copy(file, fresh)
    ended = _nobody_inside(around, fresh, keep_tokens=keep_tokens)
    for left in (f"{store.name}-wal", f"{store.name}-shm"):
        store.with_name(left).unlink(missing_ok=True)
    fresh.replace(store)
    tell(ended, keep_tokens=keep_tokens)


def _nobody_inside(around: Surroundings, fresh: Path, *, keep_tokens: bool) -> Ended:
    """Before the store is in place, so that nobody is inside for a moment; it takes the version of this build."""
    database = Database(f"sqlite:///{fresh}")
    try:
        migrations.upgrade(database.engine)
        ended = end_all(database, around.now(), keep_tokens=keep_tokens)
    finally:
        database.close()
    with closing(sqlite3.connect(fresh)) as writing:  # what was written lies in this one file
        writing.execute("PRAGMA journal_mode=DELETE")
    return ended


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
        if not sa.inspect(database.engine).has_table(ExecutorLease.__tablename__):
            return
        with database.read() as session:
            alive = session.scalars(
                sa.select(ExecutorLease.executor).where(ExecutorLease.beaten_at > around.now() - ALIVE)
            ).all()
    if alive:
        raise Stop(f"{', '.join(alive)} still works on this store; stop it first.", WRONG)
