"""Sentences about seats."""

from __future__ import annotations

from selfserve.connectors.contract import SeatFigures
from selfserve.languages.messages import msg


def free(figures: SeatFigures) -> int:
    """Seats nobody has; never negative, also where the pool was made smaller than its holders."""
    return max(0, figures.total - figures.taken)


def left(figures: SeatFigures) -> str:
    """`3 of 10 left`, and who waits."""
    if not figures.waiting:
        return msg("{free} of {total} left", free=free(figures), total=figures.total)
    return msg(
        "{free} of {total} left, {waiting} waiting", free=free(figures), total=figures.total, waiting=figures.waiting
    )


def in_line(label: str, place: int) -> str:
    """What somebody who would have to wait is told before they ask."""
    if place == 1:
        return msg(
            "Every seat of {label} is taken. You would be next in line and get one as soon as it is free.", label=label
        )
    return msg(
        "Every seat of {label} is taken. You would be number {place} in line and get one as soon as it is free.",
        label=label,
        place=place,
    )


def waits(label: str) -> str:
    """What somebody who waits is told. Their place is told when it is read, since it changes."""
    return msg("Every seat of {label} is taken. You are in line and get one as soon as it is free.", label=label)


def leaving(count: int) -> str:
    """For staff: what somebody holds that the pool does not give any more, and what they can do."""
    if count == 1:
        return "one seat that the settings no longer list is held; nobody else gets it, and it ends with its grant."
    return (
        f"{count} seats that the settings no longer list are held; nobody else gets them, and each ends with its grant."
    )


def unread(count: int) -> str:
    """For staff: why no key is added, and what to do."""
    one = "one held licence key" if count == 1 else f"{count} held licence keys"
    return (
        f"no configured sealing key opens {one}, so no new key is given out: it could be the same. "
        "Put the former sealing key into server.former_sealing_keys and restart."
    )
