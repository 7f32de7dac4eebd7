"""Who may read the figures of `/metrics`: they tell which items are asked for, how often, and what is down."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass, field

THIS_MACHINE = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class MayMeasure:
    """Callers from `networks`, and whoever bears `token` (empty: nobody does)."""

    networks: tuple[str, ...] = THIS_MACHINE
    token: str = field(default="", repr=False)

    def allows(self, address: str, authorization: str) -> bool:
        """Whether a caller at `address`, with this `Authorization` header, may read the figures."""
        return self._near(address) or self._bears(authorization)

    def _near(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        # A socket that takes both families shows 127.0.0.1 as ::ffff:127.0.0.1 (RFC 4291, 2.5.5.2).
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in ipaddress.ip_network(network) for network in self.networks)

    def _bears(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        if not self.token or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self.token.encode())
