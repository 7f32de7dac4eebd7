"""The state of a person's account, read before anything is written: open, locked by wrong tries, or held.

A held account (locked by an administrator, disabled, expired) is never written: OpenLDAP's Password Modify would clear
even the permanent lock of an administrator, and so bring somebody back who must not come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from selfserve.connectors.ldap.entry import Entry
from selfserve.languages.messages import msg

LOCK = "pwdAccountLockedTime"
RESET = "pwdReset"
CHANGED = "pwdChangedTime"
STATE_ATTRIBUTES = (
    LOCK, RESET, CHANGED, "pwdStartTime", "pwdEndTime", "shadowExpire", "nsAccountLock", "loginDisabled",
    "userAccountControl", "entryUUID", "objectGUID", "entryCSN", "cn",
)  # fmt: skip
_AD_DISABLED = 0x2


class AccountState(StrEnum):
    """What an account is in, with regard to signing in."""

    OPEN = "open"
    LOCKED = "locked"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Account:
    """`why` is half a sentence for staff (empty where open); `lock` is the raw value of the lock, None without one."""

    state: AccountState
    why: str = ""
    lock: bytes | None = None


def read_account(entry: Entry, now: datetime) -> Account:
    """The account's state from its operational attributes.

    Sources: draft-behera-ldap-password-policy-10 (pwd…), RFC 2307 (shadowExpire, days since 1970), 389 Directory Server
    (nsAccountLock), eDirectory (loginDisabled), Active Directory (userAccountControl bit 2).
    """
    lock = next(iter(entry.attributes.get(LOCK.lower(), ())), None)
    for rule in _RULES:
        why = rule(entry, now)
        if why:
            return Account(AccountState.HELD, why, lock)
    if lock is not None:
        return Account(AccountState.LOCKED, msg("locked after wrong passwords"), lock)
    return Account(AccountState.OPEN)


def _by_administrator(entry: Entry, now: datetime) -> str:
    return msg("locked by an administrator") if (entry.text(LOCK) or "").startswith("0000") else ""


def _disabled(entry: Entry, now: datetime) -> str:
    flagged = any((entry.text(name) or "").upper() == "TRUE" for name in ("nsAccountLock", "loginDisabled"))
    control = entry.text("userAccountControl") or "0"
    bit = control.lstrip("-").isdigit() and int(control) & _AD_DISABLED
    return msg("disabled") if flagged or bit else ""


def _expired(entry: Entry, now: datetime) -> str:
    end = _instant(entry.text("pwdEndTime"))
    if end is not None and end <= now:
        return msg("expired")
    days = entry.text("shadowExpire") or ""
    day = int(days) if days.isdigit() else -1
    return msg("expired") if 0 <= day <= (now - datetime(1970, 1, 1, tzinfo=UTC)).days else ""


def _not_begun(entry: Entry, now: datetime) -> str:
    start = _instant(entry.text("pwdStartTime"))
    return msg("not valid yet") if start is not None and start > now else ""


def _instant(text: str | None) -> datetime | None:
    """A GeneralizedTime in UTC (RFC 4517, section 3.3.13), fractions dropped; None where it is none."""
    try:
        return datetime.strptime((text or "")[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


_RULES: tuple[Callable[[Entry, datetime], str], ...] = (_by_administrator, _disabled, _expired, _not_begun)
