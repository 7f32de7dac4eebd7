"""The store the connector's tests use holds to the same contract as the real one."""

from __future__ import annotations

import pytest
from tests.connectors.seat_store_contract import SeatStoreContract
from tests.connectors.seats.memory import MemorySeatStore

from selfserve.connectors.contract import SeatStore


class TestMemorySeatStore(SeatStoreContract):
    """In memory."""

    @pytest.fixture
    def store(self) -> SeatStore:
        return MemorySeatStore()
