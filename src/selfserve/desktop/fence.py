"""Which address may load in the app's window: the company's server; the rest of the web belongs into the browser."""

from __future__ import annotations

from enum import Enum, auto
from urllib.parse import urlsplit

_OWN = ("", "about:blank", "about:srcdoc")


class Where(Enum):
    """What becomes of an address."""

    WINDOW = auto()
    BROWSER = auto()
    NOWHERE = auto()


def where(address: str, origin: str) -> Where:
    """What becomes of `address` for an app on `origin`; only http, https, mail and telephone lead anywhere."""
    if address in _OWN:
        return Where.WINDOW
    try:
        parts = urlsplit(address)
        found = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        return Where.NOWHERE
    if found == origin:
        return Where.WINDOW
    return Where.BROWSER if parts.scheme in ("http", "https", "mailto", "tel") else Where.NOWHERE


def path_at(address: str, origin: str) -> str | None:
    """The path and query of an address of ours; None for every other."""
    if not address.startswith(f"{origin}/"):
        return None if address != origin else "/"
    return address.removeprefix(origin).partition("#")[0]
