"""What must be remembered while somebody is at the identity provider: an encrypted cookie of ten minutes, used once."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.responses import Response

LASTS = timedelta(minutes=10)
MOST = 4
"""More sign-ins than this under way in one browser are forgotten: a page elsewhere must not fill its cookies."""


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way. `started` is a POSIX time; `again` asks for a fresh proof by the person `again`."""

    state: str
    nonce: str
    verifier: str
    next: str
    started: int
    again: str = ""


class Attempts:
    """Keeps attempts in the browser that began them. `secret` is the installation's own; `clock` gives aware UTC."""

    def __init__(self, secret: str, secure: bool, clock: Callable[[], datetime]) -> None:
        key = HKDF(hashes.SHA256(), 32, salt=None, info=b"selfserve: sign-in under way").derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._secure, self._clock = secure, clock
        self._prefix = "__Host-selfserve-in-" if secure else "selfserve-in-"
        self._used: dict[str, datetime] = {}

    def keep(self, attempt: Attempt, response: Response, cookies: Mapping[str, str]) -> None:
        """Send the attempt to the browser along with `response`; too many earlier ones are dropped."""
        earlier = [name for name in cookies if name.startswith(self._prefix)]
        for name in earlier if len(earlier) >= MOST else ():
            self._forget(name, response)
        sealed = self._fernet.encrypt_at_time(json.dumps(asdict(attempt)).encode(), int(self._clock().timestamp()))
        self._set(self._name(attempt.state), sealed.decode(), int(LASTS.total_seconds()), response)

    def take(self, state: str, cookies: Mapping[str, str]) -> Attempt | None:
        """The attempt that `state` belongs to, once: None where this browser began none, it is too old or was used."""
        now = self._clock()
        self._used = {used: until for used, until in self._used.items() if until > now}
        sealed = cookies.get(self._name(state), "")
        if not state or not sealed or state in self._used:
            return None
        try:
            opened = self._fernet.decrypt_at_time(sealed, int(LASTS.total_seconds()), int(now.timestamp()))
        except InvalidToken:
            return None
        attempt = Attempt(**json.loads(opened))
        if attempt.state != state:
            return None
        self._used[state] = now + LASTS
        return attempt

    def forget(self, state: str, response: Response) -> None:
        """Remove the attempt from the browser, whatever came of it."""
        if state:
            self._forget(self._name(state), response)

    def _forget(self, name: str, response: Response) -> None:
        self._set(name, "", 0, response)

    def _set(self, name: str, value: str, seconds: int, response: Response) -> None:
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _name(self, state: str) -> str:
        return self._prefix + hashlib.sha256(state.encode()).hexdigest()[:12]
