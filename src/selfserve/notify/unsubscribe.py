"""The way out of digests that needs no sign-in: an address that ends them for one person, and nothing else (RFC 8058).

Whoever holds such an address can only make mails fewer. It does not run out: old mails are unsubscribed from, too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

PATH = "/mail/off/"
ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail program posts (RFC 8058, section 3.2)."""


@dataclass(frozen=True)
class Unsubscribing:
    """Makes and knows such addresses below `public_url`, signed with a key made from `secret`."""

    public_url: str
    secret: str

    def address(self, person_id: str) -> str:
        """Where the digests of one person are ended."""
        return f"{self.public_url}{PATH}{person_id}.{self._signed(person_id)}"

    def person(self, token: str) -> str | None:
        """Whose address ends like this; None for one that we did not make."""
        person_id, _, signature = token.rpartition(".")
        made = person_id and hmac.compare_digest(self._signed(person_id).encode(), signature.encode())
        return person_id if made else None

    def _signed(self, person_id: str) -> str:
        key = hashlib.sha256(b"selfserve: ends digests" + self.secret.encode()).digest()
        made = hmac.new(key, person_id.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
