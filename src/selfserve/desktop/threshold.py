"""The server's page on which the window of the app gets its session, and where the sign-in page would lead on."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

PATH = "/app/enter"


def entering(entry: str, wanted: str) -> str:
    """What the threshold page runs: it is of the server's origin, so that no other page's call can do the same."""
    sent = json.dumps(json.dumps({"entry": entry, "next": wanted})).replace("<", "\\u003c")
    return (
        f"fetch('{PATH}',{{method:'POST',headers:{{'Content-Type':'application/json'}},body:{sent}}})"
        ".then(answer=>answer.ok?answer.json():{next:''})"
        ".then(told=>location.replace(told.next||'/sign-in'),()=>location.replace('/sign-in'));"
    )


def next_of(path: str) -> str:
    """Where the server's sign-in page would go on; only a path."""
    found = parse_qs(urlsplit(path).query).get("next", ["/"])[0]
    return found if found.startswith("/") and not found.startswith("//") else "/"
