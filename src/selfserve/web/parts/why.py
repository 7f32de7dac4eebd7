"""Why work came to the desk, in words for staff."""

from __future__ import annotations

_WHY = {
    "needs_human": ("A person does this by design", "clipboard-list"),
    "declined": ("The target declined it", "hand"),
    "failed": ("It failed", "triangle-alert"),
    "retries_spent": ("Tried again and again, without success", "refresh-cw"),
    "accepted_too_long": ("The target has been at it for too long", "hourglass"),
    "no_approver": ("Nobody can decide it", "users"),
    "revoke_failed": ("It could not be taken back", "undo-2"),
    "drift": ("The target differs from what we gave", "shuffle"),
}


def why_words(why: str) -> str:
    """One clause; the stable word itself for one that is new."""
    return _WHY.get(why, (why.replace("_", " ").capitalize(), ""))[0]


def why_icon(why: str) -> str:
    """The icon of the reason."""
    return _WHY.get(why, ("", "life-buoy"))[1]
