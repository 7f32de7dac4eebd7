"""How many of what, as the terminal says it."""

from __future__ import annotations

from selfserve.people.signing_out import SignedOut


def ended_words(what: SignedOut) -> str:
    """What ended by signing somebody out; empty for nothing."""
    counted = {
        ("browser session", "browser sessions"): what.browsers,
        ("app", "apps"): what.apps,
        ("window of an app", "windows of apps"): what.windows,
        ("unused code", "unused codes"): what.codes,
    }
    return ", ".join(number(count, *words) for words, count in counted.items() if count)


def number(count: int, one: str, many: str) -> str:
    """`1 app`, `2 apps`."""
    return f"{count} {one if count == 1 else many}"
