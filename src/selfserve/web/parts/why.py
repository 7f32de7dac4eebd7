"""Why work came to the desk, in words for staff."""

from __future__ import annotations

from selfserve.languages.messages import msg

_WHY = {
    "needs_human": (msg("A person does this by design"), "clipboard-list"),
    "declined": (msg("The target declined it"), "hand"),
    "failed": (msg("It failed"), "triangle-alert"),
    "retries_spent": (msg("Tried again and again, without success"), "refresh-cw"),
    "accepted_too_long": (msg("The target has been at it for too long"), "hourglass"),
    "no_approver": (msg("Nobody can decide it"), "users"),
    "revoke_failed": (msg("It could not be taken back"), "undo-2"),
    "drift": (msg("The target differs from what we gave"), "shuffle"),
}


def why_words(why: str) -> str:
    """One clause, to be told; the stable word itself for one that is new."""
    return _WHY.get(why, (why.replace("_", " ").capitalize(), ""))[0]


def why_icon(why: str) -> str:
    """The icon of the reason."""
    return _WHY.get(why, ("", "life-buoy"))[1]
