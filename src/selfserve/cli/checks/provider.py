"""Does the identity provider answer as it must, and is its clock ours?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from selfserve.cli.checks.finding import Finding, failure, ok, warning
from selfserve.settings.identity import Oidc

AREA = "sign-in"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SKEW_SEEN, SKEW_TOO_FAR = timedelta(seconds=30), timedelta(minutes=2)
"""ID tokens live for minutes; two minutes off and some are refused."""


def check_provider(oidc: Oidc, now: datetime, transport: httpx.BaseTransport | None = None) -> Iterator[Finding]:
    """Discovery (OpenID Connect Discovery 1.0), keys, algorithms, PKCE, clock."""
    with httpx.Client(timeout=5, transport=transport) as http:
        found = _fetch(http, f"{oidc.issuer}/.well-known/openid-configuration")
        if isinstance(found, Finding):
            yield found
            return
        answer, metadata = found
        yield from _clock(answer, now)
        wrong = list(_wrong(oidc, metadata))
        yield from wrong
        if not any("jwks_uri" in one.text for one in wrong):
            yield from _keys(http, str(metadata["jwks_uri"]))
        if not wrong:
            yield ok(AREA, f"{oidc.issuer} answers, and signs in a way we accept.")


def _fetch(http: httpx.Client, address: str) -> Finding | tuple[httpx.Response, dict[str, Any]]:
    try:
        answer = http.get(address)
        content = answer.raise_for_status().json()
    except httpx.HTTPStatusError as error:
        return failure(AREA, f"{address} answers {error.response.status_code}, not 200.")
    except httpx.HTTPError as error:
        return failure(AREA, f"{address} cannot be reached: {str(error) or type(error).__name__}.")
    except ValueError:
        return failure(AREA, f"{address} does not answer with JSON.")
    if not isinstance(content, dict):
        return failure(AREA, f"{address} does not answer with a JSON object.")
    return answer, content


def _wrong(oidc: Oidc, metadata: dict[str, Any]) -> Iterator[Finding]:
    if metadata.get("issuer") != oidc.issuer:
        yield failure(AREA, f"The provider calls itself {metadata.get('issuer')!r}, not oidc.issuer {oidc.issuer!r}.")
    for name in NEEDED:
        if not isinstance(metadata.get(name), str):
            yield failure(AREA, f"The provider's discovery has no {name}.")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    if not set(offered) & set(oidc.algorithms):
        yield failure(AREA, f"The provider signs with {', '.join(map(str, offered))}; none is in oidc.algorithms.")
    if "S256" not in (metadata.get("code_challenge_methods_supported") or []):
        yield warning(AREA, "The provider does not say that it checks PKCE (S256); we send it all the same.")


def _keys(http: httpx.Client, address: str) -> Iterator[Finding]:
    found = _fetch(http, address)
    if isinstance(found, Finding):
        yield found
    elif not found[1].get("keys"):
        yield failure(AREA, f"{address} holds no key.")


def _clock(answer: httpx.Response, now: datetime) -> Iterator[Finding]:
    """The Date header (RFC 9110, 6.6.1) has whole seconds, which is enough here."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        yield warning("clock", "The provider sends no Date, so clocks cannot be compared.")
        return
    apart = abs(now - theirs.astimezone(UTC))
    words = f"This machine and the provider are {apart.total_seconds():.0f} s apart"
    if apart > SKEW_TOO_FAR:
        yield failure("clock", f"{words}; sign-in will be refused. Set up time synchronisation.")
    elif apart > SKEW_SEEN:
        yield warning("clock", f"{words}. Set up time synchronisation.")
    else:
        yield ok("clock", f"{words}.")
