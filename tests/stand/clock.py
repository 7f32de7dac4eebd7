"""Time that moves only when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the time; `forward` moves it."""

    def __init__(self, start: datetime = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def ticks(self) -> float:
        """The same time in seconds, for what measures."""
        return self().timestamp()

    def forward(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Move on by so much."""
        self.time += timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        return self.time
