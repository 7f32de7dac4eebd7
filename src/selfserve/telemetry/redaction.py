"""Takes secrets out of what is logged: by the names of fields, and by the look of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[redacted]"
_DEEPEST = 6
_NAMES = frozenset(
    {
        "auth", "authorization", "bearer", "cookie", "cookies", "credential", "credentials", "licence", "license",
        "otp", "passphrase", "passwd", "password", "passwords", "pin", "pwd", "secret", "secrets", "token", "tokens",
        "userpassword", "unicodepwd", "apikey", "plaintext",
    }
)  # fmt: skip
_ABOUT = frozenset({"count", "id", "kind", "label", "name", "ref", "length", "endpoint", "url"})
"""`token_id` tells about a token without being one."""
_WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*")

_LOOKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\bss_[0-9a-f]{32}_[A-Za-z0-9_-]{43}"), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"), HIDDEN),
    (re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    (
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|\Z)",
            re.DOTALL,
        ),
        HIDDEN,
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})"), HIDDEN),
    (re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{10,}"), HIDDEN),
    (re.compile(r"\bsk[-_][A-Za-z0-9_-]{16,}"), HIDDEN),
    (
        re.compile(
            r"\b((?:[a-z]+[_-])*(?:password|passwd|pwd|passphrase|passwort|kennwort|secret|token|api[_-]?key|access[_-]?key"
            r"|code_verifier|assertion)['\"]?\s*[=:]\s*['\"]?)"
            r"[^\s'\"&,;)}\]]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (  # said in passing: "password is hunter2"; a word without a digit may as well be "password reset"
        re.compile(
            r"\b((?:password|passwd|pwd|passphrase|passwort|kennwort)\s+(?:(?:is|ist|lautet|was|war)\s+)?['\"]?)"
            r"(?=[^\s'\"]*[0-9])(?=[^\s'\"]*[A-Za-z])[^\s'\"]{5,}",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
)


def secret_name(name: str) -> bool:
    """True for the name of a field that holds a secret (`client_secret`, `newPassword`), not for one about it."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and words[-1] not in _ABOUT and (name.lower() in _NAMES or not _NAMES.isdisjoint(words))


def redact_text(text: str) -> str:
    """`text` without what looks like a token, a log-in in a URL, a private key or `password=…`. Looks only: a secret
    that looks like any other word stays."""
    for look, instead in _LOOKS:
        text = look.sub(instead, text)
    return text


def redact(value: Any, depth: int = 0) -> Any:
    """`value` as it may be logged; mappings and lists are gone through, unknown objects become redacted text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN if secret_name(str(key)) and inner else redact(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(inner, depth + 1) for inner in value]
    return redact_text(str(value))
