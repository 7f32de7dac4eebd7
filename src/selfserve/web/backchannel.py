"""Sign-out told by the provider, server to server (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from selfserve.web.provider import LEEWAY, Provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = 16 * 1024
OLDEST = timedelta(minutes=5)
"""A notice older than this is refused: it was held back or is sent again."""
KEYS_AGAIN = timedelta(minutes=1)
"""Keys are read anew for an unknown key id at most this often, so that forged notices do not hammer the provider."""


class LogoutTokenError(ValueError):
    """The notice is not to be believed; the message is for the log."""


@dataclass(frozen=True)
class LogoutNotice:
    """Whose sessions end: those of the provider's session `sid`, or of `subject`; one of them may be empty."""

    issuer: str
    subject: str
    sid: str
    issued_at: datetime


class BackChannel:
    """Judges logout tokens of one provider."""

    def __init__(self, provider: Provider, clock: Callable[[], datetime]) -> None:
        self._provider, self._clock = provider, clock
        self._met: dict[str, datetime] = {}
        self._keys_read: datetime | None = None

    async def judge(self, token: str) -> LogoutNotice:
        """What a logout token says, every rule of section 2.6 checked. Raises LogoutTokenError; SignInError where the
        provider's keys cannot be had."""
        if len(token) > LONGEST:
            raise LogoutTokenError("longer than any logout token")
        metadata = await self._provider.metadata()
        header, claims = await self._decode(token, metadata["id_token_signing_alg_values_supported"])
        if str(header.get("typ", "logout+jwt")).lower() not in ("logout+jwt", "application/logout+jwt", "jwt"):
            raise LogoutTokenError(f"typ is {header.get('typ')!r}")
        issued_at = self._times(claims)
        self._addressed(claims, metadata["issuer"])
        subject, sid = (_text(claims, name) for name in ("sub", "sid"))
        if not subject and not sid:
            raise LogoutTokenError("neither sub nor sid")
        self._once(claims, issued_at)
        return LogoutNotice(metadata["issuer"], subject, sid, issued_at)

    async def _decode(self, token: str, algorithms: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        try:
            try:
                decoded = jwt.decode(
                    token, KeySet.import_key_set(await self._provider.keys(again=False)), registry=registry
                )
            except InvalidKeyIdError:
                again = KeySet.import_key_set(await self._provider.keys(again=self._may_read_keys()))
                decoded = jwt.decode(token, again, registry=registry)
        except (JoseError, ValueError, TypeError) as error:
            raise LogoutTokenError(f"not signed by the provider ({type(error).__name__})") from error
        return dict(decoded.header), dict(decoded.claims)

    def _may_read_keys(self) -> bool:
        now = self._clock()
        if self._keys_read is not None and now - self._keys_read < KEYS_AGAIN:
            return False
        self._keys_read = now
        return True

    def _times(self, claims: dict[str, Any]) -> datetime:
        now, issued, expires = self._clock().timestamp(), claims.get("iat"), claims.get("exp")
        if not _number(issued) or not now - OLDEST.total_seconds() <= issued <= now + LEEWAY:
            raise LogoutTokenError(f"iat is {issued!r}")
        if not _number(expires) or expires < now - LEEWAY:
            raise LogoutTokenError(f"exp is {expires!r}")
        return datetime.fromtimestamp(issued, UTC)

    def _addressed(self, claims: dict[str, Any], issuer: str) -> None:
        client_id = self._provider.oidc.client_id
        if claims.get("iss") != issuer:
            raise LogoutTokenError(f"iss is {claims.get('iss')!r}")
        if claims.get("aud") not in (client_id, [client_id]):
            raise LogoutTokenError(f"aud is {claims.get('aud')!r}")
        if "nonce" in claims:
            raise LogoutTokenError("it has a nonce, as an ID token has")
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise LogoutTokenError("events does not say logout")

    def _once(self, claims: dict[str, Any], issued_at: datetime) -> None:
        jti, now = _text(claims, "jti"), self._clock()
        self._met = {met: until for met, until in self._met.items() if until > now}
        if not jti:
            raise LogoutTokenError("no jti")
        if jti in self._met:
            raise LogoutTokenError("the same notice again")
        self._met[jti] = issued_at + OLDEST + timedelta(seconds=2 * LEEWAY)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > 255:
        raise LogoutTokenError(f"{name} is no text of at most 255 characters")
    return value


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
