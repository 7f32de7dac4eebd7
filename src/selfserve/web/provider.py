"""The company's OpenID provider, by authlib, with all checked that authlib leaves open (OpenID Connect Core 1.0)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import httpx
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.errors import JoseError

from selfserve.settings.identity import Oidc
from selfserve.web.attempts import Attempt
from selfserve.web.faults import Fault, SignInError
from selfserve.web.origins import origin_of

log = structlog.get_logger(__name__)
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
TIMEOUT = 8
"""Seconds the provider may take for one answer."""
KEEP = timedelta(hours=1)
"""How long discovery and keys are believed before they are read again."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""`auth_time` of a provider that does not tell it: no act that needs a fresh proof goes through on it."""
LONGEST = 2_000
"""Characters of a claim; more is no name, address or id."""


@dataclass(frozen=True)
class Proven:
    """What the provider proved about one person; every check is behind us."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    authenticated_at: datetime
    id_token: str = field(repr=False)

    @property
    def sid(self) -> str:
        """The provider's id of its own session, for back-channel logout."""
        sid = self.claims.get("sid")
        return sid if isinstance(sid, str) else ""

    def text(self, claim: str) -> str:
        """A claim that is a text; "" where it is absent or something else."""
        value = self.claims.get(claim)
        return value if isinstance(value, str) and len(value) <= LONGEST else ""

    def texts(self, claim: str) -> list[str]:
        """A claim that is a list of texts, or one text."""
        value = self.claims.get(claim) if claim else None
        return [value] if isinstance(value, str) else [one for one in value or () if isinstance(one, str)]


class Provider:
    """Sends people to the provider and judges what comes back. Every fault is a `SignInError`, never anything else."""

    def __init__(self, oidc: Oidc, client_secret: str | None, redirect_uri: str, clock: Callable[[], datetime]) -> None:
        self.oidc, self.redirect_uri, self._clock = oidc, redirect_uri, clock
        self._client_secret = client_secret
        # One for all requests: making one reads every authority of the system.
        self._trust = ssl.create_default_context()
        self._client = self._new_client()
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    def _new_client(self) -> StarletteOAuth2App:
        return OAuth().register(
            "provider",
            server_metadata_url=f"{self.oidc.issuer}/.well-known/openid-configuration",
            client_id=self.oidc.client_id,
            client_secret=self._client_secret,
            client_kwargs={
                "scope": " ".join(self.oidc.scopes),
                "code_challenge_method": "S256",
                "timeout": TIMEOUT,
                "verify": self._trust,
            },
        )

    async def metadata(self) -> dict[str, Any]:
        """The provider's discovery document, read at most once an hour, with only signatures we accept left in it."""
        async with self._reading:
            if self._read_at is None or self._clock() - self._read_at >= KEEP:
                # A client of its own: sign-ins under way keep the document they began with.
                client = self._new_client()
                try:
                    await client.load_server_metadata()
                    self._judge_metadata(client.server_metadata)
                except Exception as error:
                    _refuse(error, "discovery")
                self._client, self._read_at = client, self._clock()
        return dict(self._client.server_metadata)

    def _judge_metadata(self, known: dict[str, Any]) -> None:
        if str(known.get("issuer", "")).rstrip("/") != self.oidc.issuer.rstrip("/"):
            raise SignInError(Fault.BAD_ANSWER, f"discovery names the issuer {known.get('issuer')!r}")
        offered = known.get("id_token_signing_alg_values_supported") or ["RS256"]
        accepted = [name for name in offered if name in self.oidc.algorithms]
        if not accepted:
            raise SignInError(Fault.BAD_ANSWER, f"discovery offers only the signatures {offered}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._judge_endpoint(name, known.get(name))
        for name in ("userinfo_endpoint", "end_session_endpoint"):
            if known.get(name) is not None:
                self._judge_endpoint(name, known[name])
        known["id_token_signing_alg_values_supported"] = accepted
        known["token_endpoint_auth_method"] = self._authentication(known)

    def _judge_endpoint(self, name: str, address: object) -> None:
        origin = origin_of(address) if isinstance(address, str) else ""
        if not origin or (origin.startswith("http:") and not self.oidc.issuer.startswith("http:")):
            raise SignInError(Fault.BAD_ANSWER, f"discovery names the {name} {address!r}")

    def _authentication(self, known: dict[str, Any]) -> str:
        if self._client_secret is None:
            return "none"
        offered = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    async def begin(self, wanted: str, again: str = "") -> tuple[str, Attempt]:
        """Where to send the browser, and what to remember meanwhile; `again` asks for a fresh proof by that person."""
        await self.metadata()
        extra: dict[str, Any] = {"max_age": 0, "prompt": "login"} if again else {}
        try:
            made = await self._client.create_authorization_url(self.redirect_uri, **extra)
        except Exception as error:
            _refuse(error, "authorization address")
        started = int(self._clock().timestamp())
        return made["url"], Attempt(made["state"], made["nonce"], made["code_verifier"], wanted, started, again)

    async def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> Proven:
        """Who came back with the callback's query parameters `answer`; raises SignInError for every fault."""
        metadata = await self.metadata()
        self._judge_answer(answer, metadata)
        try:
            token = await self._client.fetch_access_token(
                redirect_uri=self.redirect_uri, code=answer["code"], code_verifier=attempt.verifier
            )
            claims = await self._id_token(token, attempt, metadata["issuer"])
            told = await self._userinfo(token, claims, metadata)
        except Exception as error:
            _refuse(error, "answer")
        return Proven(
            issuer=metadata["issuer"],
            subject=claims["sub"],
            claims={**told, **claims},
            authenticated_at=self._authenticated_at(claims, attempt),
            id_token=token["id_token"],
        )

    def _judge_answer(self, answer: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
        issuer = answer.get("iss")
        promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if issuer != metadata["issuer"] and (promised or issuer is not None):
            # RFC 9207: the answer of another provider mixed in.
            raise SignInError(Fault.BAD_ANSWER, f"the answer came from {issuer!r}")
        error = answer.get("error")
        if error:
            fault = Fault.CANCELLED if error == "access_denied" else Fault.REFUSED
            raise SignInError(fault, f"{error[:100]}: {answer.get('error_description', '')[:300]}")
        if not answer.get("code"):
            raise SignInError(Fault.BAD_ANSWER, "the answer has neither code nor error")

    async def _id_token(self, token: dict[str, Any], attempt: Attempt, issuer: str) -> dict[str, Any]:
        if not isinstance(token.get("id_token"), str):
            raise SignInError(Fault.BAD_ANSWER, "no ID token came")
        options = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": self.oidc.client_id},
            "sub": {"essential": True},
        }
        claims = dict(
            await self._client.parse_id_token(token, nonce=attempt.nonce, claims_options=options, leeway=LEEWAY) or {}
        )
        if claims.get("aud") not in (self.oidc.client_id, [self.oidc.client_id]):
            raise SignInError(Fault.BAD_ANSWER, f"the ID token is also for others: {claims.get('aud')!r}")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise SignInError(Fault.BAD_ANSWER, "the subject is no text of 1 to 255 characters")
        return claims

    async def _userinfo(
        self, token: dict[str, Any], claims: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> dict[str, Any]:
        if not metadata.get("userinfo_endpoint") or not token.get("access_token"):
            return {}
        told = dict(await self._client.userinfo(token=token))
        if told.get("sub") != claims["sub"]:
            raise SignInError(Fault.BAD_ANSWER, "userinfo speaks of somebody else")
        return told

    def _authenticated_at(self, claims: Mapping[str, Any], attempt: Attempt) -> datetime:
        told = claims.get("auth_time")
        seconds = int(told) if isinstance(told, int | float) and 0 < told < 1e11 else None
        if attempt.again and (seconds is None or seconds < attempt.started - LEEWAY):
            raise SignInError(Fault.NOT_AGAIN, f"auth_time {told!r} is no fresh proof")
        return NEVER if seconds is None else datetime.fromtimestamp(seconds, UTC)

    async def sign_out_address(self, back_to: str, id_token: str) -> str | None:
        """Where the browser signs out at the provider too; None where it has no such place or cannot be asked.

        OpenID Connect RP-Initiated Logout 1.0.
        """
        try:
            metadata = await self.metadata()
            if not metadata.get("end_session_endpoint"):
                return None
            made = await self._client.create_logout_url(
                post_logout_redirect_uri=back_to, id_token_hint=id_token or None, client_id=self.oidc.client_id
            )
        except (SignInError, RuntimeError, ValueError) as error:
            log.warning("sign_out.provider_not_asked", why=str(error))
            return None
        return str(made["url"])

    async def keys(self, *, again: bool) -> Any:
        """The provider's public keys as a JWK set; `again` reads them anew."""
        await self.metadata()
        return await self._client.fetch_jwk_set(force=again)

    @property
    def origins(self) -> list[str]:
        """Where forms of ours may lead: the issuer and its sign-out place, as far as known."""
        known = self._client.server_metadata.get("end_session_endpoint")
        return [origin_of(self.oidc.issuer), *([origin_of(known)] if isinstance(known, str) else [])]


def _refuse(error: Exception, what: str) -> NoReturn:
    """Every way a provider can fail as one of ours; nothing it sends may become a stack trace on a page."""
    if isinstance(error, SignInError):
        raise error
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code < 500:
        raise SignInError(Fault.BAD_ANSWER, f"{what}: HTTP {error.response.status_code}") from error
    if isinstance(error, httpx.HTTPError):
        raise SignInError(Fault.UNREACHABLE, f"{what}: {type(error).__name__} {error}") from error
    if isinstance(error, OAuthError | JoseError):
        raise SignInError(Fault.BAD_ANSWER, f"{what}: {type(error).__name__} {error}") from error
    log.warning("provider.unreadable", what=what, exc_info=error)
    raise SignInError(Fault.BAD_ANSWER, f"{what}: unreadable ({type(error).__name__})") from error
