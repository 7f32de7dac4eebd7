"""SQLite stores as files: copied while somebody writes, and looked at before they are trusted."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from selfserve.cli.stop import WRONG, Stop
from selfserve.store import migrations


def copy(source: Path, target: Path) -> None:
    """By SQLite's online backup: a consistent copy, whoever writes meanwhile (sqlite.org/backup.html)."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(handle)
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")


def version_of(file: Path, named: str) -> str:
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
