"""Why something cannot be packaged."""

from __future__ import annotations


class CannotPackage(Exception):  # noqa: N818 - says what cannot be done
    """Nothing was built; the text is one sentence that says what is in the way and what to do."""
