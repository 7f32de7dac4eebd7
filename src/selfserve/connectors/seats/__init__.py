"""Licence pools: so many seats or so many keys, and a line of those who wait."""

from selfserve.connectors.seats.connector import SeatArgs, SeatsConnector
from selfserve.connectors.seats.settings import Pool, SeatsSettings

__all__ = ["Pool", "SeatArgs", "SeatsConnector", "SeatsSettings"]
