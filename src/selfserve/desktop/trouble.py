"""What can go wrong between the app and its server, each with a page of its own."""

from __future__ import annotations

import re
import socket
import ssl
import urllib.error
from enum import StrEnum

NOT_YET, EXPIRED = 9, 10
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
BEHIND = (502, 503, 504)
"""By these a proxy says that it would go there, and nobody is there (RFC 9110, sections 15.6.3 to 15.6.5)."""
_NO_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})", re.ASCII)
"""How `http.client` tells the proxy's answer to CONNECT."""


class Kind(StrEnum):
    """The kinds of trouble; each is a key of `words`."""

    UNKNOWN_NAME = "unknown_name"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    CLOCK = "clock"
    PROXY = "proxy"
    PROXY_AWAY = "proxy_away"
    WRONG_SERVER = "wrong_server"
    BUSY = "busy"
    WINDOW = "window"
    NO_APPS = "no_apps"
    TOO_OLD = "too_old"
    SIGNED_OUT = "signed_out"
    FAULT = "fault"


class Trouble(Exception):  # noqa: N818  (a state to show, not a fault)
    """Why the server could not be asked; `detail` is for a human who helps, `why` the server's own word for it, `proxy`
    what was asked in its place and is not there."""

    def __init__(self, kind: Kind, detail: str = "", why: str = "", proxy: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.why, self.proxy = kind, detail[:300], why, proxy


def of_error(error: Exception, proxy: str = "") -> Trouble:
    """The trouble that an error of `urllib` means; `proxy` is the one on the way, if any."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    detail = f"{type(reason).__name__}: {reason}"
    if isinstance(reason, ssl.SSLCertVerificationError) and reason.verify_code in (NOT_YET, EXPIRED):
        return Trouble(Kind.CLOCK, detail)
    if isinstance(reason, ssl.SSLError):
        return Trouble(Kind.TLS, detail)
    refused = _NO_TUNNEL.match(str(reason))
    if refused:
        return Trouble(Kind.UNREACHABLE if int(refused[1]) in BEHIND else Kind.PROXY, detail)
    if proxy and _not_connected(error):
        return Trouble(Kind.PROXY_AWAY, detail, proxy=proxy)
    if isinstance(reason, socket.gaierror):
        return Trouble(Kind.UNKNOWN_NAME, detail)
    return Trouble(Kind.UNREACHABLE, detail)


def _not_connected(error: Exception) -> bool:
    """Whether nobody was there at all; where there is a proxy it is that which was looked for.

    `urllib` wraps what happens until the request is sent, and hands on as it is what happens while it waits.
    """
    reason = error.reason if isinstance(error, urllib.error.URLError) else None
    return isinstance(reason, OSError) and not isinstance(reason, ConnectionResetError | BrokenPipeError)


def of_status(status: int, problem: str, why: str = "") -> Trouble:
    """The trouble that an answer other than expected means; `problem` and `why` are words of its problem document."""
    known = {401: Kind.SIGNED_OUT, 426: Kind.TOO_OLD, 403: Kind.NO_APPS}
    if status == 407:
        return Trouble(Kind.PROXY, "HTTP 407")
    if problem and status in known:
        return Trouble(known[status], f"HTTP {status}: {problem}", why)
    if status >= 500 or status == 429:
        return Trouble(Kind.BUSY, f"HTTP {status}")
    return Trouble(Kind.WRONG_SERVER, f"HTTP {status}")
