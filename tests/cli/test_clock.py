"""`selfserve doctor` compares this machine's clock with the store's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from selfserve.cli.checks.store import check_clock
from selfserve.connectors.contract import Level
from selfserve.store.database import Database


@pytest.mark.parametrize(
    ("apart", "level", "says"),
    [
        (timedelta(0), Level.INFO, "0 s apart."),
        (timedelta(seconds=60), Level.WARNING, "Set up time synchronisation."),
        (timedelta(minutes=-5), Level.ERROR, "what is due would be done at the wrong time"),
    ],
)
def test_a_clock_apart_from_the_store_s_is_told(postgres_url: str, apart: timedelta, level: Level, says: str) -> None:
    """Either way: ahead and behind."""
    database = Database(postgres_url)
    (found,) = check_clock(database, lambda: datetime.now(UTC) + apart)
    database.close()
    assert found.level is level
    assert says in found.text
