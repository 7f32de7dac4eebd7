"""An OpenID provider for the demo: authorization code with PKCE, one screen to sign in, loopback only.

It follows OpenID Connect Core 1.0 and RFC 7636 where a client would notice. `FAULTS` names the ways it can be told to
misbehave, for tests of the side that must not believe it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from selfserve.demo.company import Company
from selfserve.demo.sign_in_page import LOOKS, message_page, sign_in_page
from selfserve.web.theme import STATIC

FAULTS = ("aud", "aud-empty", "aud-azp", "iss", "exp", "nonce", "no-nonce", "no-idtoken", "none", "badsig", "ui-sub")
"""Wrong or missing audience, audience of another with us as `azp`, wrong issuer, expired, wrong or no nonce, no ID
token, an unsigned one, one signed by a stranger, and userinfo of somebody else."""

_CODE_LIVES = timedelta(seconds=60)
_TOKEN_LIVES = timedelta(minutes=10)
_COOKIE = "fernhill_sign_in"
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Who may send people here; no `secret` is a public client. Addresses must match to the letter."""

    id: str
    redirect_uris: tuple[str, ...]
    secret: str = ""
    signed_out_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _SignIn:
    login: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Grant:
    asked: _Parameters
    who: _SignIn
    ends: datetime


@dataclass(slots=True)
class _Memory:
    """What the provider knows; gone when it stops."""

    codes: dict[str, _Grant] = field(default_factory=dict)
    tokens: dict[str, _Grant] = field(default_factory=dict)
    sessions: dict[str, _SignIn] = field(default_factory=dict)


class _RefusedError(Exception):
    """A request that is sent back to the client with an error of RFC 6749 or OpenID Connect."""


def identity_provider(
    company: Company,
    issuer: str,
    clients: tuple[Client, ...],
    *,
    now: Callable[[], datetime],
    check: Callable[[str, str], bool],
    groups: Callable[[str], list[str]] | None = None,
    locked: Callable[[str], bool] = lambda _: False,
    fault: str = "",
) -> Starlette:
    """The provider as an ASGI application, to be served at `issuer` (no slash at its end).

    `check(login, password)` decides a sign-in, so that a lock or a reset in the directory counts; `groups(login)` fills
    the groups claim, the company's own where it is left out; `locked(login)` ends a session here that was opened before
    the lock. `fault` is one of FAULTS. Raises ValueError for another.
    """
    if fault and fault not in FAULTS:
        raise ValueError(f"The demo identity provider has no fault {fault!r}; it has {', '.join(FAULTS)}.")
    people = _People(company, check, groups or company.groups_of, locked)
    provider = _Provider(people, issuer, {one.id: one for one in clients}, now, fault)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.configuration),
            Route("/jwks", provider.keys),
            Route("/authorize", provider.authorize, methods=["GET", "POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo, methods=["GET", "POST"]),
            Route("/logout", provider.end_session, methods=["GET", "POST"]),
            *(Route(f"/look/{name}", _file(STATIC / name)) for name in LOOKS),
        ]
    )


def _file(path: Path) -> Callable[[Request], FileResponse]:
    return lambda _: FileResponse(path, headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"})


@dataclass(frozen=True, slots=True)
class _People:
    """Who there is, and what is asked about them elsewhere."""

    company: Company
    check: Callable[[str, str], bool]
    groups: Callable[[str], list[str]]
    locked: Callable[[str], bool]


class _Provider:
    def __init__(
        self, people: _People, issuer: str, clients: Mapping[str, Client], now: Callable[[], datetime], fault: str
    ) -> None:
        self._people, self._issuer, self._clients, self._now, self._fault = people, issuer, clients, now, fault
        self._company = people.company
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"})
        self._memory = _Memory()

    async def configuration(self, _: Request) -> Response:
        """Discovery."""
        algorithms = ["RS256", "none"] if self._fault == "none" else ["RS256"]
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "userinfo_endpoint": f"{self._issuer}/userinfo",
                "jwks_uri": f"{self._issuer}/jwks",
                "end_session_endpoint": f"{self._issuer}/logout",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": algorithms,
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "scopes_supported": ["openid", "profile", "email", "groups"],
                "claims_supported": ["sub", "auth_time", "name", "preferred_username", "email", "locale", "groups"],
                "prompt_values_supported": ["none", "login"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: Request) -> Response:
        """The public key."""
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """The sign-in page, or straight back to the client with a code where a session is fresh enough."""
        asked = request.query_params
        client = self._clients.get(asked.get("client_id", ""))
        if client is None or asked.get("redirect_uri") not in client.redirect_uris:
            # Never sent on: an address nobody registered could be anybody's (RFC 6749, section 4.1.2.1).
            return message_page("This sign-in link is not valid", "It names an app or an address unknown here.", 400)
        try:
            _check_authorization(asked)
            if request.method == "POST":
                return await self._sign_in(request, asked)
            return self._resume(request, asked)
        except _RefusedError as refusal:
            return _back(asked, self._issuer, error=str(refusal))

    def _resume(self, request: Request, asked: QueryParams) -> Response:
        session = self._memory.sessions.get(request.cookies.get(_COOKIE, ""))
        if session is not None and self._fresh(session, asked) and self._welcome(session.login):
            return self._send_code(asked, session)
        if asked.get("prompt") == "none":
            raise _RefusedError("login_required")
        person = self._company.person(asked.get("login_hint", ""))
        return sign_in_page(self._company, asked, login=person.login if person else "", fill=person is not None)

    def _fresh(self, session: _SignIn, asked: QueryParams) -> bool:
        if asked.get("prompt") in ("login", "select_account"):
            return False
        oldest = asked.get("max_age")
        return oldest is None or self._now() - session.at <= timedelta(seconds=int(oldest))

    def _welcome(self, login: str) -> bool:
        return self._company.person(login) is not None and not self._people.locked(login)

    async def _sign_in(self, request: Request, asked: QueryParams) -> Response:
        form = await request.form()
        login, password = _field(form, "login"), _field(form, "password")
        person = self._company.person(login)
        # The check runs for unknown names too, so that its time does not tell who exists.
        accepted = await run_in_threadpool(self._people.check, login, password)
        if person is None or not accepted:
            return sign_in_page(self._company, asked, login=login, fill=False, refused=True)
        session, name = _SignIn(person.login, self._now()), secrets.token_urlsafe(32)
        self._memory.sessions.pop(request.cookies.get(_COOKIE, ""), None)
        self._memory.sessions[name] = session
        answer = self._send_code(asked, session)
        path = urlsplit(self._issuer).path or "/"
        secure = self._issuer.startswith("https:")
        answer.set_cookie(_COOKIE, name, path=path, httponly=True, samesite="lax", secure=secure)
        return answer

    def _send_code(self, asked: QueryParams, session: _SignIn) -> Response:
        for code in [code for code, grant in self._memory.codes.items() if grant.ends < self._now()]:
            del self._memory.codes[code]
        code = secrets.token_urlsafe(32)
        self._memory.codes[code] = _Grant(dict(asked), session, self._now() + _CODE_LIVES)
        return _back(asked, self._issuer, code=code)

    async def token(self, request: Request) -> Response:
        """Tokens for a code, once."""
        form = await request.form()
        client = self._client(request, form)
        if client is None:
            headers = {"WWW-Authenticate": "Basic", **_PRIVATE}
            return JSONResponse({"error": "invalid_client"}, 401, headers)
        if _field(form, "grant_type") != "authorization_code":
            return JSONResponse({"error": "unsupported_grant_type"}, 400, _PRIVATE)
        # Taken out before any check: a code is spent by the first who shows it, right or wrong.
        grant = self._memory.codes.pop(_field(form, "code"), None)
        if grant is None or not self._redeemable(grant, client, form):
            return JSONResponse({"error": "invalid_grant"}, 400, _PRIVATE)
        return JSONResponse(self._tokens(client, grant), headers=_PRIVATE)

    def _client(self, request: Request, form: FormData) -> Client | None:
        name, secret = _field(form, "client_id"), _field(form, "client_secret")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            name, secret = _basic(encoded)
        client = self._clients.get(name)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            return None
        return client

    def _redeemable(self, grant: _Grant, client: Client, form: FormData) -> bool:
        verifier = _field(form, "code_verifier")
        challenge = _base64url(hashlib.sha256(verifier.encode()).digest())
        return (
            grant.ends >= self._now()
            and grant.asked["client_id"] == client.id
            and grant.asked["redirect_uri"] == _field(form, "redirect_uri")
            and hmac.compare_digest(challenge, grant.asked["code_challenge"])
        )

    def _tokens(self, client: Client, grant: _Grant) -> dict[str, Any]:
        ends, access = self._now() + _TOKEN_LIVES, secrets.token_urlsafe(32)
        self._memory.tokens[access] = _Grant(grant.asked, grant.who, ends)
        found = {"access_token": access, "token_type": "Bearer", "expires_in": int(_TOKEN_LIVES.total_seconds())}
        found["scope"] = grant.asked["scope"]
        if self._fault != "no-idtoken":
            found["id_token"] = self._signed(self._claims(client, grant))
        return found

    def _claims(self, client: Client, grant: _Grant) -> dict[str, Any]:
        issued = int(self._now().timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": client.id,
            "iat": issued,
            "exp": issued + int(_TOKEN_LIVES.total_seconds()),
            "auth_time": int(grant.who.at.timestamp()),
            **self._about(grant),
        }
        if "nonce" in grant.asked:
            claims["nonce"] = grant.asked["nonce"]
        return _misled(claims, self._fault, client)

    def _about(self, grant: _Grant) -> dict[str, Any]:
        """The claims about the person that the scopes of the request allow (OpenID Connect Core, section 5.4)."""
        person = self._company.person(grant.who.login)
        assert person is not None, "only people of the company sign in"
        scopes = grant.asked["scope"].split()
        found: dict[str, Any] = {"sub": person.login}
        if "profile" in scopes:
            found |= {"name": person.name, "preferred_username": person.login, "locale": person.language}
        if "email" in scopes:
            found |= {"email": self._company.mail(person), "email_verified": True}
        if "groups" in scopes:
            found["groups"] = self._people.groups(person.login)
        return found

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": self._key.kid}
        if self._fault == "none":
            return ".".join((*(_base64url(json.dumps(one).encode()) for one in ({"alg": "none"}, claims)), ""))
        key = RSAKey.generate_key(2048) if self._fault == "badsig" else self._key
        return jwt.encode(header, claims, key)

    async def userinfo(self, request: Request) -> Response:
        """The claims for an access token."""
        scheme, _, access = request.headers.get("authorization", "").partition(" ")
        grant = self._memory.tokens.get(access) if scheme.lower() == "bearer" else None
        if grant is None or grant.ends < self._now():
            return JSONResponse({"error": "invalid_token"}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        found = self._about(grant)
        if self._fault == "ui-sub":
            found["sub"] = next(one.login for one in self._company.people if one.login != found["sub"])
        return JSONResponse(found, headers=_PRIVATE)

    async def end_session(self, request: Request) -> Response:
        """Sign out here, then back to an address the client registered for that (RP-Initiated Logout 1.0)."""
        asked = FormData(request.query_params) if request.method == "GET" else await request.form()
        self._memory.sessions.pop(request.cookies.get(_COOKIE, ""), None)
        client = self._clients.get(_field(asked, "client_id") or self._audience(_field(asked, "id_token_hint")))
        target = _field(asked, "post_logout_redirect_uri")
        if client is None or target not in client.signed_out_uris:
            return message_page("You are signed out", "You can close this page.", 200)
        state = _field(asked, "state")
        return RedirectResponse(_with(target, {"state": state} if state else {}), 303)

    def _audience(self, hint: str) -> str:
        try:
            return str(jwt.decode(hint, self._key).claims.get("aud", ""))
        except (JoseError, ValueError):
            return ""


def _check_authorization(asked: QueryParams) -> None:
    if asked.get("response_type") != "code":
        raise _RefusedError("unsupported_response_type")
    if "openid" not in asked.get("scope", "").split():
        raise _RefusedError("invalid_scope")
    challenge = asked.get("code_challenge", "")
    if asked.get("code_challenge_method") != "S256" or len(challenge) != 43 or not challenge.isascii():
        raise _RefusedError("invalid_request")
    oldest = asked.get("max_age", "0")
    if not (oldest.isascii() and oldest.isdigit() and len(oldest) < 10):
        raise _RefusedError("invalid_request")


def _misled(claims: dict[str, Any], fault: str, client: Client) -> dict[str, Any]:
    """The claims with the fault in them that a client must notice."""
    wrong: dict[str, dict[str, Any]] = {
        "aud": {"aud": "somebody-else"},
        "aud-empty": {"aud": []},
        "aud-azp": {"aud": ["somebody-else"], "azp": client.id},
        "iss": {"iss": "https://stranger.example"},
        "exp": {"iat": claims["iat"] - 1200, "exp": claims["iat"] - 600},
        "nonce": {"nonce": "of-another-sign-in"},
    }
    left_out = {"nonce"} if fault == "no-nonce" else set()
    return {name: value for name, value in (claims | wrong.get(fault, {})).items() if name not in left_out}


def _back(asked: QueryParams, issuer: str, **answer: str) -> Response:
    """Back to the client's (checked) address with an answer, its state and who we are (RFC 9207)."""
    state = {"state": asked["state"]} if "state" in asked else {}
    return RedirectResponse(_with(asked["redirect_uri"], {**answer, **state, "iss": issuer}), 303, _PRIVATE)


def _with(address: str, parameters: Mapping[str, str]) -> str:
    if not parameters:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


def _basic(encoded: str) -> tuple[str, str]:
    """Client and secret of an Authorization header, each form-encoded (RFC 6749, section 2.3.1)."""
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
