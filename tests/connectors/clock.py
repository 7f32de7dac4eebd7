"""A clock for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """Stands still until `forward` is called; aware UTC."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def ticks(self) -> float:
        """The same time in seconds, for what measures."""
        return self.at.timestamp()

    def forward(self, by: timedelta) -> None:
        self.at += by
