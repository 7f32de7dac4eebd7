"""Stored passwords and their policy: length, history, lock after failures (draft-behera-ldap-password-policy-10)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from selfserve.demo.directory.results import Code, PolicyError, Refusal
from selfserve.demo.directory.tree import Entry, generalized

_SCHEME = b"{SCRYPT}"
_OCTETS = b"1.3.6.1.4.1.1466.115.121.1.40"


@dataclass(frozen=True, slots=True)
class Policy:
    """Shortest password in bytes, how many old ones are remembered, how many failures lock the account."""

    shortest: int = 10
    remembered: int = 3
    failures: int = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password opens the entry, and what its owner's client is told beside that."""

    accepted: bool
    policy: PolicyError | None = None


def hashed(password: bytes, salt: bytes | None = None) -> bytes:
    """The stored form: scrypt with 4 MiB, some five milliseconds, and a salt of its own (RFC 7914)."""
    salt = salt or secrets.token_bytes(12)
    digest = hashlib.scrypt(password, salt=salt, n=4096, r=8, p=1, dklen=32)
    return _SCHEME + base64.b64encode(salt + digest)


def matches(password: bytes, stored: bytes) -> bool:
    """True where `stored` was made of this password; compared in constant time."""
    salt = base64.b64decode(stored.removeprefix(_SCHEME))[:12]
    return hmac.compare_digest(hashed(password, salt), stored)


class Passwords:
    """Checks and sets the passwords of entries by one policy."""

    def __init__(self, policy: Policy, now: Callable[[], datetime]) -> None:
        """`now` gives aware instants."""
        self.policy, self._now = policy, now
        self._nobody = hashed(secrets.token_bytes(16))

    def verify(self, entry: Entry | None, password: bytes) -> Verdict:
        """Check a password as a bind does; a wrong one counts, and an unknown entry costs the same time."""
        stored = entry.get("userpassword") if entry else []
        right = [matches(password, one) for one in stored or [self._nobody]]
        if entry is None:
            return Verdict(accepted=False)
        if entry.get("pwdaccountlockedtime"):
            return Verdict(accepted=False, policy=PolicyError.ACCOUNT_LOCKED)
        if not stored or not any(right):
            self._count(entry)
            return Verdict(accepted=False)
        entry.put("pwdFailureTime", [])
        reset = entry.get("pwdreset") == [b"TRUE"]
        return Verdict(accepted=True, policy=PolicyError.CHANGE_AFTER_RESET if reset else None)

    def is_current(self, entry: Entry, password: bytes) -> bool:
        """True where it is the entry's password now; counts nothing."""
        return any(matches(password, one) for one in entry.get("userpassword"))

    def change(self, entry: Entry, password: bytes) -> None:
        """Set a new password, which also ends every lock, as OpenLDAP does. Raises Refusal where policy says no."""
        if len(password) < self.policy.shortest:
            words = "Password fails quality checking policy"
            raise Refusal(Code.CONSTRAINT_VIOLATION, words, policy=PolicyError.PASSWORD_TOO_SHORT)
        if self.is_current(entry, password):
            words = "Password is not being changed from existing value"
            raise Refusal(Code.CONSTRAINT_VIOLATION, words, policy=PolicyError.PASSWORD_IN_HISTORY)
        if any(matches(password, _remembered(one)) for one in entry.get("pwdhistory")):
            words = "Password is in history of old passwords"
            raise Refusal(Code.CONSTRAINT_VIOLATION, words, policy=PolicyError.PASSWORD_IN_HISTORY)
        self._store(entry, password)

    def remove(self, entry: Entry) -> None:
        """Take the password away and remember it, so that it cannot be set again at once."""
        stamp = generalized(self._now())
        old = [b"#".join((stamp, _OCTETS, str(len(one)).encode(), one)) for one in entry.get("userpassword")]
        entry.put("pwdHistory", [*entry.get("pwdhistory"), *old][-self.policy.remembered :])
        entry.put("userPassword", [])

    def _store(self, entry: Entry, password: bytes) -> None:
        self.remove(entry)
        entry.put("userPassword", [hashed(password)])
        entry.put("pwdChangedTime", [generalized(self._now())])
        for name in ("pwdReset", "pwdFailureTime", "pwdAccountLockedTime"):
            entry.put(name, [])

    def _count(self, entry: Entry) -> None:
        if not entry.get("userpassword"):
            return
        stamp = self._now().strftime("%Y%m%d%H%M%S.%fZ").encode()
        failures = [*entry.get("pwdfailuretime"), stamp][-self.policy.failures :]
        entry.put("pwdFailureTime", failures)
        if len(failures) >= self.policy.failures:
            entry.put("pwdAccountLockedTime", [generalized(self._now())])


def _remembered(history: bytes) -> bytes:
    """The stored password in a `time#syntax#length#data` value of pwdHistory."""
    return history.split(b"#", 3)[3]
