"""Sentences about seats."""

from __future__ import annotations

from selfserve.connectors.contract import SeatFigures
from selfserve.languages.messages import msg, msg_n


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


def stock(label: str, figures: SeatFigures, buyer: str = "") -> str:
    """For staff: what is left of a pool, and who buys more where it runs short."""
    if buyer:
        return msg("{label}: {left}; {team} buys more.", label=label, left=left(figures), team=buyer)
    return msg("{label}: {left}.", label=label, left=left(figures))


def leaving(label: str, count: int) -> str:
    """For staff: what somebody holds that the pool does not give any more, and what they can do."""
    return msg_n(
        "{label}: one seat that the settings no longer list is held; nobody else gets it, and it ends with its grant.",
        "{label}: {count} seats that the settings no longer list are held; nobody else gets them, and each ends with "
        "its grant.",
        count,
        label=label,
    )


def unread(label: str, count: int) -> str:
    """For staff: why no key is added, and what to do."""
    return msg_n(
        "{label}: no configured sealing key opens one held licence key, so no new key is given out: it could be the "
        "same. Put the former sealing key into server.former_sealing_keys and restart.",
        "{label}: no configured sealing key opens {count} held licence keys, so no new key is given out: it could be "
        "the same. Put the former sealing key into server.former_sealing_keys and restart.",
        count,
        label=label,
    )
