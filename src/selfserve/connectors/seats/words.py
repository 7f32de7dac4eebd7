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
    """What somebody who waits is told."""
    whose = "You are next" if place == 1 else f"You are number {place}"
    return f"Every seat of {label} is taken. {whose} in line and get one as soon as it is free."
