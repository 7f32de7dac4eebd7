"""An OpenID provider that signs everybody in at once and can be bent at every joint."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "selfserve", "client-secret-of-the-tests-0123456789"
Json = dict[str, Any]


def new_key(kid: str) -> RSAKey:
    """A signing key as providers publish them."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


KEY, STRANGER = new_key("k1"), new_key("k1")
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def _same(value: Any) -> Any:
    return value


@dataclass
class Twisted:
    """A provider for one client; `bend_…` change what it says, `signed` how it signs, `who` who signs in."""

    issuer: str
    who: Json = field(default_factory=lambda: {"sub": "sub-ana", "email": "ana@example.test", "name": "Ana"})
    bend_discovery: Callable[[Json], Any] = _same
    bend_answer: Callable[[Json], Json] = _same
    bend_claims: Callable[[Json], Json] = _same
    bend_tokens: Callable[[Json], Any] = _same
    bend_userinfo: Callable[[Json], Any] = _same
    bend_keys: Callable[[Json], Any] = _same
    signed: Callable[[Json], str] = lambda claims: sign(claims)
    auth_time: Callable[[], int] = lambda: int(time.time())
    asked: list[Json] = field(default_factory=list)
    codes: dict[str, Json] = field(default_factory=dict)
    key_reads: int = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _discovery(self, _: Request) -> Response:
        return answer(
            self.bend_discovery(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                    "end_session_endpoint": f"{self.issuer}/logout",
                    "jwks_uri": f"{self.issuer}/jwks",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["code"],
                }
            )
        )

    async def _keys(self, _: Request) -> Response:
        self.key_reads += 1
        return answer(self.bend_keys({"keys": [KEY.as_dict(private=False)]}))

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        told = self.bend_answer({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 303)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        if asked is None or challenge_of(str(form.get("code_verifier"))) != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = self.bend_claims(self.claims(nonce=asked["nonce"], auth_time=self.auth_time(), **self.who))
        tokens = {"access_token": "at", "token_type": "Bearer", "expires_in": 600, "id_token": self.signed(claims)}
        return answer(self.bend_tokens(tokens))

    async def _userinfo(self, _: Request) -> Response:
        return answer(self.bend_userinfo(dict(self.who)))

    def claims(self, **more: Any) -> Json:
        now = int(time.time())
        return {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 600, **more}

    def logout_claims(self, **more: Any) -> Json:
        """A logout token as it should be, for `sub-ana`."""
        made = self.claims(jti=secrets.token_urlsafe(8), events={EVENT: {}}, sub="sub-ana")
        return {name: value for name, value in {**made, **more}.items() if value is not None}


def sign(claims: Json, key: RSAKey = KEY, **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1", **header}, claims, key)


def unsigned(claims: Json) -> str:
    """`alg: none`, which a signature check must never let pass."""
    return ".".join([*(_part(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)), ""])


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_secret(claims: Json) -> str:
    """HS256 with the client's secret: valid by some rules, but anybody who has the secret could make it."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def by_public_key(claims: Json) -> str:
    """HS256 with our public key's text as the secret: the classic confusion of algorithms, not made by joserfc."""
    body = ".".join(_part(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k1"}, claims))
    return f"{body}.{_part(hmac.digest(KEY.as_pem(private=False), body.encode(), 'sha256'))}"


def with_key_in_header(claims: Json) -> str:
    """Signed by a stranger who sends their own public key along."""
    header = {"alg": "RS256", "jwk": STRANGER.as_dict(private=False)}
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    return jws.serialize_compact(header, json.dumps(claims), STRANGER, registry=registry)


def challenge_of(verifier: str) -> str:
    return _part(hashlib.sha256(verifier.encode()).digest())


def answer(content: Any) -> Response:
    """Whatever a test wants said: a response as it is, text as a page, everything else as JSON."""
    if isinstance(content, Response):
        return content
    return Response(content, media_type="text/html") if isinstance(content, str) else JSONResponse(content)
