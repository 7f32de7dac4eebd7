"""The seat connector's memory, as it is lent in a running installation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from selfserve.connectors.contract import SeatStoreError
from selfserve.seat_port import SeatPort
from selfserve.settings.sealing import Sealer
from selfserve.store.database import Database
from selfserve.store.seats import StoredSeats


def test_a_store_that_is_away_is_told_in_the_contracts_own_word(tmp_path: Path) -> None:
    """So that the connector answers with a failure that is tried again, and no exception leaves it."""
    database = Database(f"sqlite:///{tmp_path / 'without-tables.db'}")
    now = datetime(2027, 3, 1, tzinfo=UTC)
    port = SeatPort(StoredSeats(database, Sealer(b"k" * 32)), lambda: now)
    for act in (
        lambda: port.take("zoom", "ana", "k", now),
        lambda: port.look("zoom", "ana"),
        lambda: port.give_back("zoom", "ana", now),
        lambda: port.figures("zoom"),
        lambda: port.declare("zoom", 1),
        lambda: port.declare("zoom", None, ["a"]),
        lambda: port.full(),
    ):
        with pytest.raises(SeatStoreError, match="does not answer"):
            act()
    database.close()
