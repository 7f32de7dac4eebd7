"""What the directory says about itself: the root entry (RFC 4512, section 5.1), readable by anyone."""

from __future__ import annotations

from selfserve.demo.directory.requests import Search
from selfserve.demo.directory.results import Answer

PAGED = "1.2.840.113556.1.4.319"
PASSWORD_POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"
CONTROLS = (PAGED, PASSWORD_POLICY)

START_TLS = "1.3.6.1.4.1.1466.20037"
PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"


def is_root_search(request: Search) -> bool:
    """True for a search of exactly the root entry."""
    return not request.base and request.scope == 0


def root_entry(suffix: str, request: Search, *, tls: bool) -> Answer:
    """The root entry; operational attributes only where asked for."""
    extensions = (PASSWORD_MODIFY, WHO_AM_I, *([START_TLS] if tls else []))
    operational = {
        "namingContexts": [suffix],
        "supportedLDAPVersion": ["3"],
        "supportedControl": list(CONTROLS),
        "supportedExtension": list(extensions),
        "vendorName": ["selfserve demo"],
    }
    wanted = {name.lower() for name in request.attributes} or {"*"}
    out = {"objectClass": [b"top"]} if wanted & {"*", "objectclass"} else {}
    for name, values in operational.items():
        if wanted & {"+", name.lower()}:
            out[name] = [value.encode() for value in values]
    return Answer(entries=[("", out)])
