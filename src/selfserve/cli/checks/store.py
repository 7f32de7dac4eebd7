"""Is the store there, at the right version, with room to grow?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from selfserve.cli.checks.finding import Finding, failure, ok, warning
from selfserve.cli.checks.provider import SKEW_SEEN, SKEW_TOO_FAR
from selfserve.cli.stop import Stop
from selfserve.cli.surroundings import Surroundings
from selfserve.settings.secrets import SecretUnavailable
from selfserve.store import migrations
from selfserve.store.database import Database
from selfserve.store.rights import open_to_others
from selfserve.store.writable import Writable

AREA = "store"
SCARCE = 1024**3
NOTHING = 100 * 1024**2
"""Bytes: below these the disk is nearly full, or full."""


def check_store(around: Surroundings) -> Iterator[Finding]:
    """Reachable, and at this build's version."""
    settings = around.settings.store
    if missing := around.store_missing:
        yield failure(AREA, missing)
        return
    try:
        with around.any_database() as database:
            wrong = migrations.wrong(database.engine)
            locked = Writable(database)()
            clocks = [] if settings.sqlite else list(check_clock(database, around.now))
    except (Stop, SecretUnavailable) as error:
        yield failure(AREA, str(error))
        return
    kind = "SQLite" if settings.sqlite else "PostgreSQL"
    if locked:
        yield failure(AREA, locked)
    if wrong:
        yield failure(AREA, wrong)
    else:
        yield ok(AREA, f"{kind} is reachable and at version {migrations.head()}.")
    yield from clocks


def check_clock(database: Database, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Who is alive is told by the store's clock alone; what is due, and what people read, by this machine's."""
    with database.read() as session:
        theirs: datetime = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    apart = abs(now() - theirs)
    words = f"This machine and the store are {apart.total_seconds():.0f} s apart"
    if apart > SKEW_TOO_FAR:
        yield failure("clock", f"{words}; what is due would be done at the wrong time. Set up time synchronisation.")
    elif apart > SKEW_SEEN:
        yield warning("clock", f"{words}. Set up time synchronisation.")
    else:
        yield ok("clock", f"{words}.")


def check_rights(around: Surroundings) -> Iterator[Finding]:
    """Whether others on the machine may look into a store that is a file; the command that helps where they may."""
    settings = around.settings.store
    if settings.sqlite and around.store_exists:
        problem = open_to_others(Path(sa.make_url(settings.address()).database or ""), settings.folder)
        yield warning(AREA, problem) if problem else ok(AREA, "Only its owner may look into the store's files.")


def check_disk(around: Surroundings) -> Iterator[Finding]:
    """Room where the data folder is."""
    folder = around.settings.store.folder
    there = next((one for one in (folder, *folder.parents) if one.exists()), Path())
    free = shutil.disk_usage(there).free
    words = f"{free / 1024**3:.1f} GiB free for {folder}"
    if free < NOTHING:
        yield failure("disk", f"Only {words}; the store cannot grow.")
    elif free < SCARCE:
        yield warning("disk", f"Only {words}.")
    else:
        yield ok("disk", f"{words}.")
