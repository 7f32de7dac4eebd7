"""What the browser says by itself of an act that could not be sent, or is not answered."""

from __future__ import annotations

from selfserve.web.speech import say


def steady() -> dict[str, str]:
    """The words that `steady.js` is handed."""
    return {
        "cut": say("You are not connected at the moment, so nothing was sent. Try again when the connection is back."),
        "late": say("This takes longer than it should. It may still arrive: load the page again before you repeat it."),
    }
