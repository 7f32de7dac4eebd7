"""`selfserve db`: bring the store up to date, back it up, put a backup back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from selfserve.cli.backups import copy, version_of
from selfserve.cli.brought import BROUGHT, brought
from selfserve.cli.given_since import given_since
from selfserve.cli.restored import KeepTokens, end_all, tell
from selfserve.cli.stop import WRONG, Stop
from selfserve.cli.surroundings import Surroundings, say, surroundings, warn
from selfserve.cli.working import working_on
from selfserve.people.restored import Ended
from selfserve.store import migrations
from selfserve.store.database import Database

commands = typer.Typer(help="The store: versions and backups.", no_args_is_help=True)
commands.command("given-since")(given_since)


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
    copy(store, file)
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
        version = version_of(backup_file, named)
        former = _put_in_place(around, backup_file, store, keep_tokens=keep_tokens)
    newest = migrations.head()
    since = "" if version == newest else f", and was brought to {newest}"
    say(f"The store is what it was in {named}, at version {version}{since}.")
    if former is not None:
        say(f"What was given since, and is not known to it, is listed by: selfserve db given-since {former}")


@commands.command("restored")
def restored(ctx: typer.Context, keep_tokens: KeepTokens = False) -> None:
    """After a backup was put back by other tools than `restore`: sign everybody out, as the store knows not who was."""
    around = surroundings(ctx)
    with around.database() as database:
        ended = end_all(database, around.now(), keep_tokens=keep_tokens)
    tell(ended, keep_tokens=keep_tokens)


def _put_in_place(around: Surroundings, file: Path, store: Path, *, keep_tokens: bool) -> Path | None:
    """Where the store as it was is kept; None where there was none."""
    old = None
    if store.exists():
        _refuse_while_working(around)
        old = store.with_name(f"{store.name}.before-{around.now():%Y%m%dT%H%M%S.%fZ}")
        copy(store, old)
        say(f"The store as it was is kept in {old}.")
    store.parent.mkdir(parents=True, exist_ok=True)
    fresh = store.with_name(f"{store.name}.restoring")
    fresh.unlink(missing_ok=True)
    copy(file, fresh)
    ended = _nobody_inside(around, fresh, keep_tokens=keep_tokens)
    for left in (f"{store.name}-wal", f"{store.name}-shm"):
        store.with_name(left).unlink(missing_ok=True)
    fresh.replace(store)
    tell(ended, keep_tokens=keep_tokens)
    return old


def _nobody_inside(around: Surroundings, fresh: Path, *, keep_tokens: bool) -> Ended:
    """Before the store is in place, so that nobody is inside for a moment; it takes the version of this build."""
    from selfserve import app, schema

    database = Database(f"sqlite:///{fresh}")
    try:
        schema.bring_up(database, app.engine_of(around.settings, database))
        ended = end_all(database, around.now(), keep_tokens=keep_tokens)
    finally:
        database.close()
    with closing(sqlite3.connect(fresh)) as writing:  # what was written lies in this one file
        writing.execute("PRAGMA journal_mode=DELETE")
    fresh.with_name(f"{fresh.name}.schema-lock").unlink(missing_ok=True)
    return ended


def _sqlite_file(around: Surroundings, otherwise: str) -> Path:
    if not around.settings.store.sqlite:
        raise Stop(f"PostgreSQL has its own tool for this; run: {otherwise}", WRONG)
    return Path(sa.make_url(around.store_address).database or "")


def _postgres_words(around: Surroundings) -> str:
    return f"'{around.settings.store.url.replace('postgresql+psycopg:', 'postgresql:', 1)}'"


def _refuse_while_working(around: Surroundings) -> None:
    with around.any_database() as database:
        alive = working_on(database, around.now())
    if alive:
        raise Stop(f"{', '.join(alive)} still works on this store; stop it first.", WRONG)
