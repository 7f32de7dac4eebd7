"""The one way from a page to the app: one word, with the secret that only the app's own page of this moment holds.

pywebview offers every page more, whoever wrote it: whatever is reached by attribute from the object it is given; words
that are kept, and put unescaped into the script of the next page; answers that are run as a script in whichever page is
shown by then, at a place that the caller named. So its renderers are given `Bridge.came` instead, which does none of
that.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import Any

from webview import util

LONGEST = 40
_TAKER = "js_bridge_call"
"""What pywebview's renderers call with each message of a page; they take it from `webview.util` by name."""


class Bridge:
    """Hears the buttons of the app's own pages, and nobody else."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard, self._secret = heard, ""

    def renewed(self) -> str:
        """The secret of the page that is shown next; the one before is worth nothing any more."""
        self._secret = secrets.token_urlsafe(24)
        return self._secret

    def shut(self) -> None:
        """A page of a server is shown next: no word counts."""
        self._secret = ""

    def bolt(self) -> None:
        """Be the only way in, for renderers that are loaded and for those that will be. Once, before a window shows."""
        if not hasattr(util, _TAKER):
            raise RuntimeError("This pywebview takes what pages send in another way than the one that is bolted here.")
        for name, module in list(sys.modules.items()):
            if name == util.__name__ or (name.startswith("webview.platforms.") and hasattr(module, _TAKER)):
                setattr(module, _TAKER, self.came)

    def offered(self) -> Callable[[object, object], None]:
        """What pages are told there is, for pywebview's `expose`: a function, of which nothing can be reached."""

        def act(secret: object, word: object) -> None:
            self._act(secret, word)

        return act

    def came(self, _window: object, name: object, given: object, _number: object) -> None:
        """A page sent something, of whatever shape; stands for pywebview's `js_bridge_call`. Nothing is answered."""
        if name == "act" and isinstance(given, list) and len(given) == 2:
            self._act(*given)

    def _act(self, secret: object, word: object) -> None:
        known = self._secret
        if not known or not isinstance(secret, str) or not isinstance(word, str) or len(word) > LONGEST:
            return
        if secrets.compare_digest(secret.encode(errors="replace"), known.encode()):
            self._heard(word)


class Nothing:
    """What pywebview may look into for a name that a page sent: without any attribute, `__class__` included."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        raise AttributeError(name)

    def __dir__(self) -> list[str]:
        return []
