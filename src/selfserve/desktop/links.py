"""`selfserve://items/vpn-access` and its kin: which page of ours a link means. Anybody may hand us such a link."""

from __future__ import annotations

import re

LONGEST = 200
REFUSED = "refused"
"""What is handed over in the place of a link that names no page: it is none itself, and nobody's own words."""
_PATH = re.compile(r"(?:items/[a-z0-9][a-z0-9-]{0,98}|requests(?:/R-[A-Z0-9]{2,8})?|mine|approvals|desk)?", re.ASCII)


def path_of(link: str, scheme: str) -> str | None:
    """The path that `link` names on the server of the brand; None for whatever is none of the pages we know.

    Only whole, plain paths: no host, no query, no escapes, no dots, so that a link can never lead to another origin or
    do anything but show a page.
    """
    found = _of(link, scheme)
    return None if found is None or not _PATH.fullmatch(found) else f"/{found}"


def handed_over(link: str, scheme: str) -> str:
    """What a second start tells the running app of `link`: the link itself, or REFUSED. An empty one stays empty."""
    return link if not link or path_of(link, scheme) is not None else REFUSED


def _of(link: str, scheme: str) -> str | None:
    before, colon, rest = link.partition(":")
    if len(link) > LONGEST or not colon or before.lower() != scheme or not rest.startswith("//"):
        return None
    # Browsers add a slash where the first word looks like a host; some desktops take the last one away.
    return rest[2:].removesuffix("/").removeprefix("/")
