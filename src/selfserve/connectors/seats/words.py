"""Sentences about seats."""

from __future__ import annotations

from selfserve.connectors.contract import SeatFigures


def free(figures: SeatFigures) -> int:
    """Seats nobody has; never negative, also where the pool was made smaller than its holders."""
    return max(0, figures.total - figures.taken)


def left(figures: SeatFigures) -> str:
    """`3 of 10 left`, and who waits."""
    waiting = f", {figures.waiting} waiting" if figures.waiting else ""
    return f"{free(figures)} of {figures.total} left{waiting}"


def in_line(label: str, place: int) -> str:
    """What somebody who would have to wait is told before they ask."""
    whose = "You would be next" if place == 1 else f"You would be number {place}"
    return f"Every seat of {label} is taken. {whose} in line and get one as soon as it is free."


def waits(label: str) -> str:
    """What somebody who waits is told. Their place is told when it is read, since it changes."""
    return f"Every seat of {label} is taken. You are in line and get one as soon as it is free."
