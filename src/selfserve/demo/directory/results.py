"""What an operation comes back with, in the numbers of RFC 4511, appendix A, and of the password policy draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Code(IntEnum):
    """Result codes of RFC 4511 that this directory uses."""

    SUCCESS = 0
    PROTOCOL_ERROR = 2
    SIZE_LIMIT_EXCEEDED = 4
    COMPARE_FALSE = 5
    COMPARE_TRUE = 6
    AUTH_METHOD_NOT_SUPPORTED = 7
    STRONGER_AUTH_REQUIRED = 8
    UNAVAILABLE_CRITICAL_EXTENSION = 12
    NO_SUCH_ATTRIBUTE = 16
    UNDEFINED_ATTRIBUTE_TYPE = 17
    CONSTRAINT_VIOLATION = 19
    ATTRIBUTE_OR_VALUE_EXISTS = 20
    INVALID_ATTRIBUTE_SYNTAX = 21
    NO_SUCH_OBJECT = 32
    INVALID_DN_SYNTAX = 34
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    UNWILLING_TO_PERFORM = 53
    NAMING_VIOLATION = 64
    OBJECT_CLASS_VIOLATION = 65
    NOT_ALLOWED_ON_NON_LEAF = 66
    ENTRY_ALREADY_EXISTS = 68
    OTHER = 80


class PolicyError(IntEnum):
    """`error` of the response control of draft-behera-ldap-password-policy-10, section 6.2."""

    PASSWORD_EXPIRED = 0
    ACCOUNT_LOCKED = 1
    CHANGE_AFTER_RESET = 2
    PASSWORD_MOD_NOT_ALLOWED = 3
    MUST_SUPPLY_OLD_PASSWORD = 4
    INSUFFICIENT_PASSWORD_QUALITY = 5
    PASSWORD_TOO_SHORT = 6
    PASSWORD_TOO_YOUNG = 7
    PASSWORD_IN_HISTORY = 8


class Refusal(Exception):  # noqa: N818  it is an answer of the protocol, not a fault of the program
    """An operation that was refused: its code, words for people, and the deepest entry found on the way to its name."""

    def __init__(self, code: Code, text: str = "", *, matched: str = "", policy: PolicyError | None = None) -> None:
        """Raised by any operation, turned into its response by the session."""
        super().__init__(text)
        self.code, self.text, self.matched, self.policy = code, text, matched, policy


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of an operation that was not refused. `value` is the response value of an extended operation."""

    code: Code = Code.SUCCESS
    entries: list[tuple[str, dict[str, list[bytes]]]] = field(default_factory=list)
    value: bytes | None = None
    controls: dict[str, bytes] = field(default_factory=dict)
