"""Which addresses are ours: hosts that are answered, origins that may act, paths that may be gone back to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

LONGEST_NEXT = 1000
_NOT_A_PAGE = ("/auth/", "/sign-in", "/api/", "/_nicegui")


def origin_of(url: str) -> str:
    """`scheme://host[:port]` of an address, as browsers write it in `Origin`; "" for what has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" if port in (None, usual) else f"{parts.scheme}://{host}:{port}"


def from_here(headers: Mapping[str, str], origin: str) -> bool:
    """Whether a page of `origin` sent this, by headers that no script can set; False where a browser tells neither.

    `Origin` is "null" on forms of pages with `Referrer-Policy: no-referrer` (Fetch standard, "append a request Origin
    header"), so `Sec-Fetch-Site` decides there.
    """
    sent = headers.get("origin")
    if sent is not None and sent != "null":
        return sent == origin
    return headers.get("sec-fetch-site") == "same-origin"


def host_name(header: str) -> str:
    """The name in a Host header without its port, in lower case; "" for a malformed one (RFC 9110, section 7.2)."""
    try:
        parts = urlsplit(f"//{header}")
        if parts.netloc != header or parts.username is not None or parts.port == 0 or set(header) & set("/\\ ?#@"):
            return ""
        return (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


def safe_next(wanted: str) -> str:
    """`wanted` where it is a path of a page of ours, "/" for everything else: never another origin."""
    if not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > LONGEST_NEXT:
        return "/"
    if "\\" in wanted or any(ord(sign) < 0x21 or ord(sign) == 0x7F for sign in wanted):
        return "/"
    path = urlsplit(wanted).path
    if "/." in path or "//" in path or path.startswith(_NOT_A_PAGE):
        return "/"
    return quote(wanted, safe="/?&=%:@!$'()*+,;-._~#[]")
