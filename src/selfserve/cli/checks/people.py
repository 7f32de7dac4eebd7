"""Are people read from the directory, and does what it says of them make sense?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from selfserve.cli.checks.finding import Finding, ok, warning
from selfserve.cli.surroundings import Surroundings
from selfserve.people import doubts
from selfserve.people.sync import SOURCE
from selfserve.store.tables import SyncMark

AREA = "people"
LATE = 3
"""A reading is late after so many times the span between two, and never within an hour."""


def check_people(around: Surroundings) -> Iterator[Finding]:
    """When they were read, what was odd, and whether a reading was refused; nothing where the store is not ready."""
    if not around.store_ready:
        return
    with around.any_database() as database, database.read() as session:
        mark = session.get(SyncMark, SOURCE)
    if mark is None or mark.ran_at is None:
        yield warning(AREA, "Nobody was read from the directory yet; run `selfserve people sync`.")
        return
    yield _when(around, mark.ran_at, mark.figures.get("present", 0))
    yield from (warning(AREA, text) for text in [*mark.figures.get("alarms", []), *doubts.sentences(mark.figures)])


def _when(around: Surroundings, ran_at: datetime, present: int) -> Finding:
    words = f"{present} people are present; the directory was last read on {ran_at:%Y-%m-%d at %H:%M} UTC."
    late = around.now() - ran_at > max(LATE * around.settings.directory.every, timedelta(hours=1))
    return warning(AREA, f"{words} That is long ago: does a worker run?") if late else ok(AREA, words)
