"""What a directory answers to a write: the result code with its meaning for us, and the password policy's note."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from selfserve.connectors.contract import FailureKind

POLICY_CONTROL: Final = "1.3.6.1.4.1.42.2.27.8.5.1"
"""OID of the password policy control (draft-behera-ldap-password-policy-10, section 6)."""

_POLICY_ERRORS = (
    "the password has expired",
    "the account is locked",
    "the password must be changed first",
    "changing the password is not allowed",
    "the old password must be supplied",
    "the password is too simple",
    "the password is too short",
    "the password was changed too recently",
    "the password was used before",
    "the password is too long",
)


class Code(IntEnum):
    """Result codes that mean something to us (RFC 4511, appendix A; RFC 4528; 68 and 53 also as Active Directory uses
    them)."""

    SUCCESS = 0
    TIME_LIMIT = 3
    COMPARE_FALSE = 5
    COMPARE_TRUE = 6
    STRONGER_AUTH = 8
    REFERRAL = 10
    CONFIDENTIALITY = 13
    NO_SUCH_ATTRIBUTE = 16
    UNKNOWN_ATTRIBUTE = 17
    NO_MATCHING_RULE = 18
    CONSTRAINT = 19
    VALUE_EXISTS = 20
    NO_SUCH_OBJECT = 32
    INVALID_CREDENTIALS = 49
    NO_RIGHT = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING = 53
    OBJECT_CLASS = 65
    ENTRY_EXISTS = 68
    ASSERTION_FAILED = 122


_KINDS = MappingProxyType(
    {
        Code.TIME_LIMIT: FailureKind.TRANSIENT,
        Code.BUSY: FailureKind.TRANSIENT,
        Code.UNAVAILABLE: FailureKind.TRANSIENT,
        Code.INVALID_CREDENTIALS: FailureKind.AUTH,
        Code.NO_RIGHT: FailureKind.FORBIDDEN,
        Code.STRONGER_AUTH: FailureKind.CONFIG,
        Code.CONFIDENTIALITY: FailureKind.CONFIG,
        Code.REFERRAL: FailureKind.CONFIG,
        Code.NO_SUCH_OBJECT: FailureKind.NOT_FOUND,
    }
)


@dataclass(frozen=True, slots=True)
class PolicyNote:
    """The decoded password policy control; `error` in words, times in seconds, None where absent."""

    error: str | None = None
    expires_in: int | None = None
    grace_left: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of one write: `code` of RFC 4511, the server's own `message`, the host that answered."""

    code: int
    name: str
    message: str
    host: str
    policy: PolicyNote = PolicyNote()

    @property
    def ok(self) -> bool:
        """True where the write happened."""
        return self.code == Code.SUCCESS

    @property
    def kind(self) -> FailureKind:
        """What kind of failure the code is."""
        return _KINDS.get(self.code, FailureKind.PERMANENT)  # type: ignore[call-overload,no-any-return]

    @property
    def words(self) -> str:
        """The refusal in words for staff: the policy's reason first, then the server's text, then the code."""
        said = self.policy.error or self.message.strip().rstrip(".") or self.name
        return f"{said} (result {self.code})"


def decode_policy(value: bytes | None) -> PolicyNote:
    """The note inside the response control: SEQUENCE { [0] warning, [1] error }; empty where it cannot be read."""
    if not value or value[0] != 0x30:
        return PolicyNote()
    error = expires = grace = None
    at = 2
    while at + 2 <= len(value):
        tag, length = value[at], value[at + 1]
        body = value[at + 2 : at + 2 + length]
        at += 2 + length
        if tag == 0x81 and body:
            error = _POLICY_ERRORS[body[0]] if body[0] < len(_POLICY_ERRORS) else f"policy error {body[0]}"
        elif tag == 0xA0 and body[:1] == b"\x80":
            expires = int.from_bytes(body[2:], "big")
        elif tag == 0xA0 and body[:1] == b"\x81":
            grace = int.from_bytes(body[2:], "big")
    return PolicyNote(error, expires, grace)
